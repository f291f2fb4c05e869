// What simulators share, seen from outside by plain requests: if these lied, the tests of the adapters would prove nothing.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { probe } from "#actors/media/probe.ts";
import { parseJson, wide } from "#actors/provider/wide.ts";
import { type FaultName, Faults } from "./faults.ts";
import { ordersIn, plannedEnd, type Route, Simulator, type SimulatorOptions } from "./simulator.ts";
import { simulatedVideo } from "./video.ts";

const routes: ReadonlyArray<Route> = [
  { method: "POST", path: "/jobs/:kind", kind: "submit", handle: ({ params, json }) => ({ status: 200, json: { params, json } }) },
  { method: "GET", path: "/jobs/*", kind: "status", handle: ({ params, query }) => ({ status: 200, json: [params, query.get("q")] }) },
  {
    method: "POST",
    path: "/form",
    kind: "other",
    handle: async (call) => ({ status: 200, json: { name: ((await call.form()).get("file") as File).name } }),
  },
  { method: "GET", path: "/file.mp4", kind: "file", handle: () => ({ status: 200, bytes: Buffer.alloc(1000, 1), type: "video/mp4" }) },
];
const vendor = {
  routes,
  keyOf: ({ headers }: { readonly headers: Readonly<Record<string, string>> }) => headers["x-key"],
  replies: {
    unauthorized: { status: 401, json: { error: "key" } },
    rateLimited: { status: 429, headers: { "retry-after": "1" }, json: {} },
    unavailable: { status: 503 },
    notFound: { status: 404, json: { error: "route" } },
  },
  refunds: ["refused"],
} as const;

describe("a simulator", () => {
  const open: Array<Simulator> = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  const started = async (options: SimulatorOptions = {}): Promise<Simulator> => {
    const simulator = new Simulator(vendor, { accounts: [{ key: "k", credits: { gift: 10, paid: 100 }, concurrency: 2 }], ...options });
    await simulator.listen();
    open.push(simulator);
    return simulator;
  };
  const ask = (simulator: Simulator, path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(simulator.url + path, { ...init, headers: { "x-key": "k", ...init.headers } });
  const post = (simulator: Simulator, path: string, body = "{}"): Promise<Response> => ask(simulator, path, { method: "POST", body });

  it("finds routes by their parts, reads queries, JSON and forms, and remembers what it was asked", async () => {
    const simulator = await started();
    expect(await (await post(simulator, "/jobs/video", '{"id":9007199254740993}')).json()).toEqual({
      params: { kind: "video" },
      json: { id: "9007199254740993" },
    });
    expect(await (await ask(simulator, "/jobs/a/b/c?q=1")).json()).toEqual([{ rest: "a/b/c" }, "1"]);
    const form = new FormData();
    form.set("file", new File(["x"], "x.png"));
    expect(await (await ask(simulator, "/form", { method: "POST", body: form })).json()).toEqual({ name: "x.png" });
    expect((await ask(simulator, "/elsewhere")).status).toBe(404);
    expect(simulator.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /jobs/video",
      "GET /jobs/a/b/c",
      "POST /form",
      "GET /elsewhere",
    ]);
  });

  it("hands out no two files alike where that is asked for, and the same one again to who asks again", async () => {
    const simulator = await started({ unlike: true });
    const file = async (query: string) => Buffer.from(await (await ask(simulator, `/file.mp4?${query}`)).arrayBuffer());
    const [one, again, two] = [await file("a"), await file("a"), await file("b")];
    expect(one.subarray(0, 1000)).toEqual(Buffer.alloc(1000, 1));
    expect(one.subarray(1000).toString()).toBe("\0\0\0\x14free/file.mp4?a=");
    expect(again).toEqual(one);
    expect(two).not.toEqual(one);
  });

  it("knows keys and rates, but hands files to anybody", async () => {
    const simulator = await started();
    expect((await ask(simulator, "/jobs/1", { headers: { "x-key": "wrong" } })).status).toBe(401);
    expect((await fetch(`${simulator.url}/file.mp4`)).status).toBe(200);
    simulator.accounts.get("k")!.perMinute = 2;
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await ask(simulator, "/jobs/1")).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it("takes the cost from the credits in their order, gives it back where a job ends without a result, and keeps a ledger", async () => {
    const simulator = await started({ speed: 1000 });
    const account = simulator.accounts.get("k")!;
    const job = (id: string, ending: "done" | "refused") => {
      const now = simulator.now();
      simulator.add({
        id,
        key: null,
        account,
        createdAt: now,
        startsAt: now,
        endsAt: now,
        ending,
        isLost: false,
        cost: 30,
        paid: simulator.pay(account, id, null, 30),
        isSettled: false,
        asked: 0,
      });
    };
    job("a", "done");
    expect([...account.credits]).toEqual([
      ["gift", 0],
      ["paid", 80],
    ]);
    job("b", "refused");
    expect(account.left).toBe(50);
    expect(simulator.charged("k")).toBe(30);
    expect(account.left).toBe(80);
    simulator.settle();
    expect(simulator.ledger.map(({ kind, jobId, amount }) => [kind, jobId, amount])).toEqual([
      ["charge", "a", 30],
      ["charge", "b", 30],
      ["refund", "b", 30],
    ]);
  });

  it.each<readonly [FaultName, string, (simulator: Simulator) => Promise<unknown>]>([
    ["cutBefore", "fails", (simulator) => post(simulator, "/jobs/a").catch(() => "fails")],
    ["cutAfter", "fails", (simulator) => post(simulator, "/jobs/a").catch(() => "fails")],
    ["astray", "302", async (simulator) => String((await ask(simulator, "/jobs/a", { method: "POST", redirect: "manual" })).status)],
    ["serverError", "503", async (simulator) => String((await post(simulator, "/jobs/a")).status)],
    ["rateLimit", "429", async (simulator) => String((await post(simulator, "/jobs/a")).status)],
    ["expired", "401", async (simulator) => String((await post(simulator, "/jobs/a")).status)],
    ["page", "text/html", async (simulator) => (await post(simulator, "/jobs/a")).headers.get("content-type")],
    ["missingFile", "404", async (simulator) => String((await ask(simulator, "/file.mp4")).status)],
    ["wrongFile", "<!doc", async (simulator) => (await (await ask(simulator, "/file.mp4")).text()).slice(0, 5)],
    ["truncatedFile", "fails", async (simulator) => (await ask(simulator, "/file.mp4")).text().catch(() => "fails")],
    ["privateRedirect", "302", async (simulator) => String((await ask(simulator, "/file.mp4", { redirect: "manual" })).status)],
  ])("misbehaves once as it is told, and not again: %s", async (fault, seen, look) => {
    const simulator = await started();
    simulator.faults.order(fault);
    expect(await look(simulator)).toBe(seen);
    expect(simulator.faults.taken(fault)).toBe(1);
    expect((await post(simulator, "/jobs/a")).status).toBe(200);
    expect((await (await ask(simulator, "/file.mp4")).bytes()).length).toBe(1000);
  });

  it("holds its answers back, each for as long as was said, or for a time that is drawn", async () => {
    const simulator = await started();
    const wait = async (path: string): Promise<number> => {
      const from = performance.now();
      await ask(simulator, path);
      return performance.now() - from;
    };
    simulator.faults.latencyMs = 60;
    // Timers and the clock do not round alike.
    for (const each of await Promise.all(["/jobs/1", "/jobs/2", "/elsewhere"].map(wait))) expect(each).toBeGreaterThanOrEqual(58);
    simulator.faults.clear();
    const drawn = (seed: number): ReadonlyArray<number> => {
      simulator.faults.atRandom({ seed, rate: 0, latencyMs: 200 });
      return Array.from({ length: 100 }, () => simulator.faults.latency());
    };
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7).every((each) => each >= 0 && each < 200)).toBe(true);
    expect(new Set(drawn(7)).size).toBeGreaterThan(90);
    simulator.faults.atRandom(null);
    expect(simulator.faults.latency()).toBe(0);
  });

  it("lets nobody wait for what it never says: an order that is never answered was still carried out", async () => {
    const simulator = await started();
    simulator.faults.order("silent");
    const given = new AbortController();
    const asked = ask(simulator, "/jobs/a", { method: "POST", body: "{}", signal: given.signal });
    while (simulator.faults.taken("silent") === 0) await new Promise((resolve) => setImmediate(resolve));
    given.abort();
    await expect(asked).rejects.toThrow("aborted");
    expect(simulator.requests.length).toBe(1);
  });
});

describe("faults", () => {
  const drawn = (seed: number, rate = 0.3): ReadonlyArray<boolean> => {
    const faults = new Faults();
    faults.atRandom({ seed, rate });
    return Array.from({ length: 200 }, () => faults.take("serverError"));
  };

  it("at random are the same for the same seed, others for another, and as many as was said", () => {
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(8)).not.toEqual(drawn(7));
    const share = drawn(7).filter(Boolean).length / 200;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
  });

  it("at random never take the key nor keep anybody waiting, unless they are named", () => {
    const faults = new Faults();
    faults.atRandom({ seed: 1, rate: 1 });
    expect((["expired", "silent", "endless"] as const).map((name) => faults.take(name))).toEqual([false, false, false]);
    expect(faults.take("page")).toBe(true);
    faults.atRandom({ seed: 1, rate: 1, names: ["expired"] });
    expect([faults.take("expired"), faults.take("page")]).toEqual([true, false]);
    faults.clear();
    expect(faults.take("expired")).toBe(false);
  });

  it("on demand happen as often as was said", () => {
    const faults = new Faults();
    faults.order("lost", 2);
    expect([1, 2, 3].map(() => faults.take("lost"))).toEqual([true, true, false]);
    faults.order("lost", Number.POSITIVE_INFINITY);
    expect([1, 2, 3].map(() => faults.take("lost"))).toEqual([true, true, true]);
  });
});

it("prompts order how a job ends, and when", () => {
  expect(ordersIn("a #reject and #slow:2.5")).toEqual({ reject: true, filtered: false, fail: false, stall: false, slow: 2.5 });
  expect(plannedEnd("a fox", 1000, 500)).toEqual({ endsAt: 1500, ending: "done" });
  expect(plannedEnd("a fox #fail #slow:2", 1000, 500)).toEqual({ endsAt: 3500, ending: "failed" });
  expect(plannedEnd("a fox #filtered", 0, 500).ending).toBe("refused");
  expect(plannedEnd("a fox #stall", 0, 500).endsAt).toBe(Number.POSITIVE_INFINITY);
});

it("videos are real, of the length and size asked for, and made once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-video-"));
  try {
    const path = join(folder, "video.mp4");
    const wanted = { width: 101.3, height: 60, seconds: 1.5, look: 19, audio: true };
    const [bytes, again] = await Promise.all([simulatedVideo(wanted), simulatedVideo({ ...wanted, look: 3 })]);
    expect(again).toBe(bytes);
    await writeFile(path, bytes);
    expect(await probe(path)).toMatchObject({
      mediaType: "video",
      width: 102,
      height: 60,
      durationMs: 1500,
      audioCodec: expect.any(String),
    });
    expect(await simulatedVideo({ ...wanted, look: 4 })).not.toEqual(bytes);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("wide integers go through JSON to the last digit, and nothing else becomes a number", () => {
  const digits = "18446744073709551615";
  expect(JSON.stringify({ id: wide(digits), small: wide("7"), none: wide("7.5"), word: wide("x") })).toBe(`{"id":${digits},"small":7}`);
  expect(parseJson(`{"id":${digits},"small":7}`)).toEqual({ id: digits, small: 7 });
  expect(parseJson("{")).toBeUndefined();
});
