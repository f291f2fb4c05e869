import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Clips } from "./clips.ts";

/** Answers to come; those of before are answered with the path. */
let stalled: Array<ServerResponse> = [];
let asked: Array<string> = [];
/** Of them, those that no cache between may answer. */
let past: Array<string> = [];
let answer: (path: string, response: ServerResponse) => void;
const server = createServer((request, response) => {
  asked.push(request.url!);
  if (request.headers["cache-control"] === "no-cache") past.push(request.url!);
  answer(request.url!, response);
});
const plainly = (path: string, response: ServerResponse): void => void response.end(`of ${path}`);

let url: string;
beforeEach(async () => {
  [stalled, asked, past, answer] = [[], [], [], plainly];
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubGlobal("location", { href: url });
});
afterEach(async () => {
  for (const response of stalled) response.end();
  vi.unstubAllGlobals();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const clips = (): Clips =>
  new Clips(
    (assetId) =>
      Promise.resolve(
        assetId === "gone"
          ? undefined
          : { picture: `${url}/${assetId}.mp4`, audio: `${url}/${assetId}.m4a`, durationMs: 1000, stills: { start: null, end: null } },
      ),
    { decodeAudioData: (bytes: ArrayBuffer) => Promise.resolve(new TextDecoder().decode(bytes)) } as unknown as BaseAudioContext,
  );

/** The first time that it is asked for, nothing may be shown of it yet. */
const lateClips = (yet: () => boolean): Clips =>
  new Clips(
    () => Promise.resolve({ picture: yet() ? `${url}/late.mp4` : null, audio: null, durationMs: 1000, stills: { start: null, end: null } }),
    {} as BaseAudioContext,
  );

const text = async (objectUrl: string): Promise<string> => (await fetch(objectUrl)).text();

test("a clip is fetched once, and given up with its request", async () => {
  const all = clips();
  const [clip, again] = await Promise.all([all.get("a"), all.get("a")]);
  expect(again).toBe(clip);
  expect(await text(clip.url)).toBe("of /a.mp4");
  expect(await clip.sound).toBe("of /a.m4a");
  expect(all.ready("a")).toBe(clip);
  expect(new Set(asked)).toEqual(new Set(["/a.m4a", "/a.mp4"]));
  all.keep(new Set());
  expect(all.ready("a")).toBeUndefined();
  await expect(fetch(clip.url)).rejects.toThrow("fetch failed");

  answer = (_, response) => stalled.push(response);
  const coming = all.get("b");
  all.keep(new Set());
  await expect(coming).rejects.toThrow("aborted");
});

test("what does not begin to come is asked for once more, past the cache; and the sound that cannot be had is silence", async () => {
  answer = (path, response) => {
    if (path.endsWith(".m4a")) response.writeHead(404).end();
    else if (asked.filter((one) => one === path).length === 1) stalled.push(response);
    else plainly(path, response);
  };
  const clip = await clips().get("a");
  expect(await text(clip.url)).toBe("of /a.mp4");
  expect(await clip.sound).toBeNull();
  expect(asked.filter((path) => path === "/a.mp4").length).toBeGreaterThan(1);
  expect(past.filter((path) => path === "/a.mp4")).toEqual(asked.filter((path) => path === "/a.mp4").slice(1));
});

test("of a request that fails for now and one that is late, the late one is waited for", async () => {
  answer = (path, response) => {
    if (!path.endsWith(".mp4")) plainly(path, response);
    else if (!past.includes(path)) stalled.push(response);
    else {
      response.writeHead(503).end();
      setTimeout(() => plainly(path, stalled[0]!), 20);
    }
  };
  expect(await text((await clips().get("a")).url)).toBe("of /a.mp4");
  expect(past).toEqual(["/a.mp4"]);
});

test("a sound that cannot be had just now is asked for again while the picture plays, until it is here or given up", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const failing: Array<(response: ServerResponse) => void> = [
      (response) => void response.writeHead(429).end(),
      (response) => void response.writeHead(503).end(),
      (response) => void response.destroy(),
      (response) => void response.writeHead(200, { "content-length": "100" }).write("half", () => response.destroy()),
    ];
    const failed = failing.length;
    answer = (path, response) => {
      const fails = path.endsWith(".m4a") ? failing.shift() : undefined;
      if (fails === undefined) plainly(path, response);
      else fails(response);
    };
    const all = clips();
    const { sound } = await all.get("a");
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(1000);
      expect(asked.filter((path) => path === "/a.m4a").length).toBe(failed + 1);
    });
    expect(await sound).toBe("of /a.m4a");

    // Neither for one that is given up, nor where there is no picture.
    answer = (path, response) => {
      if (path.endsWith(".m4a")) response.writeHead(503).end();
      else if (path === "/c.mp4") response.writeHead(404).end();
      else plainly(path, response);
    };
    const silent = await all.get("b");
    await expect(all.get("c")).rejects.toThrow("/c.mp4 answered 404.");
    await vi.waitFor(() => expect(asked).toEqual(expect.arrayContaining(["/b.m4a", "/c.m4a"])));
    all.keep(new Set());
    expect(await silent.sound).toBeNull();
    for (let seconds = 0; seconds < 10; seconds++) {
      await vi.advanceTimersByTimeAsync(1000);
      await new Promise(setImmediate);
    }
    expect(asked.filter((path) => path === "/b.m4a" || path === "/c.m4a").length).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

/** Of real time: faked time must not pass by what comes over the line. */
const patiently = { timeout: 10_000, interval: 10 };

test("a picture that breaks off, or of which nothing more comes, is asked for again, a few times", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const half = (response: ServerResponse, then: () => void): void =>
      void response.writeHead(200, { "content-length": "100" }).write("half", then);
    const failing: Array<(response: ServerResponse) => void> = [
      (response) => half(response, () => response.destroy()),
      (response) => half(response, () => stalled.push(response)),
      (response) => void response.destroy(),
    ];
    const failed = failing.length;
    answer = (path, response) => {
      const fails = path.endsWith(".mp4") ? failing.shift() : undefined;
      if (fails === undefined) plainly(path, response);
      else fails(response);
    };
    const all = clips();
    const coming = all.get("a");
    const pictures = () => asked.filter((path) => path === "/a.mp4").length;
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(100);
      expect(pictures()).toBe(failed + 1);
    }, patiently);
    expect(await text((await coming).url)).toBe("of /a.mp4");

    asked = [];
    answer = (_, response) => void response.destroy();
    let failure: unknown;
    all.get("b").catch((error: unknown) => (failure = error));
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(100);
      expect(String(failure)).toContain("fetch failed");
    }, patiently);
    expect(asked.filter((path) => path === "/b.mp4").length).toBe(5);
  } finally {
    vi.useRealTimers();
  }
});

test("where an address that was good is not any more, another is asked for", async () => {
  let day = 1;
  const all = new Clips(
    () => Promise.resolve({ picture: `${url}/a.mp4?day=${day}`, audio: null, durationMs: 1000, stills: { start: null, end: null } }),
    {} as BaseAudioContext,
  );
  await all.get("a");
  all.keep(new Set());
  day = 2;
  answer = (path, response) => (path.endsWith("2") ? plainly(path, response) : response.writeHead(403).end());
  expect(await text((await all.get("a")).url)).toBe("of /a.mp4?day=2");
  all.keep(new Set());
  answer = (_, response) => response.writeHead(403).end();
  await expect(all.get("a")).rejects.toThrow("/a.mp4 answered 403.");
});

test("a file that is not there, or not any more, is said, and tried again when it is asked for again", async () => {
  const all = clips();
  await expect(all.get("gone")).rejects.toThrow("What is to be seen here is not there any more.");
  answer = (_, response) => void response.writeHead(404).end();
  await expect(all.get("a")).rejects.toThrow("/a.mp4 answered 404.");
  answer = plainly;
  expect(await text((await all.get("a")).url)).toBe("of /a.mp4");
});

test("what nothing may be shown of yet is asked for again, until it is there or given up", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    let made = false;
    const all = lateClips(() => made);
    const coming = all.get("late");
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toEqual([]);
    made = true;
    await vi.advanceTimersByTimeAsync(2000);
    expect(await text((await coming).url)).toBe("of /late.mp4");

    const never = lateClips(() => false);
    const ended = Promise.allSettled([never.get("a"), never.get("b")]);
    never.keep(new Set(["a"]));
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await ended).map((one) => one.status === "rejected" && (one.reason as Error).message)).toEqual([
      "What is to be seen here cannot be shown yet.",
      expect.stringContaining("aborted"),
    ]);
  } finally {
    vi.useRealTimers();
  }
});
