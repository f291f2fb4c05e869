// What three runners on real Redis and PostgreSQL tell of themselves: whichever is asked knows all of them, and when one dies the
// others say so, in the topics and in their logs.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Grant } from "#protocol/auth.ts";
import type { Client } from "#protocol/client/client.ts";
import type { ClusterState, Handover } from "#protocol/cluster.ts";
import type { CallOutput } from "#protocol/contract.ts";
import { type RunningCluster, startCluster } from "../services/cluster.ts";
import { freePort } from "../services/port.ts";
import { type Collector, pathOf, startCollector } from "./collector.ts";
import { addUser, enter, firstAdmin, typedClient } from "./people.ts";
import type { RunningServer } from "./server.ts";

let cluster: RunningCluster;
let collector: Collector;
let runners: [RunningServer, RunningServer, RunningServer];
let admin: Grant;
let victimAddress: string;
const open: Array<Client> = [];
type CellOwners = CallOutput<"cluster.cells">["owners"];

const at = (runner: RunningServer, grant: Grant): Client => {
  const client = typedClient(runner, grant);
  open.push(client);
  return client;
};

beforeAll(async () => {
  [cluster, collector] = await Promise.all([startCluster(), startCollector()]);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, PIXSIM_TRACE_SHARE: "0" };
  // The first alone: it makes the database and the secrets.
  const first = await cluster.start(env);
  admin = await firstAdmin(first);
  victimAddress = `127.0.0.1:${await freePort()}`;
  const [second, third] = await Promise.all([cluster.start(env), cluster.start({ ...env, PIXSIM_RUNNER: victimAddress })]);
  runners = [first, second, third];
}, 240_000);
afterAll(async () => {
  for (const client of open) client.close();
  await cluster.stop();
  await collector.stop();
});

/** Log lines of a runner with this message. */
const lines = (runner: RunningServer, msg: string): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  runner
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .filter((line) => line["msg"] === msg);

const spread = ({ runners: all }: ClusterState): ReadonlyArray<number> => all.map(({ cells }) => cells);

test("a trace goes on in the runner that has the actor", { timeout: 240_000 }, async () => {
  const socket = await enter(runners[0], admin);
  const spanId = "00f067aa0ba902b7";
  // Some of them belong to other runners than the one that is asked.
  const count = 10;
  const traceIds = Array.from({ length: count }, (_, n) => (n + 1).toString(16).padStart(32, "a"));
  const jobs: Array<string> = [];
  const params = { prompt: "a meadow", duration: 1, quality: "360p", fps: 24, audio: false };
  for (const traceId of traceIds) {
    const id = socket.nextId();
    const input = { request: { operation: "text_to_video", provider: "studio", params } };
    socket.send({ t: "call", id, call: "jobs.create", input, key: traceId, traceparent: `00-${traceId}-${spanId}-01` });
    const { r } = await socket.take("ok", id);
    jobs.push((r as { readonly jobs: ReadonlyArray<{ readonly id: string }> }).jobs[0]!.id);
  }
  // What they would make is no matter here.
  await socket.call("jobs.cancel", { ids: jobs });
  const names = ["jobs.create", "create job", "step xstate.init"];
  const paths = () =>
    traceIds.map((traceId) => {
      const spans = collector.spans.filter((span) => span.traceId === traceId);
      return pathOf(spans, spanId, names);
    });
  await expect.poll(() => paths().filter((path) => path !== undefined).length, { timeout: 60_000, interval: 500 }).toBe(count);
  const places = paths().map((path) => path!.map(({ instance }) => instance));
  expect(new Set(places.flatMap(([call, command]) => [call, command])).size).toBe(1);
  const stepped = new Set(places.map(([, , step]) => step));
  expect(stepped.size).toBeGreaterThan(1);
});

test("a runner that dies is gone from all that the others tell, and its cells are seen to change hands", { timeout: 240_000 }, async () => {
  const [one, two, victim] = runners;
  const client = at(one, admin);
  const other = at(two, admin);
  // All three have told their load, and all cells are given out.
  const whole = await expect
    .poll(
      async () => {
        const state = await client.call("cluster.runners", {});
        return spread(state).reduce((all, cells) => all + cells, 0) === 256 &&
          state.runners.every(({ cells, load }) => cells > 0 && load !== null)
          ? state.runners.length
          : 0;
      },
      { timeout: 60_000, interval: 200 },
    )
    .toBe(3)
    .then(() => client.call("cluster.runners", {}));
  const addresses = whole.runners.map(({ address }) => address);
  expect((await other.call("cluster.runners", {})).runners.map(({ address }) => address)).toEqual(addresses);
  const dying = lines(victim, "cells were taken");
  expect(dying.length).toBeGreaterThan(0);

  const states: Array<ClusterState> = [];
  const handovers: Array<Handover> = [];
  let history: ReadonlyArray<Handover> | undefined;
  client.follow("cluster.load", {}, { snapshot: (state) => void states.push(state), deltas: (changes) => void states.push(...changes) });
  client.follow(
    "cluster.handovers",
    {},
    { snapshot: ({ handovers: kept }) => (history = kept), deltas: (changes) => void handovers.push(...changes) },
  );
  await expect.poll(() => states.length, { timeout: 10_000 }).toBeGreaterThan(1);
  await expect.poll(() => history?.some(({ way }) => way === "given"), { timeout: 10_000 }).toBe(true);
  // Cells are told of some moments after they came: all that the three have taken so far has been told of.
  let owners: CellOwners = [];
  await expect
    .poll(
      async () => {
        ({ owners } = await other.call("cluster.cells", {}));
        const last = new Map<number, string>();
        for (const { way, runner, cells } of [...(history ?? []), ...handovers])
          if (way === "taken") for (const cell of cells) last.set(cell, runner);
        return owners.reduce((told, { runner, cells }) => told + cells.filter((cell) => last.get(cell) === runner).length, 0);
      },
      { timeout: 30_000, interval: 200 },
    )
    .toBe(256);
  expect(owners.map(({ runner }) => runner).sort()).toEqual(addresses);
  const mine = owners.find(({ runner }) => runner === victimAddress)!;
  const watched = handovers.length;
  const taken = [one, two].map((runner) => lines(runner, "cells were taken").length);

  await victim.kill("SIGKILL");
  await expect
    .poll(() => states.at(-1)?.runners.map(({ address }) => address), { timeout: 30_000 })
    .toEqual(addresses.filter((address) => address !== mine.runner));
  const since = (way: Handover["way"]): ReadonlyArray<number> =>
    handovers
      .slice(watched)
      .filter((handover) => handover.way === way && handover.runner !== mine.runner)
      .flatMap(({ cells }) => cells);
  // The dead one's cells, and those that the others have given to one another to have equal shares: nothing else changed hands.
  await expect
    .poll(() => [...since("taken")].sort((a, b) => a - b).join(), { timeout: 30_000 })
    .toSatisfy((taken: string) => taken === [...mine.cells, ...since("given")].sort((a, b) => a - b).join());
  await expect.poll(() => spread(states.at(-1)!).reduce((all, cells) => all + cells, 0), { timeout: 30_000 }).toBe(256);

  // A change of ownership is a line or two, not one a cell; the death of a peer is no error of theirs.
  for (const [index, runner] of [one, two].entries()) {
    expect(lines(runner, "cells were taken").length - taken[index]!).toBeLessThanOrEqual(3);
    expect(lines(runner, "Unhandled error in SocketServer")).toEqual([]);
  }

  const eve = await addUser(one, admin, "eve");
  await expect(at(two, eve).call("cluster.runners", {})).rejects.toMatchObject({ code: "forbidden" });
});
