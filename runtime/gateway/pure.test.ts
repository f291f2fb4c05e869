// The parts of the gateway that only compute: ranges, addresses, encodings, paths, origins, budgets.
import { Layer, ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MediaUrls } from "../blobs/media-urls.ts";
import { FrameBudget } from "./frame-budget.ts";
import { expiryOf, readMediaUrl, signMediaUrl } from "./media-url.ts";
import { mediaUrlsLayer } from "./media-urls.ts";
import { mayConnect } from "./origin.ts";
import { Presence } from "./presence.ts";
import { parseRange } from "./range.ts";
import { accepts, siteFile } from "./site.ts";
import { principalOf } from "./testing.ts";
import { brokenAnswer } from "./ws.ts";

describe("ranges", () => {
  test("a part lies within the file, whatever was asked", () => {
    const range = fc.oneof(
      fc.tuple(fc.nat(), fc.nat()).map(([start, end]) => `bytes=${start}-${end}`),
      fc.nat().map((start) => `bytes=${start}-`),
      fc.nat().map((suffix) => `bytes=-${suffix}`),
      fc.string(),
    );
    fc.assert(
      fc.property(range, fc.nat(), (header, size) => {
        const part = parseRange(header, size);
        if (part === undefined || part === "unsatisfiable") return;
        expect(part.start).toBeGreaterThanOrEqual(0);
        expect(part.start).toBeLessThanOrEqual(part.end);
        expect(part.end).toBeLessThan(size);
      }),
    );
  });

  test("of an empty file there is no part", () => {
    for (const range of ["bytes=0-", "bytes=0-0", "bytes=-5"]) expect(parseRange(range, 0)).toBe("unsatisfiable");
  });
});

describe("signed addresses", () => {
  const key = new Uint8Array(32).fill(1);
  const sha256 = "ab".repeat(32);
  const day = 24 * 60 * 60 * 1000;

  test("all made within a window are the same, and good for one to two windows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (now) => {
        const life = expiryOf(now) * 1000 - now;
        expect(life).toBeGreaterThan(day);
        expect(life).toBeLessThanOrEqual(2 * day);
        expect(expiryOf(Math.floor(now / day) * day)).toBe(expiryOf(now));
      }),
    );
  });

  test("what was signed is read until it expires; any change is noticed", () => {
    const expiry = expiryOf(0);
    const url = signMediaUrl(key, sha256, "mp4", expiry);
    const read = (address: string, now = 0) => readMediaUrl(key, address.split("?")[0]!, address.split("?")[1] ?? "", now);
    expect(read(url)).toEqual({ state: "good", sha256, extension: "mp4", expiry });
    expect(read(url, expiry * 1000 - 1).state).toBe("good");
    expect(read(url, expiry * 1000).state).toBe("expired");
    fc.assert(
      fc.property(fc.nat({ max: url.length - 1 }), fc.constantFrom(..."abcxyz0129.-_/?&="), (at, by) => {
        fc.pre(url[at] !== by);
        const changed = url.slice(0, at) + by + url.slice(at + 1);
        expect(read(changed).state).toBe("forged");
      }),
    );
    fc.assert(fc.property(fc.string(), fc.string(), (path, query) => readMediaUrl(key, path, query, 0).state === "forged"));
  });
});

describe("addresses for the rest of the program", () => {
  test("are those that the gateway reads, and new ones in the next window", async () => {
    const key = new Uint8Array(32).fill(2);
    const runtime = ManagedRuntime.make(mediaUrlsLayer(key).pipe(Layer.provideMerge(TestClock.layer({ warningDelay: "1 hour" }))));
    const { url } = await runtime.runPromise(MediaUrls);
    const sha256 = "cd".repeat(32);
    const first = url(sha256, "webp");
    expect(readMediaUrl(key, first.split("?")[0]!, first.split("?")[1]!, 0)).toMatchObject({ state: "good", extension: "webp" });
    await runtime.runPromise(TestClock.adjust("23 hours"));
    expect(url(sha256, "webp")).toBe(first);
    await runtime.runPromise(TestClock.adjust("1 hour"));
    expect(url(sha256, "webp")).not.toBe(first);
    await runtime.dispose();
  });
});

describe("front ends", () => {
  test("no path of a request leads out of the folder", () => {
    const piece = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom("..", "%2e%2e", "%2f", "%5c", "/", "\\", ".", "%00", "a", "%"));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const file = siteFile(`/${pieces.join("/")}`);
        if (file === undefined) return;
        expect(file.startsWith("/")).toBe(false);
        expect(file.split("/").some((segment) => segment.startsWith("."))).toBe(false);
        expect(file).not.toMatch(/[\\\0]/);
      }),
    );
    expect(siteFile("/")).toBe("index.html");
    expect(siteFile("/admin/")).toBe("admin/index.html");
    expect(siteFile("/assets/a%2Eb.js")).toBe("assets/a.b.js");
  });

  test.each([
    ["gzip, br", "br", true],
    ["br;q=0.1", "br", true],
    ["br;q=0", "br", false],
    ["br; q=0.000, *", "br", false],
    ["*", "br", true],
    ["*;q=0", "br", false],
    ["brotli", "br", false],
    ["", "br", false],
    ["GZIP", "gzip", true],
  ])("Accept-Encoding %s, %s: %s", (header, coding, taken) => {
    expect(accepts(header, coding)).toBe(taken);
  });

  test("only the own pages and named origins may connect", () => {
    const allowed = ["https://studio.example"];
    expect(mayConnect("", "x", allowed)).toBe(true);
    expect(mayConnect("http://X:1", "x:1", allowed)).toBe(true);
    expect(mayConnect("https://studio.example", "x:1", allowed)).toBe(true);
    for (const origin of ["null", "http://x", "http://x:2", "http://", "x:1", "http://x:1/", "https://studio.example.evil"]) {
      expect(mayConnect(origin, "x:1", allowed)).toBe(false);
    }
    expect(mayConnect("http://", "", [])).toBe(false);
  });
});

describe("limits of a connection", () => {
  test("over any time no more frames pass than the rate and one burst", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { maxLength: 300 }), (pauses) => {
        const budget = new FrameBudget(100, 0);
        let now = 0;
        let passed = 0;
        for (const pause of pauses) {
          now += pause;
          if (budget.take(now) >= 0) passed++;
        }
        expect(passed).toBeLessThanOrEqual(200 + now / 10 + 1);
      }),
    );
  });

  test("after the time that was told a frame passes again", () => {
    const budget = new FrameBudget(10, 0);
    for (let n = 0; n < 25; n++) budget.take(0);
    const wait = budget.retryAfterMs();
    expect(wait).toBe(600);
    expect(budget.take(wait)).toBeGreaterThanOrEqual(0);
  });

  test("who is connected is counted right, whoever comes, changes and goes", () => {
    const presence = new Presence(2);
    const revoked: Array<string> = [];
    const who = (name: string) => ({ revoke: () => void revoked.push(name) });
    const [a, b, c] = [who("a"), who("b"), who("c")];
    expect(presence.enter(a, principalOf("ada"), null)).toBe("entered");
    expect(presence.enter(b, principalOf("ada"), null)).toBe("entered");
    expect(presence.enter(c, principalOf("ada"), null)).toBe("full");
    // A new token of the same user is no further connection.
    expect(presence.enter(b, { ...principalOf("ada"), sessionId: "ses_2" }, principalOf("ada"))).toBe("entered");
    expect(presence.enter(a, principalOf("bob"), principalOf("ada"))).toBe("entered");
    expect(presence.enter(c, principalOf("ada"), null)).toBe("entered");
    presence.revoke("ses_2");
    presence.revoke("ses_bob");
    expect(revoked).toEqual(["b", "a"]);
    expect(presence.enter(b, principalOf("bob"), null)).toBe("revoked");
  });
});

test("a connection that was never used is closed without an answer, one that was is told what is wrong", () => {
  for (const code of ["ERR_HTTP_REQUEST_TIMEOUT", "ECONNRESET", undefined]) expect(brokenAnswer(code, 0)).toBeNull();
  expect(brokenAnswer("ERR_HTTP_REQUEST_TIMEOUT", 5)).toMatchObject({ status: 408 });
  expect(brokenAnswer("HPE_INVALID_METHOD", 5)).toMatchObject({ status: 400 });
});
