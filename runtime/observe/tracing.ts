// What is traced: a request that is chosen, the command it sends to an actor, the step and its commit, the effects that the step asks
// for, and the steps that their outcomes lead to. The link from a step to its effects is kept in memory: an effect that is recovered
// after a crash, or by another process, begins without one. Off unless a place to export to is set; then this is null.
import { Context, type Clock, Effect, Exit, Option, Tracer } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import type { StepTracing } from "../actor/core.ts";
import type { EffectTracing } from "../actor/effects.ts";

export interface TracingShape {
  /** A span for a call, or undefined where it is not chosen. `traceparent`: the client's own span, by the W3C's Trace Context. */
  readonly request: (call: string, traceparent: string | undefined) => Tracer.Span | undefined;
  readonly steps: StepTracing;
  readonly effects: EffectTracing;
  /** Runs what sends a command to an actor in a span of its own, where the fiber that asks for it is traced. */
  readonly command: <A, E, R>(
    name: string,
    address: string,
    run: (trace: Tracer.AnySpan | undefined) => Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E, R>;
  readonly ended: (span: Tracer.Span, exit: Exit.Exit<unknown, unknown>) => void;
}

export const Tracing = Context.Reference<TracingShape | null>("pixsim/runtime/Tracing", { defaultValue: () => null });

const traceparentForm = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A span of elsewhere; undefined where the text is none. */
export const spanOf = (traceparent: string): Tracer.ExternalSpan | undefined => {
  const [, traceId, spanId, flags] = traceparentForm.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return Tracer.externalSpan({ traceId, spanId, sampled: (Number.parseInt(flags!, 16) & 1) === 1 });
};

export const traceparentOf = ({ traceId, spanId, sampled }: Tracer.AnySpan): string => `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;

const kindOf = (address: string): string => address.slice(0, address.indexOf("/"));

/** `chosen`: whether a request is traced; told whether its client asks for that. */
export const makeTracing = (tracer: Tracer.Tracer, clock: Clock.Clock, chosen: (asked: boolean) => boolean): TracingShape => {
  const begin = (
    name: string,
    parent: Tracer.AnySpan | undefined,
    kind: Tracer.SpanKind,
    attributes: Readonly<Record<string, unknown>>,
    startTime = clock.currentTimeNanosUnsafe(),
  ): Tracer.Span => {
    const span = tracer.span({
      name,
      parent: Option.fromUndefinedOr(parent),
      annotations: Context.empty(),
      links: [],
      startTime,
      kind,
      root: parent === undefined,
      sampled: true,
    });
    for (const key in attributes) span.attribute(key, attributes[key]);
    return span;
  };
  /** ns since 1970 of a moment by the clock of the core's measures, ms. */
  const timeOf = (ms: number): bigint => clock.currentTimeNanosUnsafe() - (clock.monotonicTimeNanosUnsafe() - BigInt(Math.round(ms * 1e6)));
  const ended = (span: Tracer.Span, exit: Exit.Exit<unknown, unknown>): void => span.end(clock.currentTimeNanosUnsafe(), exit);

  return {
    ended,
    request: (call, traceparent) => {
      const parent = traceparent === undefined ? undefined : spanOf(traceparent);
      if (parent?.sampled === false || !chosen(parent !== undefined)) return undefined;
      const [service, method] = call.split(".");
      return begin(call, parent, "server", { "rpc.system": "pixsim", "rpc.service": service, "rpc.method": method });
    },
    command: (name, address, run) =>
      Effect.flatMap(Effect.serviceOption(Tracer.ParentSpan), (from) => {
        if (Option.isNone(from) || !from.value.sampled) return run(undefined);
        const span = begin(`${name} ${kindOf(address)}`, from.value, "client", { "actor.address": address });
        return Effect.onExit(run(span), (exit) => Effect.sync(() => ended(span, exit)));
      }),
    steps: {
      began: (from, address, event, began) =>
        begin(`step ${event}`, from, "internal", { "actor.kind": kindOf(address), "actor.address": address }, timeOf(began)),
      ended: (steps, commitBegan, failed: CallError | null) => {
        const exit = failed === null ? Exit.void : Exit.fail(failed);
        for (const { seq, span } of steps) {
          ended(begin("commit", span, "client", {}, timeOf(commitBegan)), exit);
          span.attribute("actor.seq", seq);
          ended(span, exit);
        }
      },
    },
    effects: {
      began: (from, address, name, key) =>
        begin(`effect ${name}`, from, "internal", { "actor.kind": kindOf(address), "actor.address": address, "effect.key": key }),
      ended,
    },
  };
};
