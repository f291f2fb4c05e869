// The worked example is what somebody begins with: it must fit what a provider is today, and do what every provider must against a server that
// speaks as the guide says of the vendor.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { probe } from "#actors/media/probe.ts";
import { providerConformance } from "#actors/provider/conformance.ts";
import type { Provider, ProviderRequest } from "#actors/provider/provider.ts";
import { connectTest } from "#actors/provider/testing.ts";
import { plannedEnd, type Reply, type SimulatedJob, Simulator } from "../simulators/simulator.ts";
import { simulatedVideo } from "../simulators/video.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const guide = await readFile(new URL("adding-a-provider.md", import.meta.url), "utf8");
const [, example = ""] = /^```ts\n(.*?)^```$/ms.exec(guide) ?? [];
await mkdir(join(root, ".cache"), { recursive: true });
// Within the project: its imports and its compiler's settings hold there.
const folder = await mkdtemp(join(root, ".cache", "example-"));
const file = join(folder, "kino.ts");
await writeFile(file, example.replaceAll('from "./', 'from "#actors/provider/'));
const { kino } = (await import(/* @vite-ignore */ file)) as { readonly kino: Provider };
afterAll(() => rm(folder, { recursive: true }));

test("the worked example has the types that a provider must have", async () => {
  const settings = { extends: "../../tsconfig.json", compilerOptions: { incremental: false }, include: ["kino.ts"], exclude: [] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const compiler = join(root, "node_modules/@typescript/native/bin/tsc");
  const said = await promisify(execFile)(process.execPath, [compiler, "-p", folder]).then(
    () => "",
    (error: { readonly stdout: string }) => error.stdout,
  );
  expect(said).toBe("");
});

const speed = 200;
const account = { key: "k", credits: { credits: 1000 }, concurrency: 50 };

const startKino = async (): Promise<Simulator> => {
  const simulator: Simulator = new Simulator(
    {
      routes: [
        { method: "GET", path: "/me", kind: "other", handle: () => ({ status: 200, json: {} }) },
        {
          method: "POST",
          path: "/jobs",
          kind: "submit",
          handle: ({ account: payer, headers, json }) => submit(payer, headers["idempotency-key"]!, json),
        },
        { method: "GET", path: "/jobs/:id", kind: "status", handle: ({ params }) => standing(simulator.jobs.get(params["id"]!)) },
        { method: "DELETE", path: "/jobs/:id", kind: "other", handle: ({ params }) => stop(simulator.jobs.get(params["id"]!)) },
        { method: "GET", path: "/files/:id", kind: "file", handle: () => deliver() },
      ],
      keyOf: ({ headers }) => headers["authorization"]?.replace("Bearer ", ""),
      replies: {
        unauthorized: { status: 401 },
        rateLimited: { status: 429 },
        unavailable: { status: 503 },
        notFound: { status: 404, json: {} },
      },
      refunds: [],
    },
    { speed, accounts: [account] },
  );
  const submit = (payer: SimulatedJob["account"], key: string, json: unknown): Reply => {
    const known = [...simulator.jobs.values()].find((job) => job.key === key);
    const { prompt, seconds } = json as { readonly prompt: string; readonly seconds: number };
    const now = simulator.now();
    const job = known ?? {
      id: `job_${simulator.jobs.size}`,
      key,
      account: payer,
      createdAt: now,
      startsAt: now,
      ...plannedEnd(prompt, now, seconds * 1000),
      isLost: false,
      cost: 0,
      paid: new Map(),
      isSettled: false,
      asked: 0,
    };
    simulator.add(job);
    return { status: 200, json: { id: job.id } };
  };
  const words = { done: "done", failed: "failed", refused: "refused", cancelled: "stopped" } as const;
  const standing = (job: SimulatedJob | undefined): Reply => {
    if (job === undefined) return { status: 404, json: {} };
    const state = job.endsAt > simulator.now() ? "running" : words[job.ending];
    return { status: 200, json: { state, ...(state === "done" ? { url: `${simulator.url}/files/${job.id}` } : {}) } };
  };
  const stop = (job: SimulatedJob | undefined): Reply => {
    if (job !== undefined && job.endsAt > simulator.now()) Object.assign(job, { endsAt: simulator.now(), ending: "cancelled" });
    return { status: 200, json: {} };
  };
  const deliver = async (): Promise<Reply> => ({
    status: 200,
    bytes: await simulatedVideo({ width: 64, height: 36, seconds: 1 }),
    type: "video/mp4",
  });
  await simulator.listen();
  return simulator;
};

const order = (prompt: string): ProviderRequest => ({ operation: "text_to_video", params: { prompt }, inputs: [] });

providerConformance({
  name: "the worked example",
  start: async () => {
    const simulator = await startKino();
    const { connection, close } = await connectTest(kino, {
      own: [simulator.url],
      speed,
      settings: { baseUrl: simulator.url },
      secrets: { apiKey: account.key },
    });
    return {
      provider: kino,
      connection,
      probe,
      asked: () => simulator.requests.length,
      close: () => close().then(() => simulator.close()),
    };
  },
  orders: async () => ({ text_to_video: order("a fox in the snow") }),
  failing: [
    { request: order("a fox #fail"), kind: "provider" },
    { request: order("a fox #filtered"), kind: "filtered" },
  ],
  endless: order("a fox #stall"),
  unknownJob: "job_nobody",
});
