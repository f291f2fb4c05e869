// The tools' HTTP against real servers on this machine that behave well and badly.
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { Deferred, Effect, Exit, Fiber, Scope } from "effect";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { makeClip } from "#actors/media/testing.ts";
import { makeHttp } from "./http.ts";
import { guardedLookup, isPrivate, isPrivateLiteral } from "./http-guard.ts";
import { retryAfterOf } from "./http-failures.ts";
import type { ProviderFailure } from "./provider.ts";
import { failureOf, run } from "./testing.ts";
import { type Http, MaySend } from "./tools.ts";
import { wide } from "./wide.ts";

/** A certificate that nobody has signed but itself: the smallest that TLS takes. */
const selfSigned = (): { readonly key: string; readonly cert: string } => {
  const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
    const body = Buffer.concat(parts);
    const size = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
    return Buffer.concat([Buffer.from([tag, ...size]), body]);
  };
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const name = der(0x30, der(0x31, der(0x30, Buffer.from("0603550403", "hex"), der(0x0c, Buffer.from("localhost")))));
  const ecdsaSha256 = der(0x30, Buffer.from("06082a8648ce3d040302", "hex"));
  const facts = der(
    0x30,
    der(0x02, Buffer.from([1])),
    ecdsaSha256,
    name,
    der(0x30, der(0x17, Buffer.from("200101000000Z")), der(0x17, Buffer.from("490101000000Z"))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", facts, privateKey));
  const body = der(0x30, facts, ecdsaSha256, signature).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
  };
};

describe("the HTTP of a provider", () => {
  let folder: string;
  let scope: Scope.Closeable;
  let clip: Buffer;
  let server: Server;
  let base: string;
  let elsewhere: Server;
  let http: Http;
  const closing: Array<() => void> = [];
  const routes = new Map<string, RequestListener>();
  const on = (path: string, answer: RequestListener): string => {
    routes.set(path, answer);
    return base + path;
  };

  const listen = async (listening: Server): Promise<string> => {
    listening.listen(0, "127.0.0.1");
    await once(listening, "listening");
    closing.push(() => {
      listening.closeAllConnections();
      listening.close();
    });
    return `127.0.0.1:${(listening.address() as AddressInfo).port}`;
  };
  const served: RequestListener = (request, response) => {
    const answer = routes.get(new URL(request.url ?? "", "http://x").pathname);
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-http-"));
    const path = join(folder, "clip.mp4");
    await makeClip(path, { frames: 6 });
    clip = await readFile(path);
    server = createServer(served);
    elsewhere = createServer(served);
    base = `http://${await listen(server)}`;
    scope = Scope.makeUnsafe();
    http = await Effect.runPromise(Scope.provide(makeHttp({ own: [`${base}/v2`, `http://${await listen(elsewhere)}`] }), scope));
  });
  afterAll(async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void));
    for (const close of closing) close();
    await rm(folder, { recursive: true, force: true });
  });

  describe("asks for JSON", () => {
    it("sends method, headers, JSON and its wide integers as they are, and answers status, headers and body", async () => {
      let seen: Pick<IncomingMessage, "method" | "headers"> & { body: string } = { method: "", headers: {}, body: "" };
      const url = on("/echo", async (request, response) => {
        seen = { method: request.method ?? "", headers: request.headers, body: await text(request) };
        response.writeHead(402, { "x-credits": "7" }).end(JSON.stringify({ ok: [1, 2] }));
      });
      const sent = { id: wide("18446744073709551615"), n: 1.5 };
      const answer = await run(http.json({ method: "PUT", url, headers: { "api-key": "secret" }, json: sent }));
      expect(seen).toMatchObject({
        method: "PUT",
        headers: { "api-key": "secret", "content-type": "application/json" },
        body: '{"id":18446744073709551615,"n":1.5}',
      });
      expect(answer).toMatchObject({ status: 402, headers: { "x-credits": "7" }, body: { ok: [1, 2] } });
    });

    it("keeps integers beyond 2^53 as strings of their digits, and leaves other numbers alone", async () => {
      const url = on("/wide", (_, response) =>
        response.end(
          '{"id":18446744073709551615,"low":-9007199254740993,"safe":9007199254740991,"f":1234567890123456.5,"e":1e30,"t":"123456789012345678901"}',
        ),
      );
      const { body } = await run(http.json({ method: "GET", url }));
      expect(body).toEqual({
        id: "18446744073709551615",
        low: "-9007199254740993",
        safe: 9007199254740991,
        f: 1234567890123456.5,
        e: 1e30,
        t: "123456789012345678901",
      });
    });

    it("sends a file as it is, with its type", async () => {
      const content = Buffer.from("not really a picture");
      let received: unknown;
      const url = on("/blob", async (request, response) => {
        const { "content-type": type, "content-length": length } = request.headers;
        received = { type, length, body: await buffer(request) };
        response.writeHead(200).end();
      });
      const answer = await run(http.json({ method: "PUT", url, blob: new Blob([content], { type: "image/png" }) }));
      expect(answer).toMatchObject({ status: 200, body: null });
      expect(received).toEqual({ type: "image/png", length: `${content.length}`, body: content });
    });

    it("sends a form with files, its length known", async () => {
      let received: FormData | undefined;
      let headers: IncomingMessage["headers"] = {};
      const url = on("/form", async (request, response) => {
        ({ headers } = request);
        received = await new Response(await buffer(request), { headers: { "content-type": headers["content-type"] ?? "" } }).formData();
        response.end("{}");
      });
      const form = new FormData();
      form.set("kind", "picture");
      form.set("file", new File([new Uint8Array(clip)], "clip.mp4", { type: "video/mp4" }));
      await run(http.json({ method: "POST", url, form }));
      const file = received?.get("file") as File;
      expect([received?.get("kind"), file.name, file.type]).toEqual(["picture", "clip.mp4", "video/mp4"]);
      expect(Buffer.from(await file.arrayBuffer()).equals(clip)).toBe(true);
      expect(Number(headers["content-length"])).toBeGreaterThan(clip.length);
    });

    it("answers an error's web page without a body, and an empty answer too", async () => {
      const page = on("/bad-gateway", (_, response) => response.writeHead(502, { "content-type": "text/html" }).end("<html>502</html>"));
      expect(await run(http.json({ method: "GET", url: page }))).toMatchObject({ status: 502, body: null });
      const empty = on("/empty", (_, response) => response.writeHead(204).end());
      expect(await run(http.json({ method: "DELETE", url: empty }))).toMatchObject({ status: 204, body: null });
    });

    it("says so when a web page or something else comes where JSON was due", async () => {
      const page = on("/page", (_, response) => response.end("<!doctype html><title>Welcome</title>"));
      expect(await failureOf(http.json({ method: "GET", url: page }))).toMatchObject({
        kind: "provider",
        message: expect.stringMatching(/web page.*base URL/),
      });
      const half = on("/half", (_, response) => response.end('{"a":'));
      expect(await failureOf(http.json({ method: "GET", url: half }))).toMatchObject({ kind: "provider" });
    });

    it("reads no answer beyond its bound, however much comes", async () => {
      let closed: () => void = () => undefined;
      const gone = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const url = on("/endless", (_, response) => {
        const more = (): void => {
          while (response.write("[".repeat(16_384)));
        };
        response.on("drain", more).on("close", closed);
        more();
      });
      expect(await failureOf(http.json({ method: "GET", url, maxBytes: 100_000 }))).toMatchObject({
        kind: "provider",
        message: expect.stringContaining("without end"),
      });
      await gone;
    });

    it("ends when no answer comes in time, and says nothing of whether it was sent", async () => {
      const url = on("/silent", () => undefined);
      const failure = await failureOf(http.json({ method: "POST", url, json: {}, timeoutMs: 100 }));
      expect(failure).toEqual({
        kind: "timeout",
        message: expect.stringMatching(/^127\.0\.0\.1:\d+ did not answer within 0\.1 seconds: try again later/),
      });
      const trickling = on("/trickle", (_, response) => void response.write("{"));
      expect(await failureOf(http.json({ method: "POST", url: trickling, json: {}, timeoutMs: 100 }))).toMatchObject({ kind: "timeout" });
    });

    it("does not know whether a request was taken whose connection broke", async () => {
      const url = on("/drop", (request) => void request.resume().on("end", () => request.socket.destroy()));
      const failure = await failureOf(http.json({ method: "POST", url, json: {} }));
      expect(failure).toMatchObject({ kind: "network", message: expect.stringContaining("broke") });
      expect(failure.unsent).toBeUndefined();
    });

    it("leaves its connection when it is interrupted", async () => {
      const asked = Deferred.makeUnsafe<void>();
      let closed: () => void = () => undefined;
      const gone = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const url = on("/wait", (_, response) => {
        response.on("close", closed);
        Effect.runSync(Deferred.succeed(asked, undefined));
      });
      await run(
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(http.json({ method: "GET", url }));
          yield* Deferred.await(asked);
          yield* Fiber.interrupt(fiber);
        }),
      );
      expect(await gone).toBeUndefined();
    });
  });

  describe("sends only while it may", () => {
    const unsent = { kind: "network", unsent: true, message: expect.stringContaining("Nothing was sent") };
    let may: boolean;
    beforeEach(() => {
      may = true;
    });
    const sending = (request: Parameters<Http["json"]>[0]) =>
      Effect.runPromise(Effect.result(Effect.provideService(http.json(request), MaySend, () => may)));

    it("and not what had to wait for a connection until it might no more", async () => {
      const held: Array<() => void> = [];
      const full = Promise.withResolvers<void>();
      const paid: Array<string> = [];
      const busy = on("/busy", (_, response) => {
        held.push(() => response.end("{}"));
        if (held.length === 16) full.resolve();
      });
      const costs = on("/costs", async (request, response) => {
        paid.push(await text(request));
        response.end("{}");
      });
      const others = Array.from({ length: 16 }, () => sending({ method: "GET", url: busy }));
      await full.promise;
      const submission = sending({ method: "POST", url: costs, json: { n: 1 } });
      // Whether they wait for a connection by now or are on their way to that: neither may go out once `may` is false.
      const next = sending({ method: "POST", url: costs, json: { n: 2 } });
      may = false;
      for (const answer of held) answer();
      expect(await submission).toMatchObject({ _tag: "Failure", failure: unsent });
      expect(await next).toMatchObject({ _tag: "Failure", failure: unsent });
      expect((await Promise.all(others)).every(({ _tag }) => _tag === "Success")).toBe(true);
      expect(paid).toEqual([]);
      may = true;
      expect(await sending({ method: "POST", url: costs, json: { n: 3 } })).toMatchObject({ _tag: "Success" });
      expect(paid).toEqual(['{"n":3}']);
    });

    it("and not the rest of what the line had not taken yet", async () => {
      const begun = Promise.withResolvers<IncomingMessage>();
      const closed = Promise.withResolvers<boolean>();
      const url = on("/upload", (request) => {
        request.on("error", () => undefined).on("close", () => closed.resolve(request.complete));
        begun.resolve(request);
      });
      // More than the buffers of both sides hold.
      const submission = sending({ method: "POST", url, blob: new Blob([new Uint8Array(64 * 1024 * 1024)]) });
      const request = await begun.promise;
      may = false;
      request.resume();
      expect(await submission).toMatchObject({ _tag: "Failure", failure: unsent });
      expect(await closed.promise).toBe(false);
    });

    it("and not the last byte of what is long, which goes when all else is on its way", async () => {
      const received: Array<number> = [];
      const closed = Promise.withResolvers<void>();
      const url = on("/last", (request, response) => {
        const at = received.push(0) - 1;
        request
          .on("data", (chunk: Buffer) => (received[at]! += chunk.length))
          .on("error", () => undefined)
          .on("end", () => response.end("{}"))
          .on("close", () => request.complete || closed.resolve());
      });
      const blob = new Blob([new Uint8Array(1_000_003)]);
      let asked = 0;
      let most = Number.POSITIVE_INFINITY;
      const submission = Effect.provideService(http.json({ method: "POST", url, blob }), MaySend, () => ++asked <= most);
      await run(submission);
      most = asked - 1;
      asked = 0;
      expect(await failureOf(submission)).toEqual(unsent);
      await closed.promise;
      expect(received).toEqual([blob.size, blob.size - 1]);
    });

    it("and not again where it is led elsewhere", async () => {
      let arrived = 0;
      const target = on("/target", (_, response) => {
        arrived++;
        response.end("{}");
      });
      const url = on("/moved", (_, response) => {
        may = false;
        response.writeHead(307, { location: target }).end();
      });
      expect(await sending({ method: "POST", url, json: {} })).toMatchObject({ _tag: "Failure", failure: unsent });
      expect(arrived).toBe(0);
    });

    it("but asks what came of an order that was done, whatever it may by then", async () => {
      const seen: Array<string | undefined> = [];
      const result = on("/result", ({ method }, response) => {
        seen.push(method);
        response.end('{"id":7}');
      });
      const url = on("/done", (_, response) => {
        may = false;
        response.writeHead(303, { location: result }).end();
      });
      expect(await sending({ method: "POST", url, json: {} })).toMatchObject({ _tag: "Success", success: { body: { id: 7 } } });
      expect(seen).toEqual(["GET"]);
    });

    it("and what is long whole, as long as it may", async () => {
      const content = Buffer.alloc(5_000_001, "abc");
      let received = Buffer.alloc(0);
      const url = on("/long", async (request, response) => {
        received = await buffer(request);
        response.end(JSON.stringify(request.headers["content-length"]));
      });
      const answer = await run(http.json({ method: "POST", url, blob: new Blob([content]) }));
      expect(answer.body).toBe(String(content.length));
      expect(received.equals(content)).toBe(true);
    });
  });

  describe("says what is wrong, and that nothing was sent", () => {
    const failing = async (own: string, url = own): Promise<ProviderFailure> =>
      Effect.runPromise(
        Effect.scoped(Effect.flatMap(makeHttp({ own: [own] }), (made) => Effect.flip(made.json({ method: "POST", url, json: {} })))),
      );

    it("of a host that does not exist", async () => {
      expect(await failing("http://nobody.invalid")).toMatchObject({
        kind: "network",
        unsent: true,
        message: expect.stringMatching(/nobody\.invalid/),
      });
    });

    it("of a port that nobody listens at", async () => {
      const unused = createServer();
      const url = `http://${await listen(unused)}`;
      unused.close();
      expect(await failing(url)).toMatchObject({ kind: "network", unsent: true, message: expect.stringMatching(/refuses connections/) });
    });

    it("of a certificate that cannot be trusted", async () => {
      const secure = createTlsServer(selfSigned(), served);
      const url = `https://${await listen(secure)}`;
      expect(await failing(url)).toMatchObject({ kind: "network", unsent: true, message: expect.stringMatching(/certificate.*trusted/) });
    });

    it("of a server that speaks no TLS", async () => {
      expect(await failing(base.replace("http:", "https:"))).toMatchObject({
        kind: "network",
        unsent: true,
        message: expect.stringMatching(/does not speak TLS|cannot be reached/),
      });
    });

    it("of a server that speaks no HTTP", async () => {
      const tcp = createTcpServer((socket) => {
        socket.on("error", () => undefined).once("data", () => socket.end("SSH-2.0-OpenSSH_9.6\r\n"));
      });
      tcp.listen(0, "127.0.0.1");
      await once(tcp, "listening");
      closing.push(() => tcp.close());
      expect(await failing(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}`)).toMatchObject({
        kind: "provider",
        message: expect.stringContaining("HTTP"),
      });
    });

    it("of what is no address", async () => {
      expect(await failing(base, "file:///etc/passwd")).toMatchObject({ kind: "provider" });
      expect(await failing(base, "not an address")).toMatchObject({ kind: "provider" });
    });
  });

  describe("keeps out of private networks", () => {
    it("knows private addresses in all their spellings", () => {
      const inner = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.31.0.1",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
      ];
      const inner6 = [
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::ffff:a00:1",
        "::7f00:1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fc00::1",
        "fd12::1",
        "fe80::1%eth0",
        "ff02::1",
      ];
      const outer = [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "172.32.0.1",
        "192.169.0.1",
        "2606:4700::1111",
        "2a00:1450:4001::8a",
        "64:ff9b::808:808",
      ];
      expect([...inner, ...inner6, "no address"].filter((address) => !isPrivate(address))).toEqual([]);
      expect(outer.filter(isPrivate)).toEqual([]);
      expect(["[::1]", "127.0.0.1", new URL("http://0x7f.1").hostname].every(isPrivateLiteral)).toBe(true);
      expect(["localhost", "example.com", "8.8.8.8"].some(isPrivateLiteral)).toBe(false);
    });

    it("refuses a name that leads there, asked for one address or all", async () => {
      const looked = (options: Parameters<LookupFunction>[1]): Promise<unknown> =>
        new Promise((resolve) => guardedLookup("localhost", options, (error, address) => resolve(error ?? address)));
      expect(await looked({ all: true })).toMatchObject({ host: "localhost" });
      expect(await looked({})).toMatchObject({ host: "localhost" });
    });

    it.each([
      ["an address", (port: string) => `http://127.0.0.1:${port}/secret`],
      ["an address in other words", (port: string) => `http://0x7f000001:${port}/secret`],
      ["a mapped address", (port: string) => `http://[::ffff:127.0.0.1]:${port}/secret`],
      ["a name", (port: string) => `http://localhost:${port}/secret`],
    ])("goes there neither at once nor by a redirect: %s", async (_, address) => {
      let asked = 0;
      const inner = createServer((_request, response) => {
        asked++;
        response.end("{}");
      });
      const port = (await listen(inner)).split(":")[1]!;
      const path = join(folder, "inner.mp4");
      const expected = { kind: "network", unsent: true, message: expect.stringContaining("private address") };
      expect(await failureOf(http.download(address(port), path))).toMatchObject(expected);
      const redirecting = on("/away", (_request, response) => response.writeHead(302, { location: address(port) }).end());
      expect(await failureOf(http.download(redirecting, path))).toMatchObject(expected);
      expect(await failureOf(http.json({ method: "GET", url: redirecting }))).toMatchObject(expected);
      expect(await failureOf(http.socket(address(port).replace("http", "ws"), { message: () => Effect.void }))).toMatchObject(expected);
      expect(asked).toBe(0);
    });
  });

  describe("follows redirects", () => {
    it("within the origin with its headers and body, to another origin without headers", async () => {
      const seen: Array<readonly [string | undefined, string | undefined, string]> = [];
      const target: RequestListener = async (request, response) => {
        seen.push([request.method, request.headers["api-key"] as string | undefined, await text(request)]);
        response.end("{}");
      };
      on("/target", target);
      const within = on("/within", (_, response) => response.writeHead(307, { location: "/target" }).end());
      const away = on("/away", (_, response) =>
        response.writeHead(307, { location: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/target` }).end(),
      );
      const other = on("/other", (_, response) => response.writeHead(303, { location: "/target" }).end());
      for (const url of [within, away, other]) {
        await run(http.json({ method: "POST", url, headers: { "api-key": "secret" }, json: { a: 1 } }));
      }
      expect(seen).toEqual([
        ["POST", "secret", '{"a":1}'],
        ["POST", undefined, '{"a":1}'],
        ["GET", "secret", ""],
      ]);
    });

    it("of a question to where its key does not go along, and says so where that is why it is refused", async () => {
      const { port } = elsewhere.address() as AddressInfo;
      const away = on("/moved", (_, response) => response.writeHead(301, { location: `http://127.0.0.1:${port}/target` }).end());
      const asked = (headers: Readonly<Record<string, string>>) => http.json({ method: "GET", url: away, headers });
      const refused = (status: number) => on("/target", (_, response) => response.writeHead(status).end('{"detail":"no"}'));
      const { host } = new URL(base);
      for (const status of [401, 403]) {
        refused(status);
        expect(await failureOf(asked({ authorization: "Bearer secret" }))).toEqual({
          kind: "authentication",
          message: `${host} has moved to http://127.0.0.1:${port}, where the key is not sent along: put that into the base URL.`,
        });
        expect(await run(asked({}))).toMatchObject({ status });
      }
      refused(404);
      expect(await run(asked({ authorization: "Bearer secret" }))).toMatchObject({ status: 404 });
    });

    it("and says who has sent it where it fails", async () => {
      const unused = createServer();
      const nobody = await listen(unused);
      unused.close();
      const own = await Effect.runPromise(Scope.provide(makeHttp({ own: [base, `http://${nobody}`] }), scope));
      const url = on("/nobody", (_, response) => response.writeHead(302, { location: `http://${nobody}/login` }).end());
      const { message } = await failureOf(own.json({ method: "GET", url }));
      expect(message).toMatch(`${new URL(base).host} sends on to another host. ${nobody} refuses connections`);
    });

    describe("of an order", () => {
      const unsent = { kind: "network", unsent: true };
      const led = (status: number, location: string, over = http) => {
        const url = on("/led", (_, response) => response.writeHead(status, { location }).end());
        return failureOf(over.json({ method: "POST", url, json: {} }));
      };

      it("that was done, and never says that it was not sent", async () => {
        const { port } = elsewhere.address() as AddressInfo;
        const away = on("/on", (_, response) => response.writeHead(307, { location: `http://localhost:${port}/` }).end());
        for (const location of [`http://localhost:${port}/`, `http://127.0.0.2:${port}/`, away]) {
          expect(await led(303, location)).toEqual({ kind: "network", message: expect.stringContaining("private address") });
        }
        const unused = createServer();
        const nobody = `http://${await listen(unused)}`;
        unused.close();
        const own = await Effect.runPromise(Scope.provide(makeHttp({ own: [base, nobody] }), scope));
        expect(await led(303, nobody, own)).toEqual({ kind: "network", message: expect.stringContaining("refuses connections") });
      });

      it.each([401, 404, 422, 429, 503])("that was done, and takes no status %i behind it for its own", async (status) => {
        const behind = on("/behind", (_, response) => response.writeHead(status, { "retry-after": "1" }).end('{"detail":"no"}'));
        expect(await led(303, behind)).toEqual({ kind: "network", message: expect.stringContaining(`status ${status}`) });
      });

      it("that nobody has done, which is unsent where it does not get there", async () => {
        const { port } = elsewhere.address() as AddressInfo;
        for (const status of [307, 308]) expect(await led(status, `http://localhost:${port}/`)).toMatchObject(unsent);
        for (const status of [301, 302]) expect(await led(status, `http://localhost:${port}/`)).not.toHaveProperty("unsent");
      });
    });

    it("but not for ever, and makes no question out of an order", async () => {
      const loop = on("/loop", (_, response) => response.writeHead(302, { location: "/loop" }).end());
      expect(await failureOf(http.json({ method: "GET", url: loop }))).toMatchObject({
        kind: "provider",
        message: expect.stringContaining("again"),
      });
      expect(await failureOf(http.json({ method: "POST", url: loop, json: {} }))).toMatchObject({
        kind: "provider",
        message: expect.stringContaining(`moved to ${base}`),
      });
    });
  });

  describe("downloads", () => {
    const target = (): string => join(folder, "download.mp4");
    const refuses = async (url: string, options?: Parameters<Http["download"]>[2]): Promise<ProviderFailure> => {
      const failure = await failureOf(http.download(url, target(), options));
      expect((await readdir(folder)).filter((name) => name.startsWith("download"))).toEqual([]);
      return failure;
    };

    it("a file whole, and knows by its bytes what it is", async () => {
      const url = on("/clip", (_, response) => response.writeHead(200, { "content-type": "application/octet-stream" }).end(clip));
      expect(await run(http.download(url, target()))).toEqual({ mime: "video/mp4" });
      expect((await readFile(target())).equals(clip)).toBe(true);
      expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
      await rm(target());
    });

    it.each([
      [404, "lost"],
      [410, "lost"],
      [401, "network"],
      [403, "network"],
      [429, "limit"],
      [500, "network"],
      [206, "network"],
    ] as const)("fails with status %i as %s", async (status, kind) => {
      const url = on("/status", (_, response) => response.writeHead(status, { "retry-after": "7" }).end("no"));
      expect(await refuses(url)).toMatchObject({ kind, retryAfterMs: 7000 });
    });

    it("tells an account that is refused from an address that is", async () => {
      const headers = { "api-key": "secret" };
      for (const status of [401, 403]) {
        const url = on("/closed", (_, response) => response.writeHead(status).end("no"));
        expect(await refuses(url, { headers })).toMatchObject({ kind: "authentication" });
        expect(await refuses(url)).toMatchObject({ kind: "network", message: expect.stringContaining(String(status)) });
      }
      // The file lies on another host, which is not told who asks, and its signed address has run out.
      const { port } = elsewhere.address() as AddressInfo;
      on("/signed", (_, response) => response.writeHead(403).end("expired"));
      const away = on("/away", (_, response) => response.writeHead(302, { location: `http://127.0.0.1:${port}/signed` }).end());
      expect(await refuses(away, { headers })).toMatchObject({ kind: "network" });
    });

    it("no page, no message and nothing empty instead of media, whatever it is said to be", async () => {
      for (const [body, type] of [
        ["<html>Please sign in</html>", "text/html"],
        ["<html>Please sign in</html>", "video/mp4"],
        ['{"error":"expired"}', "application/json"],
        ['{"error":"expired"}', "video/mp4"],
        ["", "video/mp4"],
        ["plain words that are no video", "text/plain"],
      ] as const) {
        const url = on("/not-media", (_, response) => response.writeHead(200, { "content-type": type }).end(body));
        expect(await refuses(url)).toMatchObject({ kind: "provider", message: expect.stringContaining("was due") });
      }
    });

    it("no half of a file", async () => {
      const cut = on("/cut", (_, response) => {
        response.writeHead(200, { "content-length": clip.length });
        response.write(clip.subarray(0, clip.length / 2), () => response.destroy());
      });
      expect(await refuses(cut)).toMatchObject({ kind: "network" });
      const chunked = on("/cut-chunked", (_, response) => void response.write(clip.subarray(0, clip.length / 2), () => response.destroy()));
      expect(await refuses(chunked)).toMatchObject({ kind: "network" });
    });

    it("nothing too large, said beforehand or not", async () => {
      const said = on("/said", (_, response) => response.writeHead(200, { "content-length": "1000000" }).end(Buffer.alloc(1_000_000)));
      const unsaid = on("/unsaid", (_, response) => {
        const more = (): void => {
          while (response.write(clip));
        };
        response.on("drain", more);
        more();
      });
      for (const url of [said, unsaid]) {
        expect(await refuses(url, { maxBytes: 100_000 })).toMatchObject({
          kind: "provider",
          message: expect.stringContaining("over 100 KB"),
        });
      }
    });

    it("nothing that stops coming", async () => {
      const url = on("/stops", (_, response) => void response.write(clip.subarray(0, 100)));
      expect(await refuses(url, { idleMs: 100 })).toMatchObject({ kind: "timeout" });
    });

    it("and leaves nothing behind when it is interrupted", async () => {
      const begun = Deferred.makeUnsafe<void>();
      const url = on(
        "/slow",
        (_, response) => void response.write(clip.subarray(0, 100), () => Effect.runSync(Deferred.succeed(begun, undefined))),
      );
      await run(
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(http.download(url, target()));
          yield* Deferred.await(begun);
          yield* Fiber.interrupt(fiber);
        }),
      );
      expect((await readdir(folder)).filter((name) => name.startsWith("download"))).toEqual([]);
    });

    it("and says so when the disk cannot take it", async () => {
      const url = on("/clip", (_, response) => response.end(clip));
      expect(await failureOf(http.download(url, join(folder, "nowhere", "clip.mp4")))).toMatchObject({ kind: "storage" });
    });
  });

  describe("listens to a WebSocket", () => {
    const sockets = new WebSocketServer({ noServer: true });
    beforeAll(() => {
      server.on("upgrade", (request, socket, head) => {
        if (request.headers["api-key"] === "wrong") {
          socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
          return;
        }
        sockets.handleUpgrade(request, socket, head, (open) => {
          open.send(Buffer.from([1, 2, 3]));
          for (let n = 0; n < 300; n++) open.send(`message ${n}`);
          open.close(4000);
        });
      });
    });

    it("gets every message in order however slow the reader is, and fails when it closes", async () => {
      const got: Array<string> = [];
      const url = `${base.replace("http", "ws")}/ws?token=secret`;
      const failure = await failureOf(
        http.socket(url, {
          message: (data) =>
            Effect.andThen(
              Effect.yieldNow,
              Effect.sync(() => void got.push(data)),
            ),
        }),
      );
      expect(got).toEqual(Array.from({ length: 300 }, (_, n) => `message ${n}`));
      expect(failure).toMatchObject({ kind: "network", message: expect.stringContaining("4000") });
    });

    it("says whether the account was refused or nobody is there", async () => {
      const url = base.replace("http", "ws");
      const refused = http.socket(url, { headers: { "api-key": "wrong" }, message: () => Effect.void });
      expect(await failureOf(refused)).toMatchObject({ kind: "authentication" });
      const nobody = Effect.scoped(
        Effect.flatMap(makeHttp({ own: ["http://nobody.invalid"] }), (made) =>
          made.socket("ws://nobody.invalid", { message: () => Effect.void }),
        ),
      );
      expect(await failureOf(nobody)).toMatchObject({ kind: "network", unsent: true });
    });

    it("ends with the reader's failure", async () => {
      const url = base.replace("http", "ws");
      const mine: ProviderFailure = { kind: "filtered", message: "refused" };
      expect(await failureOf(http.socket(url, { message: () => Effect.fail(mine) }))).toEqual(mine);
    });
  });

  it("reads what Retry-After says in seconds and as a date, by the provider's clock", () => {
    expect(retryAfterOf({ "retry-after": "12" })).toBe(12_000);
    expect(retryAfterOf({ "retry-after": "Thu, 26 Nov 2026 10:00:30 GMT", date: "Thu, 26 Nov 2026 10:00:00 GMT" })).toBe(30_000);
    expect(retryAfterOf({ "retry-after": "soon" })).toBeUndefined();
    expect(retryAfterOf({})).toBeUndefined();
  });
});
