import { Clock, Effect, Exit, Option, Tracer } from "effect";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CallError } from "#protocol/wire/errors.ts";
import { makeTracing, spanOf, traceparentOf } from "./tracing.ts";

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => !/^0+$/.test(text));

test("a span travels as the W3C writes it, and what is none is none", () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
      const text = traceparentOf(Tracer.externalSpan({ traceId, spanId, sampled }));
      expect(spanOf(text)).toMatchObject({ traceId, spanId, sampled });
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void expect(() => spanOf(text)).not.toThrow()));
  const [traceId, spanId] = ["1".repeat(32), "2".repeat(16)];
  for (const text of [
    "",
    `01-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId.toUpperCase().replaceAll("1", "A")}-${spanId}-01`,
  ])
    expect(spanOf(text)).toBeUndefined();
});

/** A tracing that keeps its spans. */
const collecting = (chosen: (asked: boolean) => boolean) => {
  const spans: Array<Tracer.NativeSpan> = [];
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options);
      spans.push(span);
      return span;
    },
  });
  const clock = Effect.runSync(Clock.Clock);
  return { spans, tracing: makeTracing(tracer, clock, chosen) };
};

test("a client decides for its own request, and chance for all others", () => {
  const asked: Array<boolean> = [];
  const { tracing } = collecting((by) => {
    asked.push(by);
    return by;
  });
  const parent = { traceId: "1".repeat(32), spanId: "2".repeat(16) };
  const span = tracing.request("jobs.create", traceparentOf(Tracer.externalSpan({ ...parent, sampled: true })));
  expect(span).toMatchObject({ name: "jobs.create", kind: "server", traceId: parent.traceId, sampled: true });
  expect(Option.getOrThrow(span!.parent).spanId).toBe(parent.spanId);
  expect(tracing.request("jobs.create", traceparentOf(Tracer.externalSpan({ ...parent, sampled: false })))).toBeUndefined();
  expect(tracing.request("jobs.create", undefined)).toBeUndefined();
  expect(tracing.request("jobs.create", "nonsense")).toBeUndefined();
  expect(asked).toEqual([true, false, false]);
});

test("a command is traced where its fiber is, and only there", async () => {
  const { spans, tracing } = collecting(() => true);
  const send = tracing.command("send", "job/1", (trace) => Effect.succeed(trace));
  expect(await Effect.runPromise(send)).toBeUndefined();
  expect(spans).toEqual([]);
  const request = tracing.request("jobs.create", undefined)!;
  const trace = await Effect.runPromise(Effect.provideService(send, Tracer.ParentSpan, request));
  expect(trace).toBe(spans[1]);
  expect(trace).toMatchObject({ name: "send job", kind: "client", traceId: request.traceId, status: { _tag: "Ended" } });
});

test("steps that could not be committed end as failures, and each has its commit", () => {
  const { spans, tracing } = collecting(() => true);
  const request = tracing.request("jobs.create", undefined)!;
  const span = tracing.steps.began(request, "job/1", "GO", 0);
  tracing.steps.ended([{ seq: 3, span }], 0, null);
  const failed = tracing.steps.began(request, "job/1", "GO", 0);
  tracing.steps.ended([{ seq: 4, span: failed }], 0, new CallError("storage_full", "full"));
  const seen = spans.slice(1).map(({ name, status, parent }) => ({
    name,
    ok: status._tag === "Ended" && Exit.isSuccess(status.exit),
    parent: Option.getOrThrow(parent).spanId,
  }));
  expect(seen).toEqual([
    { name: "step GO", ok: true, parent: request.spanId },
    { name: "commit", ok: true, parent: span.spanId },
    { name: "step GO", ok: false, parent: request.spanId },
    { name: "commit", ok: false, parent: failed.spanId },
  ]);
  expect(span.attributes.get("actor.seq")).toBe(3);
});
