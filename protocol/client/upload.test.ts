// Uploads against a server that the test plays: what it has stored, it keeps over lost connections.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assets } from "../asset.ts";
import { CallError } from "../wire/errors.ts";
import type { ClientFrame } from "../wire/frames.ts";
import type { Limits } from "../wire/limits.ts";
import { type Client, connect } from "./client.ts";
import { type ServerEnd, settle, World } from "./testing.ts";

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

class Server {
  readonly world = new World();
  readonly client: Client;
  stored = Buffer.alloc(0);
  /** By name of the call. */
  readonly asked: Array<Extract<ClientFrame, { t: "call" }>> = [];
  mostOnTheWay = 0;
  /** Answers a call otherwise, or by `undefined` not at all. */
  answer: (call: string, usual: unknown) => unknown = (_call, usual) => usual;
  /** Whether a chunk is stored and acknowledged at once. */
  acknowledges = true;
  readonly #waiting = new Map<string, () => void>();
  #streams = 0;
  #live = new Map<number, ServerEnd>();
  #received = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.world.opened = (socket) => {
      this.#live.clear();
      this.#streams = 0;
      queueMicrotask(() => socket.welcome("usr_1", limits));
      socket.heard = (frame) => queueMicrotask(() => this.#hear(socket, frame));
      socket.heardChunk = ({ stream, offset, bytes }) => {
        // A server closes the connection for good over a stream that it does not know.
        if (this.#live.get(stream) !== socket) throw new Error(`Stream ${stream} is not open on this connection.`);
        this.#received = offset + bytes.length;
        this.mostOnTheWay = Math.max(this.mostOnTheWay, this.#received - this.stored.length);
        this.#came("chunk");
        if (this.acknowledges) queueMicrotask(() => this.#store(socket, stream, offset, bytes));
      };
    };
    this.client = connect({ url: "ws://test/ws", client: "test", surroundings: this.world });
  }

  /** The next call of this name, or `chunk`, has come and is answered. */
  next(what: string): Promise<void> {
    return new Promise<void>((resolve) => this.#waiting.set(what, resolve)).then(settle);
  }

  #came(what: string): void {
    this.#waiting.get(what)?.();
    this.#waiting.delete(what);
  }

  #store(socket: ServerEnd, stream: number, offset: number, bytes: Uint8Array): void {
    if (offset > this.stored.length) throw new Error(`Bytes before ${offset} were never sent.`);
    this.stored = Buffer.concat([this.stored.subarray(0, offset), bytes]);
    socket.say({ t: "ack", stream, offset: this.stored.length });
  }

  #hear(socket: ServerEnd, frame: ClientFrame): void {
    if (frame.t !== "call") return;
    this.asked.push(frame);
    this.#came(frame.call);
    const open = () => {
      this.#live.set(++this.#streams, socket);
      return { uploadId: "upl_1", stream: this.#streams, offset: this.stored.length };
    };
    const usual =
      frame.call === "assets.beginUpload" || frame.call === "assets.resumeUpload"
        ? open()
        : frame.call === "assets.finishUpload"
          ? assets.calls.get.example.output
          : {};
    const answer = this.answer(frame.call, usual);
    if (answer instanceof CallError) socket.say({ t: "err", id: frame.id, e: answer.toWire() });
    else if (answer !== undefined) socket.say({ t: "ok", id: frame.id, r: answer });
  }

  abort(error: CallError): void {
    for (const [stream, socket] of this.#live) socket.say({ t: "abort", stream, e: error.toWire() });
    this.#live.clear();
  }

  cut(): void {
    this.#live.clear();
    this.world.socket.drop();
  }

  names(): Array<string> {
    return this.asked.map(({ call }) => call);
  }
}

const bytesOf = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).map((_, index) => (index * 7 + (index >> 8)) % 251);

describe("an upload", () => {
  test("arrives whole and is proved, whenever the connection is lost", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 400_000 }), fc.array(fc.nat(30), { maxLength: 5 }), async (size, cuts) => {
        const server = new Server({ uploadWindowBytes: 64 * 1024, maxBinaryBytes: 8 * 1024 });
        const bytes = bytesOf(size);
        const steps: Array<number> = [];
        const upload = server.client.upload(bytes, { name: "film.mp4", progress: (stored) => steps.push(stored) });
        let done = false;
        void upload.then(() => (done = true));
        for (const cut of cuts) {
          for (let n = 0; n < cut && !done; n++) await Promise.resolve();
          await new Promise((resolve) => setImmediate(resolve));
          if (!done && server.client.phase().name === "ready") server.cut();
          await server.world.advance(1000);
        }
        while (!done) await server.world.advance(1000);
        await upload;
        expect(hashOf(server.stored)).toBe(hashOf(bytes));
        expect(server.asked.at(-1)).toMatchObject({ call: "assets.finishUpload", input: { sha256: hashOf(bytes) } });
        expect(server.mostOnTheWay).toBeLessThanOrEqual(64 * 1024);
        expect(steps).toEqual(steps.toSorted((a, b) => a - b));
        expect(steps.at(-1)).toBe(size);
        server.client.close();
      }),
      { numRuns: 40 },
    );
  });

  test("of bytes that the server has sends none of them", async () => {
    const server = new Server();
    const bytes = bytesOf(5000);
    server.answer = (call, usual) => (call === "assets.beginUpload" ? { uploadId: "upl_1", stream: 1, offset: 5000 } : usual);
    await server.client.upload(new Blob([bytes]), { name: "film.mp4" });
    expect(server.asked[0]).toMatchObject({ input: { name: "film.mp4", size: 5000, sha256: hashOf(bytes) } });
    expect(server.world.socket.chunks).toEqual([]);
    server.client.close();
  });

  test("whose announcement was answered on a lost connection is opened anew on the next", async () => {
    const server = new Server();
    let begun: unknown;
    server.answer = (call, usual) => {
      if (call !== "assets.beginUpload") return usual;
      // The server answers a repeat with what it answered first: a stream of the lost connection.
      if (begun !== undefined) return begun;
      begun = { uploadId: "upl_1", stream: 77, offset: 0 };
      return undefined;
    };
    const upload = server.client.upload(bytesOf(1000), { name: "a.png" });
    await server.next("assets.beginUpload");
    server.cut();
    await server.world.advance(1000);
    await upload;
    expect(server.names()).toEqual(["assets.beginUpload", "assets.beginUpload", "assets.resumeUpload", "assets.finishUpload"]);
    server.client.close();
  });

  test("that is cancelled stops, and frees what was stored", async () => {
    const server = new Server();
    server.acknowledges = false;
    const controller = new AbortController();
    const upload = server.client.upload(bytesOf(3_000_000), { name: "a.mp4", signal: controller.signal });
    await server.next("chunk");
    const freed = server.next("assets.cancelUpload");
    controller.abort();
    await expect(upload).rejects.toMatchObject({ code: "cancelled" });
    await freed;
    expect(server.names()).toEqual(["assets.beginUpload", "assets.cancelUpload"]);
    const before = new Server();
    await expect(before.client.upload(bytesOf(10), { name: "a.mp4", signal: controller.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(before.names()).toEqual([]);
    server.client.close();
    before.client.close();
  });

  test("goes on when the server put it aside for a time, and fails when it is full", async () => {
    const server = new Server();
    server.acknowledges = false;
    const upload = server.client.upload(bytesOf(3000), { name: "a.mp4" });
    await server.next("chunk");
    server.abort(new CallError("overloaded", "m"));
    server.acknowledges = true;
    await server.world.advance(2000);
    await upload;
    expect(server.names()).toEqual(["assets.beginUpload", "assets.resumeUpload", "assets.finishUpload"]);

    server.acknowledges = false;
    server.stored = Buffer.alloc(0);
    const full = server.client.upload(bytesOf(3000), { name: "a.mp4" });
    await server.next("chunk");
    const freed = server.next("assets.cancelUpload");
    server.abort(new CallError("storage_full", "The disk is full."));
    await expect(full).rejects.toMatchObject({ code: "storage_full" });
    await freed;
    server.client.close();
  });

  test("goes on with one that was begun before, and begins another where that is gone", async () => {
    const server = new Server();
    const bytes = bytesOf(5000);
    server.stored = Buffer.from(bytes.subarray(0, 3000));
    const opened: Array<string> = [];
    const options = { name: "a.mp4", uploadId: "upl_1", opened: (uploadId: string) => void opened.push(uploadId) };
    await server.client.upload(bytes, options);
    expect(server.names()).toEqual(["assets.resumeUpload", "assets.finishUpload"]);
    expect(server.asked.at(-1)).toMatchObject({ input: { uploadId: "upl_1", sha256: hashOf(bytes) } });
    expect(server.world.socket.chunks.map(({ offset }) => offset)).toEqual([3000]);
    expect(opened).toEqual(["upl_1"]);

    server.stored = Buffer.alloc(0);
    server.answer = (call, usual) => (call === "assets.resumeUpload" ? new CallError("not_found", "It is gone.") : usual);
    await server.client.upload(bytes, options);
    expect(server.names().slice(2)).toEqual(["assets.resumeUpload", "assets.beginUpload", "assets.finishUpload"]);
    expect(hashOf(server.stored)).toBe(hashOf(bytes));
    server.client.close();
  });

  test("that goes on over another connection is left to that", async () => {
    const server = new Server();
    server.acknowledges = false;
    const upload = server.client.upload(bytesOf(3000), { name: "a.mp4" });
    await server.next("chunk");
    server.abort(new CallError("conflict", "m"));
    await expect(upload).rejects.toMatchObject({ code: "conflict" });
    await settle();
    expect(server.names()).toEqual(["assets.beginUpload"]);
    server.client.close();
  });

  test("that makes no progress is given up after some tries", async () => {
    const server = new Server();
    server.acknowledges = false;
    let chunk = server.next("chunk");
    const upload = server.client.upload(bytesOf(3000), { name: "a.mp4" });
    let code: unknown;
    upload.catch((error: CallError) => (code = error.code));
    for (let tries = 0; tries < 6; tries++) {
      await chunk;
      chunk = server.next("chunk");
      server.abort(new CallError("overloaded", "m"));
      if (tries < 5) await server.world.advance(4000);
    }
    await settle();
    expect(code).toBe("overloaded");
    expect(server.names().filter((name) => name === "assets.resumeUpload")).toHaveLength(5);
    server.client.close();
  });

  test("of a file that is taken in for longer than a call may wait is waited for, and not begun again", async () => {
    const server = new Server();
    const ready = server.world.time + 700_000;
    server.answer = (call, usual) => (call === "assets.finishUpload" && server.world.time < ready ? undefined : usual);
    const end = server.client.upload(bytesOf(1000), { name: "film.mp4" }).then(
      () => "done",
      (error: CallError) => error.code,
    );
    while (server.world.time < ready + 400_000) await server.world.advance(50_000);
    expect(await end).toBe("done");
    expect(new Set(server.names())).toEqual(new Set(["assets.beginUpload", "assets.finishUpload"]));
    server.client.close();
  });

  test("that is cancelled while the file is taken in ends that too", async () => {
    const server = new Server();
    server.answer = (call, usual) => (call === "assets.finishUpload" ? undefined : usual);
    const controller = new AbortController();
    const upload = server.client.upload(bytesOf(1000), { name: "film.mp4", signal: controller.signal });
    await server.next("assets.finishUpload");
    const freed = server.next("assets.cancelUpload");
    controller.abort();
    await expect(upload).rejects.toMatchObject({ code: "cancelled" });
    await freed;
    expect(server.names()).toEqual(["assets.beginUpload", "assets.finishUpload", "assets.cancelUpload"]);
    server.client.close();
  });

  test("of nothing, of too much and of a file that has changed is refused with words", async () => {
    const server = new Server({ maxUploadBytes: 1000 });
    await settle();
    await expect(server.client.upload(new Blob([]), { name: "a" })).rejects.toMatchObject({ code: "unsupported_media" });
    await expect(server.client.upload(bytesOf(1001), { name: "a" })).rejects.toMatchObject({ code: "payload_too_large" });
    const gone = { size: 10, slice: () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadableError")) }) } as unknown as Blob;
    await expect(server.client.upload(gone, { name: "a" })).rejects.toMatchObject({ code: "upload_mismatch" });
    const shrunk = { size: 10, slice: () => new Blob(["abc"]) } as unknown as Blob;
    await expect(server.client.upload(shrunk, { name: "a" })).rejects.toMatchObject({ code: "upload_mismatch" });
    expect(server.names()).toEqual([]);
    server.client.close();
  });
});
