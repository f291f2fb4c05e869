// What every transport must do. Runs on the transport that PIXSIM_TRANSPORT names; ops/services/glibc.test.ts runs it on
// uWebSockets.js.
import { connect as connectTcp } from "node:net";
import { Effect, Exit, Layer, ManagedRuntime, Scope } from "effect";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { settingsLayer, transportName } from "./testing.ts";
import { type HttpRequest, type HttpResponse, type ListenOptions, type Socket, type SocketEvents, Transport } from "./transport.ts";
import { transportLayer } from "./transports.ts";

const runtime = ManagedRuntime.make(transportLayer.pipe(Layer.provide(settingsLayer())));
const open: Array<Scope.Closeable> = [];

afterEach(async () => {
  for (const scope of open.splice(0)) await Effect.runPromise(Scope.close(scope, Exit.void));
});

const quiet: SocketEvents = { text: () => {}, binary: () => {}, malformed: () => {}, drained: () => {}, closed: () => {} };

const listen = async (options: Partial<ListenOptions> & { readonly socket?: (socket: Socket) => Partial<SocketEvents> }) => {
  const scope = Scope.makeUnsafe();
  open.push(scope);
  const listening = await runtime.runPromise(
    Effect.flatMap(Transport, (transport) =>
      Scope.provide(
        transport.listen({
          host: "127.0.0.1",
          port: 0,
          maxMessageBytes: 1024 * 1024,
          request: (_request, response) => response.send(404, {}, "nothing"),
          upgrade: () => (socket) => ({ ...quiet, ...options.socket?.(socket) }),
          ...options,
        }),
        scope,
      ),
    ),
  );
  return { ...listening, url: `http://127.0.0.1:${listening.port}` };
};

const dial = (url: string): WebSocket => new WebSocket(url.replace("http", "ws"), { perMessageDeflate: false });
const once = <T = unknown>(socket: WebSocket, event: string): Promise<Array<T>> =>
  new Promise((resolve) => socket.once(event, (...values: Array<T>) => resolve(values)));
const gate = <T = void>() => {
  let pass: (value: T) => void = () => {};
  const passed = new Promise<T>((resolve) => (pass = resolve));
  return { pass, passed };
};

describe(`sockets on ${transportName}`, () => {
  test("text and bytes come back as they went", async () => {
    const { url } = await listen({
      socket: (socket) => ({
        text: (text, bytes) => socket.send(`${bytes}:${text}`),
        binary: (bytes) => socket.send(bytes.slice(0, 3)),
      }),
    });
    const client = dial(url);
    await once(client, "open");
    client.send("grüße 🦊");
    const [text, isBinary] = await once<Buffer | boolean>(client, "message");
    expect([String(text), isBinary]).toEqual(["12:grüße 🦊", false]);
    client.send(new Uint8Array([1, 2, 3, 4]));
    const [bytes, binary] = await once<Buffer | boolean>(client, "message");
    expect([bytes, binary]).toEqual([Buffer.from([1, 2, 3]), true]);
    client.close();
  });

  test("binary messages may be kept", async () => {
    const kept: Array<Uint8Array> = [];
    const both = gate();
    const { url } = await listen({
      socket: () => ({
        binary: (bytes) => {
          kept.push(bytes);
          if (kept.length === 2) both.pass();
        },
      }),
    });
    const client = dial(url);
    await once(client, "open");
    client.send(new Uint8Array(1000).fill(7));
    client.send(new Uint8Array(1000).fill(9));
    await both.passed;
    expect(kept.map((bytes) => bytes[999])).toEqual([7, 9]);
    client.close();
  });

  test("messages of every length arrive whole, text and bytes", async () => {
    // Where the header of a frame grows.
    const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];
    const letters = "aé🦊\ud800";
    const { url } = await listen({
      socket: (socket) => ({
        text: () => {
          for (const length of lengths) {
            socket.send("x".repeat(length));
            socket.send(letters.repeat(length / 50));
            socket.send(new Uint8Array(length).fill(7));
          }
          socket.close(4000, "done");
        },
      }),
    });
    const client = dial(url);
    const got: Array<string | Buffer> = [];
    client.on("message", (data, isBinary) => got.push(isBinary ? (data as Buffer) : String(data)));
    await once(client, "open");
    client.send("go");
    await once(client, "close");
    const sent = lengths.flatMap((length) => [
      "x".repeat(length),
      letters.repeat(length / 50).replaceAll("\ud800", "\ufffd"),
      Buffer.alloc(length, 7),
    ]);
    expect(got).toEqual(sent);
  });

  test("what is sent within an event, outside of one and in the same tick arrives in order", async () => {
    const { url } = await listen({
      socket: (socket) => ({
        text: () => {
          for (let n = 0; n < 50; n++) socket.send(String(n));
          setImmediate(() => {
            for (let n = 50; n < 100; n++) socket.send(String(n));
            socket.close(4000, "done");
          });
        },
      }),
    });
    const client = dial(url);
    const got: Array<number> = [];
    client.on("message", (data) => got.push(Number(String(data))));
    await once(client, "open");
    client.send("go");
    const [code, reason] = await once<number | Buffer>(client, "close");
    expect([code, String(reason)]).toEqual([4000, "done"]);
    expect(got).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  test("a reader that stops makes send answer false, and drained is told when it goes on", async () => {
    const chunk = "x".repeat(256 * 1024);
    const stuck = gate();
    const drained = gate();
    let sent = 0;
    const { url } = await listen({
      socket: (socket) => ({
        text: () => {
          const push = (): void => {
            let flowing = true;
            for (let n = 0; n < 8; n++) {
              flowing = socket.send(chunk);
              sent++;
            }
            // The system's own buffers take some before anything piles up here.
            if (socket.buffered() > 4 * 1024 * 1024) {
              expect(flowing).toBe(false);
              stuck.pass();
            } else setImmediate(push);
          };
          push();
        },
        drained: () => (socket.buffered() === 0 ? drained.pass() : undefined),
      }),
    });
    const client = dial(url);
    await once(client, "open");
    let got = 0;
    const all = gate();
    client.on("message", () => (++got === sent ? all.pass() : undefined));
    client.pause();
    client.send("go");
    await stuck.passed;
    client.resume();
    await drained.passed;
    await all.passed;
    expect(got).toBe(sent);
    client.close();
  });

  test("large messages sent on whenever drained is told all arrive", async () => {
    const large = new Uint8Array(300_000);
    const total = 200;
    const { url } = await listen({
      socket: (socket) => {
        let sent = 0;
        const push = (): void => {
          while (sent < total) {
            sent++;
            if (!socket.send(large)) return;
          }
        };
        return { text: push, drained: push };
      },
    });
    const client = dial(url);
    await once(client, "open");
    const all = gate();
    let got = 0;
    client.on("message", () => {
      // Reading in fits and starts, so that the system's buffers are full again and again.
      if (++got % 20 === 0) {
        client.pause();
        setImmediate(() => client.resume());
      }
      if (got === total) all.pass();
    });
    client.send("go");
    await all.passed;
    expect(got).toBe(total);
    client.close();
  });

  test("what piles up within one tick and leaves at once is drained too", async () => {
    const drained = gate();
    const { url } = await listen({
      socket: (socket) => ({
        text: () =>
          setImmediate(() => {
            let flowing = true;
            for (let n = 0; n < 4; n++) flowing = socket.send("x".repeat(32 * 1024));
            expect(flowing).toBe(false);
          }),
        drained: () => drained.pass(),
      }),
    });
    const client = dial(url);
    await once(client, "open");
    client.send("go");
    await expect(drained.passed).resolves.toBeUndefined();
    client.close();
  });

  test("closed is told once, whoever ends it, and sending afterwards does nothing", async () => {
    const ends: Array<string> = [];
    const over = gate();
    const { url } = await listen({
      socket: (socket) => ({
        text: (text) => {
          if (text === "cut") socket.cut();
          if (text === "close") socket.close(4100, "enough");
        },
        closed: () => {
          ends.push("closed");
          expect(socket.send("late")).toBe(true);
          expect(socket.buffered()).toBe(0);
          socket.close(4000, "late");
          socket.cut();
          if (ends.length === 3) over.pass();
        },
      }),
    });
    const [byClient, byCut, byCode] = [dial(url), dial(url), dial(url)];
    await Promise.all([byClient, byCut, byCode].map((client) => once(client, "open")));
    byClient.terminate();
    byCut.send("cut");
    byCode.send("close");
    const [[cutCode], [code]] = await Promise.all([once(byCut, "close"), once(byCode, "close")]);
    expect([cutCode, code]).toEqual([1006, 4100]);
    await over.passed;
    expect(ends).toHaveLength(3);
  });

  test("text that is not UTF-8 is told or ends the connection", async () => {
    const noticed = gate<string>();
    const { url } = await listen({
      socket: () => ({
        text: () => noticed.pass("text"),
        malformed: () => noticed.pass("malformed"),
        closed: () => noticed.pass("closed"),
      }),
    });
    const client = dial(url);
    await once(client, "open");
    client.send(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { binary: false });
    expect(await noticed.passed).toBe(transportName === "ws" ? "malformed" : "closed");
    client.terminate();
  });

  test("a message over the ceiling and a broken frame end the connection", async () => {
    let heard = 0;
    const { url, port } = await listen({ maxMessageBytes: 1000, socket: () => ({ binary: () => heard++, text: () => heard++ }) });
    const client = dial(url);
    await once(client, "open");
    client.send(new Uint8Array(1001));
    const [code] = await once<number>(client, "close");
    expect([1006, 1009]).toContain(code);
    const raw = connectTcp(port, "127.0.0.1");
    raw.write(
      "GET / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await new Promise((resolve) => raw.once("data", resolve));
    // All reserved bits set, an opcode that does not exist, not masked.
    raw.write(Buffer.from([0xff, 0x05, 1, 2, 3, 4, 5]));
    await new Promise((resolve) => raw.once("close", resolve));
    expect(heard).toBe(0);
  });

  test("a frame that is cut short by the end of the connection is not heard", async () => {
    const closed = gate();
    let heard = 0;
    const { port } = await listen({ socket: () => ({ text: () => heard++, closed: () => closed.pass() }) });
    const raw = connectTcp(port, "127.0.0.1");
    raw.write(
      "GET / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await new Promise((resolve) => raw.once("data", resolve));
    raw.end(Buffer.from([0x81, 0x8a, 0, 0, 0, 0, 0x7b]));
    await closed.passed;
    expect(heard).toBe(0);
  });

  test("of the subprotocols offered the first is taken", async () => {
    const { url } = await listen({});
    const client = new WebSocket(url.replace("http", "ws"), ["one", "two"]);
    await once(client, "open");
    expect(client.protocol).toBe("one");
    client.close();
  });

  test("an upgrade can be refused with words", async () => {
    let asked: HttpRequest | undefined;
    const { url } = await listen({
      upgrade: (request) => {
        asked = request;
        return { status: 403, text: "not you" };
      },
    });
    const client = dial(`${url}/some/path?x=1`);
    client.on("error", () => {});
    const answered = gate<string>();
    client.on("unexpected-response", (_request, response) => {
      response.on("data", (body: Buffer) => answered.pass(`${response.statusCode} ${String(body)}`));
    });
    expect(await answered.passed).toBe("403 not you");
    expect([asked?.path, asked?.query, asked?.header("upgrade"), asked?.header("origin")]).toEqual(["/some/path", "x=1", "websocket", ""]);
  });

  test("what is published to a group reaches who has joined, in order with what each is sent, until they leave or go", async () => {
    const sockets: Array<Socket> = [];
    const { url, publish } = await listen({
      socket: (socket) => {
        sockets.push(socket);
        return { text: (text) => socket.send(`echo ${text}`) };
      },
    });
    const clients = [dial(url), dial(url), dial(url)];
    const heard = clients.map((): Array<string> => []);
    await Promise.all(clients.map((client) => once(client, "open")));
    await expect.poll(() => sockets.length).toBe(3);
    clients.forEach((client, index) => client.on("message", (data: Buffer) => heard[index]!.push(String(data))));
    /** All that was sent before has come. */
    const settle = () =>
      Promise.all(
        clients.map(async (client, index) => {
          if (client.readyState !== client.OPEN) return;
          client.send("?");
          await expect.poll(() => heard[index]!.at(-1)).toBe("echo ?");
          heard[index]!.pop();
        }),
      );
    // By what they hear: sockets are in the order of their opening.
    for (const [index, socket] of sockets.entries()) socket.send(`you are ${index}`);
    await settle();
    const said = heard.map((list) => list.splice(0));
    expect(said.map((list) => list.length)).toEqual([1, 1, 1]);
    const own = [0, 1, 2].map((index) => sockets[Number(said[index]![0]!.slice(-1))]!);

    publish("news", "before anybody");
    expect(own.map((socket) => socket.join("news"))).toEqual([true, true, true]);
    publish("news", "one");
    own[0]!.send("after one");
    publish("news", "two 🦊");
    publish("other", "not for them");
    await settle();
    expect(heard).toEqual([expect.arrayContaining(["one", "after one", "two 🦊"]), ["one", "two 🦊"], ["one", "two 🦊"]]);
    expect(heard[0]!.indexOf("one")).toBeLessThan(heard[0]!.indexOf("after one"));

    own[1]!.leave("news");
    publish("news", "three");
    await settle();
    expect(heard.map((list) => list.at(-1))).toEqual(["three", "two 🦊", "three"]);

    // Who joins while something waits would be told the wrong way round: it is refused, or the order is kept.
    own[1]!.send("first");
    if (own[1]!.join("news")) {
      publish("news", "then");
      await settle();
      expect(heard[1]!.slice(-2)).toEqual(["first", "then"]);
    } else {
      await settle();
      expect(own[1]!.join("news")).toBe(true);
    }

    clients[2]!.terminate();
    await expect.poll(() => own[2]!.join("news")).toBe(false);
    own[2]!.leave("news");
    publish("news", "last");
    await settle();
    expect(heard.map((list) => list.at(-1)).slice(0, 2)).toEqual(["last", "last"]);
    for (const client of clients) client.close();
  });

  test("a taken address is an error in words, and stop keeps what is open", async () => {
    const { port, url, stop } = await listen({ socket: (socket) => ({ text: (text) => socket.send(text) }) });
    await expect(listen({ port })).rejects.toThrow(/Cannot listen on 127\.0\.0\.1/);
    const client = dial(url);
    await once(client, "open");
    stop();
    await expect(fetch(url)).rejects.toThrow(TypeError);
    client.send("still here");
    expect(String((await once(client, "message"))[0])).toBe("still here");
    client.close();
  });
});

describe(`HTTP on ${transportName}`, () => {
  const serve = (request: (request: HttpRequest, response: HttpResponse) => void) => listen({ request });

  test("method, path, query, headers and address arrive as they were sent", async () => {
    const { url } = await serve((request, response) =>
      response.send(
        200,
        { "x-seen": request.header("x-given") },
        [request.method, request.path, request.query, request.ip, request.header("none")].join(" "),
      ),
    );
    const answer = await fetch(`${url}/a%20b/%2e%2e%2fc?x=%201&y`, { method: "DELETE", headers: { "X-Given": "Yes, 1" } });
    expect(await answer.text()).toBe("DELETE /a%20b/%2e%2e%2fc x=%201&y 127.0.0.1 ");
    expect(answer.headers.get("x-seen")).toBe("Yes, 1");
  });

  test("HEAD has the length and no body, 304 neither", async () => {
    const { url } = await serve((request, response) =>
      request.method === "HEAD" ? response.send(200, { etag: '"a"' }, 12345) : response.send(304, { etag: '"a"' }, null),
    );
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "12345", ""]);
    const unchanged = await fetch(url);
    expect([unchanged.status, unchanged.headers.get("content-length"), unchanged.headers.get("etag")]).toEqual([304, null, '"a"']);
  });

  test("an answer can come later", async () => {
    const { url } = await serve((_request, response) => void setImmediate(() => response.send(503, {}, new Uint8Array([104, 105]))));
    const answer = await fetch(url);
    expect([answer.status, await answer.text(), answer.headers.get("content-length")]).toEqual([503, "hi", "2"]);
  });

  test("a large answer flows as the client takes it", async () => {
    const chunks = 256;
    const size = 64 * 1024;
    let waited = 0;
    const { url } = await serve((_request, response) => {
      let next = 0;
      const pump = (): void => {
        while (next < chunks) if (!response.write(new Uint8Array(size).fill(next++))) return void waited++;
      };
      response.onDrain(pump);
      response.start(200, { "content-type": "video/mp4" }, chunks * size);
      pump();
    });
    const answer = await fetch(url);
    expect(answer.headers.get("content-length")).toBe(String(chunks * size));
    const body = new Uint8Array(await answer.arrayBuffer());
    expect(body.length).toBe(chunks * size);
    for (let chunk = 0; chunk < chunks; chunk++) expect([body[chunk * size], body[chunk * size + size - 1]]).toEqual([chunk, chunk]);
    expect(waited).toBeGreaterThan(0);
  });

  test("a client that goes is told of, and writing on does nothing", async () => {
    const aborted = gate();
    const { url } = await serve((_request, response) => {
      response.onAbort(() => {
        response.write(new Uint8Array(10));
        response.cut();
        aborted.pass();
      });
      response.start(200, {}, 1000);
      response.write(new Uint8Array(10));
    });
    const controller = new AbortController();
    const answer = await fetch(url, { signal: controller.signal });
    expect(answer.status).toBe(200);
    controller.abort();
    await aborted.passed;
  });

  test("an empty answer of announced length, and one that is cut", async () => {
    const { url } = await serve((request, response) => {
      if (request.path === "/empty") {
        response.start(200, {}, 0);
        return;
      }
      response.start(200, {}, 1000);
      response.write(new Uint8Array(10));
      response.cut();
    });
    expect(await (await fetch(`${url}/empty`)).text()).toBe("");
    await expect(fetch(`${url}/cut`).then((answer) => answer.text())).rejects.toThrow(TypeError);
  });

  test("what is not HTTP is answered or cut, and the next client is served", async () => {
    const { url, port } = await serve((_request, response) => response.send(200, {}, "fine"));
    const raw = connectTcp(port, "127.0.0.1");
    raw.on("error", () => {});
    raw.on("data", () => {});
    raw.end("\x16\x03\x01 this is not HTTP\r\n\r\n");
    await new Promise((resolve) => raw.once("close", resolve));
    expect(await (await fetch(url)).text()).toBe("fine");
  });
});
