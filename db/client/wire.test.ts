import { once } from "node:events";
import type { Duplex } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Backend, Multiplexer } from "./wire.ts";

const message = (type: string, body: string): Buffer => {
  const bytes = Buffer.alloc(body.length + 5);
  bytes.write(type, 0, "latin1");
  bytes.writeInt32BE(body.length + 4, 1);
  bytes.write(body, 5, "latin1");
  return bytes;
};
const startup = (code: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(8, 0);
  bytes.writeInt32BE(code, 4);
  return bytes;
};
const hello = startup(196_608);
const query = (sql: string): Buffer => message("Q", `${sql}\0`);
const ready = (status: string): Buffer => message("Z", status);

/** A backend that keeps what it got, and knows only whether a transaction is open. */
class Recorder implements Backend {
  readonly batches: Array<string> = [];
  failure: Error | null = null;
  #status = "I";

  async exec(messages: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const batch = Buffer.from(messages).toString("latin1");
    this.batches.push(batch);
    if (this.failure !== null) throw this.failure;
    if (batch.includes("begin")) this.#status = "T";
    if (/commit|rollback/.test(batch)) this.#status = "I";
    return ready(this.#status);
  }
}

const opened = async (multiplexer: Multiplexer): Promise<Duplex> => {
  const connection = multiplexer.connect();
  connection.on("error", () => {});
  connection.write(hello);
  await once(connection, "data");
  return connection;
};
const ask = async (connection: Duplex, sql: string): Promise<void> => {
  connection.write(query(sql));
  await once(connection, "data");
};
const texts = (recorder: Recorder): ReadonlyArray<string> =>
  recorder.batches.filter((batch) => batch.startsWith("Q")).map((batch) => batch.slice(5, -1));

test("however the bytes are cut, the backend gets whole batches in order", async () => {
  const stream = Buffer.concat([
    hello,
    query("select 1"),
    message("P", "s\0select $1\0\0\0"),
    message("D", "Ss\0"),
    message("H", ""),
    message("B", "\0s\0"),
    message("E", "\0"),
    message("S", ""),
    query("x".repeat(300)),
  ]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: stream.length - 1 }), { maxLength: 12 }), async (cuts) => {
      const recorder = new Recorder();
      const connection = new Multiplexer(recorder, 1000).connect();
      connection.resume();
      const places = [0, ...[...new Set(cuts)].sort((a, b) => a - b), stream.length];
      for (let n = 1; n < places.length; n++) connection.write(stream.subarray(places[n - 1], places[n]));
      while (recorder.batches.join("").length < stream.length) await once(connection, "data");
      expect(recorder.batches.join("")).toBe(stream.toString("latin1"));
      for (const batch of recorder.batches.slice(1)) expect(batch).toMatch(/(^|\0)[QSH][^]*$/);
    }),
    { numRuns: 60 },
  );
});

test("encryption is declined, a cancel request closes", async () => {
  const multiplexer = new Multiplexer(new Recorder(), 1000);
  const connection = multiplexer.connect();
  connection.write(startup(80_877_103));
  expect(String((await once(connection, "data"))[0])).toBe("N");
  const cancelling = multiplexer.connect();
  cancelling.write(startup(80_877_102));
  await once(cancelling, "close");
});

test("a connection in a transaction keeps the backend until it ends", async () => {
  const recorder = new Recorder();
  const multiplexer = new Multiplexer(recorder, 1000);
  const [one, two] = [await opened(multiplexer), await opened(multiplexer)];
  await ask(one, "begin");
  const other = ask(two, "other");
  await ask(one, "mine");
  await ask(one, "commit");
  await other;
  expect(texts(recorder)).toEqual(["begin", "mine", "commit", "other"]);
});

test("a connection that goes within a transaction is rolled back before anybody else", async () => {
  const recorder = new Recorder();
  const multiplexer = new Multiplexer(recorder, 1000);
  const [one, two] = [await opened(multiplexer), await opened(multiplexer)];
  await ask(one, "begin");
  const other = ask(two, "other");
  one.destroy();
  await other;
  expect(texts(recorder)).toEqual(["begin", "rollback", "other"]);
});

test("a transaction that sends nothing for too long loses its connection and is rolled back", async () => {
  const recorder = new Recorder();
  const multiplexer = new Multiplexer(recorder, 10);
  const [one, two] = [await opened(multiplexer), await opened(multiplexer)];
  const failed = once(one, "error");
  await ask(one, "begin");
  await ask(two, "other");
  expect((await failed)[0]).toMatchObject({ code: "25P03" });
  expect(texts(recorder)).toEqual(["begin", "rollback", "other"]);
});

test("a backend that ends takes all its connections with it, and new ones work", async () => {
  const recorder = new Recorder();
  const multiplexer = new Multiplexer(recorder, 1000);
  const [one, two] = [await opened(multiplexer), await opened(multiplexer)];
  recorder.failure = Object.assign(new Error("no space"), { code: "53100" });
  const lost = Promise.all([once(one, "error"), once(two, "error")]);
  one.write(query("select 1"));
  two.write(query("never run"));
  const [[first], [second]] = await lost;
  expect(first).toMatchObject({ code: "53100" });
  expect(second).toMatchObject({ code: "CONNECTION_CLOSED" });
  recorder.failure = null;
  await ask(await opened(multiplexer), "again");
  expect(texts(recorder)).toEqual(["select 1", "again"]);
});

test.each(["copy x from stdin", "COPY (select 1) to stdout", " -- note\n/* more */ copy x from stdin"])(
  "%j is refused in its place",
  async (sql) => {
    const recorder = new Recorder();
    const connection = await opened(new Multiplexer(recorder, 1000));
    await ask(connection, sql);
    expect(texts(recorder)).toEqual([expect.stringContaining("COPY is not available")]);
  },
);
