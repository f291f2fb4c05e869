// The worker itself, as the browser runs it, with a cache that a test looks into.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";

const scope = "https://stories.test/doors/";
type Waited = { readonly waitUntil: (done: Promise<unknown>) => void };
type Handler = (event: Waited & Record<string, unknown>) => void;

/** `put` is what the browser does with a copy that is to be kept. */
const start = async (
  files: Record<string, (signal: AbortSignal) => Response | Promise<Response>>,
  put: (copy: Response) => Promise<unknown> = (copy) => copy.arrayBuffer(),
) => {
  const handlers = new Map<string, Handler>();
  const inCache = new Map<string, Response>();
  const asked: Array<string> = [];
  const later: Array<() => void> = [];
  const cache = {
    put: async (request: Request, copy: Response) => {
      await put(copy.clone());
      inCache.set(request.url, copy);
    },
    keys: () => Promise.resolve([...inCache.keys()].map((url) => new Request(url))),
    delete: (request: Request) => Promise.resolve(inCache.delete(request.url)),
  };
  runInNewContext(await readFile(join(import.meta.dirname, "../public/sw.js"), "utf8"), {
    self: {
      registration: { scope },
      addEventListener: (type: string, handler: Handler) => handlers.set(type, handler),
    },
    caches: { open: () => Promise.resolve(cache), match: (request: Request) => Promise.resolve(inCache.get(request.url)?.clone()) },
    fetch: async (request: Request, { signal }: { readonly signal: AbortSignal }) => {
      asked.push(request.url.slice(scope.length));
      return files[request.url.slice(scope.length)]!(signal);
    },
    Request,
    AbortController,
    setTimeout: (run: () => void) => void later.push(run),
  });
  const waits: Array<Promise<unknown>> = [];
  const waitUntil = (done: Promise<unknown>) => void waits.push(done);
  return {
    asked,
    cached: () => [...inCache.keys()].map((url) => url.slice(scope.length)),
    get: (path: string, cache: RequestCache = "default") => {
      let answer: Promise<Response> | undefined;
      handlers.get("fetch")!({
        request: new Request(scope + path, { cache }),
        respondWith: (one: Promise<Response>) => (answer = one),
        waitUntil,
      });
      return answer!;
    },
    keep: (paths: ReadonlyArray<string>) => handlers.get("message")!({ data: { keep: paths.map((path) => scope + path) }, waitUntil }),
    /** All that it has put off. */
    afterAWhile: () => {
      for (const run of later.splice(0)) run();
    },
    /** All that the worker is held awake for. */
    done: async () => {
      for (let at = 0; at < waits.length; at++) await waits[at];
    },
  };
};

test("an answer is given before it is kept, and also where it cannot be", async () => {
  const files = { "media/hall.mp4": () => new Response("hall") };
  const slow = await start(files, () => new Promise(() => {}));
  expect(await (await slow.get("media/hall.mp4")).text()).toBe("hall");
  const full = await start(files, () => Promise.reject(new Error("There is no room.")));
  expect(await (await full.get("media/hall.mp4")).text()).toBe("hall");
  await full.done();
  expect(full.cached()).toEqual([]);
  const worker = await start(files);
  await worker.get("media/hall.mp4");
  await worker.done();
  expect(worker.cached()).toEqual(["media/hall.mp4"]);
});

test("where what stalls is asked for once more and answered, the requests before it end after a while", async () => {
  const answers: Array<(response: Response) => void> = [];
  const signals: Array<AbortSignal> = [];
  const stalling = (signal: AbortSignal) =>
    new Promise<Response>((resolve, reject) => {
      answers.push(resolve);
      signals.push(signal);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const worker = await start({ "media/hall.mp4": stalling, "media/left.mp4": stalling });
  const [first, other] = [worker.get("media/hall.mp4"), worker.get("media/left.mp4")];
  const [second, third] = [worker.get("media/hall.mp4", "reload"), worker.get("media/hall.mp4", "reload")];
  answers[2]!(new Response("hall"));
  expect(await (await second).text()).toBe("hall");
  const ended = () => signals.map(({ aborted }) => aborted);
  expect(ended()).toEqual([false, false, false, false]);
  worker.afterAWhile();
  expect(ended()).toEqual([true, false, false, false]);
  expect(await (await first).text()).toBe("hall");
  answers[1]!(new Response("left"));
  answers[3]!(new Response("hall again"));
  expect(await Promise.all([other, third].map(async (one) => (await one).text()))).toEqual(["left", "hall again"]);
});

test("what is played from its address in pieces is not fetched whole to be kept", async () => {
  const large = () => new Response("long", { headers: { "content-length": String(25 * 2 ** 20) } });
  const worker = await start({ "media/long.mp4": large, "media/hall.mp4": () => new Response("hall") });
  worker.keep(["media/long.mp4", "media/hall.mp4"]);
  await worker.get("media/long.mp4");
  await worker.done();
  expect(worker.cached()).toEqual(["media/hall.mp4"]);
});

test("files of an earlier build are dropped when a page says which it needs", async () => {
  const file = () => new Response("");
  const worker = await start({ "assets/a-1.js": file, "assets/b-1.js": file, "assets/a-2.js": file, "story.json": file });
  for (const path of ["assets/a-1.js", "assets/b-1.js", "story.json"]) await worker.get(path);
  await worker.done();
  worker.keep(["assets/a-2.js", "assets/b-1.js"]);
  await worker.done();
  expect(worker.cached().toSorted()).toEqual(["assets/a-2.js", "assets/b-1.js", "story.json"]);
  expect(worker.asked.filter((path) => path === "assets/b-1.js")).toHaveLength(1);
});
