// One trace tells of a job from the client's call to its asset; what nobody asked to trace leaves none.
import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { freshDataFolder } from "#db/client/testing.ts";
import { finalJobStates } from "#protocol/job.ts";
import { pathOf, startCollector } from "./collector.ts";
import { enter, firstAdmin, typedClient } from "./people.ts";
import { startServer } from "./server.ts";

const params = { prompt: "a boat on the sea", seed: 1, duration: 1, quality: "360p", fps: 24, audio: false };
const request = { operation: "text_to_video" as const, provider: "studio", params };

test("the trace of a job has its call, its command, and each step with its commit and its effect", { timeout: 240_000 }, async () => {
  const data = await freshDataFolder();
  const collector = await startCollector();
  const server = await startServer({
    data,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-team=studio%20one",
      PIXSIM_TRACE_SHARE: "0",
    },
  });
  try {
    const admin = await firstAdmin(server);
    const client = typedClient(server, admin);
    const socket = await enter(server, admin);
    const [traceId, spanId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
    const ask = async (traceparent: string | undefined): Promise<string> => {
      const id = socket.nextId();
      const frame = { t: "call", id, call: "jobs.create", input: { request }, key: crypto.randomUUID() };
      socket.send(traceparent === undefined ? frame : { ...frame, traceparent });
      const { r } = await socket.take("ok", id);
      return (r as { readonly jobs: ReadonlyArray<{ readonly id: string }> }).jobs[0]!.id;
    };
    const traced = await ask(`00-${traceId}-${spanId}-01`);
    // Not asked for, declined, and not a trace context.
    const others = [await ask(undefined), await ask(`00-${traceId.replace("4b", "5b")}-${spanId}-00`), await ask("nonsense")];
    for (const id of [traced, ...others]) {
      await expect
        .poll(async () => finalJobStates.has((await client.call("jobs.get", { id })).state), { timeout: 120_000, interval: 100 })
        .toBe(true);
    }
    // A failure is told as one.
    const failing = socket.nextId();
    socket.send({ t: "call", id: failing, call: "jobs.get", input: { id: "job_none" }, traceparent: `00-${traceId}-${spanId}-01` });
    await socket.take("err", failing);
    client.close();
    // What is still to be sent is sent at the end.
    await server.kill();

    const { spans } = collector;
    expect(collector.headers()).toMatchObject({ "x-team": "studio one" });
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const stages = ["acquireSlot", "submit", "track", "download", "ingest"];
    const steps = ["xstate.init", ...stages.map((stage) => `xstate.done.actor.${stage}`)];
    const names = steps.flatMap((step, at) => (at < stages.length ? [`step ${step}`, `effect ${stages[at]!}`] : [`step ${step}`]));
    const path = pathOf(spans, spanId, ["jobs.create", "create job", ...names]);
    expect(path?.map(({ name }) => name) ?? spans.map(({ name, parentSpanId }) => `${name} < ${parentSpanId}`)).toEqual([
      "jobs.create",
      "create job",
      ...names,
    ]);
    const [call, command, ...life] = path!;
    expect(call).toMatchObject({ kind: 2, status: 1, attributes: { "rpc.system": "pixsim", "rpc.method": "create" } });
    expect(command).toMatchObject({ kind: 3, attributes: { "actor.address": `job/${traced}` } });
    let last = command!;
    for (const span of life) {
      expect(span).toMatchObject({ status: 1, attributes: { "actor.kind": "job", "actor.address": `job/${traced}` } });
      // An effect begins only after the step that asks for it is committed.
      if (span.name.startsWith("effect")) expect(span.start).toBeGreaterThanOrEqual(last.start);
      if (span.name.startsWith("step")) {
        const commits = spans.filter(({ name, parentSpanId }) => name === "commit" && parentSpanId === span.spanId);
        expect(commits).toHaveLength(1);
        expect(commits[0]!.end).toBeLessThanOrEqual(span.end);
        last = commits[0]!;
      }
    }
    const seqs = life.filter(({ name }) => name.startsWith("step")).map(({ attributes }) => Number(attributes["actor.seq"]));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(seqs[0]).toBe(0);
    // Progress while it renders is steps of the effect that tells it.
    const track = life.find(({ name }) => name === "effect track")!;
    expect(
      spans.filter(({ name, parentSpanId }) => name === "step provider.progress" && parentSpanId === track.spanId).length,
    ).toBeGreaterThan(0);
    expect(spans.find(({ name }) => name === "jobs.get")).toMatchObject({ status: 2, parentSpanId: spanId });
    // Nothing stands alone.
    const known = new Set([spanId, ...spans.map((span) => span.spanId)]);
    expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined || !known.has(parentSpanId))).toEqual([]);
    // Log lines of the call lead to its trace.
    expect(server.output()).toMatch(new RegExp(`"pipeline:start".*"trace":"${traceId}"|"trace":"${traceId}".*"pipeline:start"`));
  } finally {
    await server.kill("SIGKILL");
    await collector.stop();
    await rm(data, { recursive: true, force: true });
  }
});
