// Front ends, media, health and metrics over real HTTP, on the transport that PIXSIM_TRANSPORT names.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { Effect } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CallError } from "#protocol/wire/errors.ts";
import { expiryOf, signMediaUrl } from "./media-url.ts";
import { startGateway, type TestGateway, transportName } from "./testing.ts";

const key = new Uint8Array(randomBytes(32));
const page = "<!doctype html><title>PixSim</title>";
const script = "console.log('hello');".repeat(100);
const film = new Uint8Array(randomBytes(1_500_000));
const sha256 = createHash("sha256").update(film).digest("hex");

let folder: string;
let gateway: TestGateway;
let healthy = true;
const used: Array<string> = [];
let recall = (_name: string): Effect.Effect<string, CallError> => Effect.fail(new CallError("not_found", "It is nowhere."));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-http-"));
  await mkdir(join(folder, "web/assets"), { recursive: true });
  await mkdir(join(folder, "blobs"));
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(folder, "web/index.html"), page);
  await writeFile(join(folder, "web/index.html.br"), brotliCompressSync(page));
  await writeFile(join(folder, "web/assets/app-D3adB33f.js"), script);
  await writeFile(join(folder, "web/assets/app-D3adB33f.js.br"), brotliCompressSync(script));
  await writeFile(join(folder, "web/assets/app-D3adB33f.js.gz"), gzipSync(script));
  await writeFile(join(folder, "web/assets/app.unknown"), "?");
  await mkdir(join(folder, "game/assets"), { recursive: true });
  await writeFile(join(folder, "game/index.html"), "<!doctype html>player");
  await writeFile(join(folder, "game/assets/play-D3adB33f.js"), script);
  await writeFile(join(folder, "reference.html"), "<!doctype html>reference");
  await writeFile(join(folder, "blobs", sha256), film);
  gateway = await startGateway({
    http: {
      site: join(folder, "web"),
      player: join(folder, "game"),
      docs: join(folder, "reference.html"),
      media: {
        key,
        path: (name) => join(folder, "blobs", name),
        recall: (name) => Effect.suspend(() => recall(name)),
        used: (name) => used.push(name),
      },
      health: Effect.suspend(() => (healthy ? Effect.void : Effect.fail({ message: "The database does not answer." }))),
      metrics: Effect.succeed("pixsim_up 1\n"),
    },
  });
});

afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

/** A request as it is written, which `fetch` would tidy up. */
const raw = (request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp(gateway.port, "127.0.0.1");
    let answer = "";
    socket.on("data", (data) => {
      answer += data.toString("latin1");
      if (answer.includes("\r\n\r\n")) socket.destroy();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
    socket.write(request);
  });

describe(`front ends on ${transportName}`, () => {
  test("the page is asked for anew each time, and says what it may load", async () => {
    const answer = await gateway.fetch("/", { headers: { "accept-encoding": "identity" } });
    expect([answer.status, await answer.text()]).toEqual([200, page]);
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    const policy = answer.headers.get("content-security-policy");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    const again = await gateway.fetch("/", { headers: { "if-none-match": answer.headers.get("etag")!, "accept-encoding": "identity" } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  test.each([
    ["gzip, deflate, br", "br"],
    ["gzip", "gzip"],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["identity", null],
  ])("an asset is kept for ever and comes packed: %s → %s", async (accepted, packed) => {
    const answer = await gateway.fetch("/assets/app-D3adB33f.js", { headers: { "accept-encoding": accepted } });
    expect(await answer.text()).toBe(script);
    expect(answer.headers.get("content-encoding")).toBe(packed);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("vary")).toBe("accept-encoding");
    expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  });

  test("a packed file that is older than the file itself is not served", async () => {
    const stale = new Date(Date.now() - 60_000);
    await utimes(join(folder, "web/index.html.br"), stale, stale);
    const answer = await gateway.fetch("/", { headers: { "accept-encoding": "br" } });
    expect([answer.headers.get("content-encoding"), await answer.text()]).toEqual([null, page]);
  });

  test("the player is a site of its own under its address", async () => {
    const page = await gateway.fetch("/play/");
    expect([page.status, await page.text()]).toEqual([200, "<!doctype html>player"]);
    expect(page.headers.get("content-security-policy")).toContain("media-src 'self' blob:;");
    const asset = await gateway.fetch("/play/assets/play-D3adB33f.js");
    expect([await asset.text(), asset.headers.get("cache-control")]).toEqual([script, "public, max-age=31536000, immutable"]);
    const bare = await gateway.fetch("/play", { redirect: "manual" });
    expect([bare.status, bare.headers.get("location")]).toEqual([308, "/play/"]);
    expect((await gateway.fetch("/play/assets/app-D3adB33f.js")).status).toBe(404);
    expect((await gateway.fetch("/player")).status).toBe(404);
  });

  test("HEAD answers the same headers without the body", async () => {
    const answer = await gateway.fetch("/assets/app-D3adB33f.js", { method: "HEAD", headers: { "accept-encoding": "identity" } });
    expect([answer.status, answer.headers.get("content-length"), await answer.text()]).toEqual([200, String(script.length), ""]);
  });

  test("the reference is at /docs", async () => {
    const answer = await gateway.fetch("/docs");
    expect([answer.status, await answer.text()]).toEqual([200, "<!doctype html>reference"]);
  });

  test("what is not there is 404 in words, and what may not be done 405", async () => {
    for (const path of ["/nope", "/assets/", "/assets", "/assets/app.unknown", "/index.html/x", "/.git/config", "//", "/%00", "/%zz"]) {
      const answer = await gateway.fetch(path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 404, "There is nothing at this address.\n"]);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const answer = await gateway.fetch("/", { method, ...(method === "OPTIONS" ? {} : { body: "x" }) });
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    }
  });

  test("no path leads out of the folder", async () => {
    for (const path of [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/assets/..%2f..%2f..%2fsecret.txt",
      "/assets/%2e%2e%5c..%5csecret.txt",
      "/..;/secret.txt",
      "/assets/../../secret.txt",
      "//secret.txt",
      "/media/../../secret.txt",
      `${folder}/secret.txt`,
    ]) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      expect(`${path}: ${answer}`).toMatch(/: HTTP\/1\.1 (404|403|400) /);
      expect(answer).not.toContain("\r\n\r\nsecret");
    }
  });
});

describe(`media on ${transportName}`, () => {
  const url = (name = sha256, extension = "mp4", expiry = expiryOf(0)): string => signMediaUrl(key, name, extension, expiry);
  const part = async (range: string, more: Readonly<Record<string, string>> = {}) => {
    const answer = await gateway.fetch(url(), { headers: { range, ...more } });
    return { status: answer.status, range: answer.headers.get("content-range"), body: new Uint8Array(await answer.arrayBuffer()) };
  };

  test("a file comes whole, with its type, for as long as its address lives", async () => {
    const answer = await gateway.fetch(url());
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("video/mp4");
    expect(answer.headers.get("accept-ranges")).toBe("bytes");
    expect(answer.headers.get("etag")).toBe(`"${sha256}"`);
    expect(answer.headers.get("cache-control")).toBe("private, max-age=172800, immutable");
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
    expect(Buffer.from(await answer.arrayBuffer()).equals(film)).toBe(true);
  });

  test.each([
    ["bytes=0-0", 0, 0],
    ["bytes=0-", 0, film.length - 1],
    ["bytes=100-199", 100, 199],
    ["bytes=1000000-", 1_000_000, film.length - 1],
    ["bytes=1499999-9999999999", 1_499_999, 1_499_999],
    ["bytes=-500", film.length - 500, film.length - 1],
    ["bytes=-9999999999", 0, film.length - 1],
  ])("%s gives just that part", async (range, start, end) => {
    const got = await part(range);
    expect([got.status, got.range]).toEqual([206, `bytes ${start}-${end}/${film.length}`]);
    expect(Buffer.from(got.body).equals(film.subarray(start, end + 1))).toBe(true);
  });

  test.each(["bytes=1500000-", "bytes=9999999-99999999", "bytes=-0"])("%s is nowhere in the file", async (range) => {
    const got = await part(range);
    expect([got.status, got.range]).toEqual([416, `bytes */${film.length}`]);
  });

  test.each(["bytes=5-2", "bytes=0-1,5-6", "chars=0-1", "bytes=a-b", "bytes=-", "bytes"])(
    "%s is not a range that is served: the whole file comes",
    async (range) => {
      const got = await part(range);
      expect([got.status, got.range, got.body.length]).toEqual([200, null, film.length]);
    },
  );

  test("If-Range gives the part only of the same file", async () => {
    expect((await part("bytes=0-9", { "if-range": `"${sha256}"` })).status).toBe(206);
    expect((await part("bytes=0-9", { "if-range": '"another"' })).status).toBe(200);
    expect((await part("bytes=0-9", { "if-range": "Wed, 21 Oct 2015 07:28:00 GMT" })).status).toBe(200);
  });

  test("If-None-Match spares a file that is known", async () => {
    for (const known of [`"${sha256}"`, `"x", W/"${sha256}"`, "*"]) {
      expect((await gateway.fetch(url(), { headers: { "if-none-match": known } })).status).toBe(304);
    }
    expect((await gateway.fetch(url(), { headers: { "if-none-match": '"x"' } })).status).toBe(200);
  });

  test("HEAD tells the size of the file, or of the part", async () => {
    const whole = await gateway.fetch(url(), { method: "HEAD" });
    expect([whole.status, whole.headers.get("content-length")]).toEqual([200, String(film.length)]);
    const some = await gateway.fetch(url(), { method: "HEAD", headers: { range: "bytes=0-99" } });
    expect([some.status, some.headers.get("content-length")]).toEqual([206, "100"]);
  });

  test("an address that was not signed, or was changed, or is old, gives nothing", async () => {
    const good = url();
    const forged = [
      good.replace(/&s=.*/, ""),
      good.replace(/&s=./, "&s=!"),
      good.replace(".mp4", ".html"),
      good.replace(/e=[^&]*/, "e=zzzzzz"),
      `/media/${"0".repeat(64)}.mp4${good.slice(good.indexOf("?"))}`,
      signMediaUrl(new Uint8Array(32), sha256, "mp4", expiryOf(0)),
      "/media/",
      "/media/x.mp4?e=1&s=1",
    ];
    for (const path of forged) {
      const answer = await gateway.fetch(path);
      expect([path, answer.status]).toEqual([path, 403]);
      expect(await answer.text()).toContain("not valid");
    }
    const old = await gateway.fetch(url(sha256, "mp4", 0));
    expect([old.status, await old.text()]).toEqual([403, "This address has expired. Ask the server for a fresh one.\n"]);
  });

  test("a file that is gone is 404", async () => {
    expect((await gateway.fetch(url("1".repeat(64)))).status).toBe(404);
  });

  test("a file that is elsewhere is brought back first, and what keeps it from that is said", async () => {
    const away = createHash("sha256").update("away").digest("hex");
    recall = () => Effect.fail(new CallError("unavailable", "The archive is not there."));
    const refused = await gateway.fetch(url(away));
    expect([refused.status, await refused.text()]).toEqual([503, "The archive is not there.\n"]);
    expect(used).not.toContain(away);
    recall = (name) =>
      Effect.as(
        Effect.promise(() => writeFile(join(folder, "blobs", name), "away")),
        join(folder, "blobs", name),
      );
    const answer = await gateway.fetch(url(away), { headers: { range: "bytes=1-2" } });
    expect([answer.status, await answer.text()]).toEqual([206, "wa"]);
    expect(used).toContain(away);
  });

  test("a client that goes in the middle leaves the server serving", async () => {
    const controller = new AbortController();
    const answer = await gateway.fetch(url(), { signal: controller.signal });
    await answer.body!.getReader().read();
    controller.abort();
    expect((await part("bytes=0-9")).body.length).toBe(10);
  });
});

describe(`health and metrics on ${transportName}`, () => {
  test("health tells what keeps the server from working", async () => {
    const well = await gateway.fetch("/healthz");
    expect([well.status, await well.json()]).toEqual([200, { status: "ok" }]);
    healthy = false;
    const ill = await gateway.fetch("/healthz");
    expect([ill.status, await ill.json()]).toEqual([503, { status: "failing", message: "The database does not answer." }]);
  });

  test("metrics are text", async () => {
    const answer = await gateway.fetch("/metrics");
    expect([answer.headers.get("content-type"), await answer.text()]).toEqual([
      "text/plain; version=0.0.4; charset=utf-8",
      "pixsim_up 1\n",
    ]);
    expect(gateway.counters.httpRequests).toBeGreaterThan(10);
  });

  test("a socket at another path is told where to connect", async () => {
    const answer = await raw(
      "GET /elsewhere HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    expect(answer).toContain("Sockets connect to /ws.");
  });
});
