// Traces on their way out: by OTLP over HTTP as JSON, gathered and sent beside the work. Nobody waits for it, and what the collector
// does not take is dropped. Loaded only where it is set.
import { Cause, Clock, Effect, Exit, Layer, Option, Random, Tracer } from "effect";
import * as FetchHttpClient from "effect/http/FetchHttpClient";
import * as HttpClient from "effect/http/HttpClient";
import * as OtlpExporter from "effect/observability/OtlpExporter";
import * as OtlpSerialization from "effect/observability/OtlpSerialization";
import * as OtlpTracer from "effect/observability/OtlpTracer";
import { errorOf } from "./redact.ts";
import { makeTracing, Tracing } from "./tracing.ts";

export interface OtlpOptions {
  /** Of the collector; `/v1/traces` is added. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the requests whose client does not say, the share that is traced: 0 to 1. */
  readonly share: number;
  readonly version: string;
  readonly environment: string;
  /** Tells this process from others. */
  readonly instance: string;
}

/** Requests traced in one second, whoever asks for it: the memory for what waits to be sent is bounded by it. */
const mostPerSecond = 100;
/** A collector that takes longer has failed. */
const answerWithin = "10 seconds";

/** What a span says of a failure holds no secrets, as in the log. */
const redacted = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return exit;
  const { type, message, stack } = errorOf(Cause.squash(exit.cause));
  return Exit.die(Object.assign(new Error(message), { name: type, ...(stack === undefined ? {} : { stack }) }));
};

/** Spans of what was chosen; all others are let go of where they are made. */
const chosenOnly = (inner: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    span: (options) => {
      if (Option.isNone(options.parent) || !options.parent.value.sampled) return new Tracer.NativeSpan({ ...options, sampled: false });
      return withoutSecrets(inner.span(options));
    },
  });

const withoutSecrets = (span: Tracer.Span): Tracer.Span => {
  const end = span.end.bind(span);
  span.end = (time, exit) => end(time, redacted(exit));
  return span;
};

/** Chooses by share, and by what clients ask for, up to a number a second. */
const chooser = Effect.fnUntraced(function* (share: number) {
  const random = yield* Random.Random;
  const clock = yield* Clock.Clock;
  let second = 0;
  let chosen = 0;
  return (asked: boolean): boolean => {
    if (!asked && random.nextDoubleUnsafe() >= share) return false;
    const now = Math.floor(clock.currentTimeMillisUnsafe() / 1000);
    if (now !== second) {
      second = now;
      chosen = 0;
    }
    return ++chosen <= mostPerSecond;
  };
});

export const otlpTracing = (options: OtlpOptions): Layer.Layer<never> => {
  const client = Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.transformResponse(
        Effect.timeoutOrElse({ duration: answerWithin, orElse: () => Effect.die("The collector of traces does not answer.") }),
      ),
    ),
  ).pipe(Layer.provide(FetchHttpClient.layer));
  const inner = OtlpTracer.make({
    url: `${options.endpoint.replace(/\/$/, "")}/v1/traces`,
    headers: options.headers,
    resource: {
      serviceName: "pixsim",
      serviceVersion: options.version,
      attributes: { "service.instance.id": options.instance, "deployment.environment.name": options.environment },
    },
  });
  return Layer.unwrap(
    Effect.gen(function* () {
      const exporting = yield* inner;
      const clock = yield* Clock.Clock;
      return Layer.mergeAll(
        Layer.succeed(Tracer.Tracer, chosenOnly(exporting)),
        Layer.succeed(
          Tracing,
          makeTracing(Tracer.make({ span: (of) => withoutSecrets(exporting.span(of)) }), clock, yield* chooser(options.share)),
        ),
      );
    }),
  ).pipe(Layer.provide([OtlpExporter.layerFlusher, OtlpSerialization.layerJson, client]));
};
