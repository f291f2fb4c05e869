// Many PostgreSQL connections over one backend: the embedded database has a single session. Whole batches of frontend
// messages (up to Sync, Query or Flush) go to the backend one after another; a connection that is in a transaction keeps the
// backend until that ends. Speaks the wire protocol only as far as is needed to know where batches end.
import { Duplex } from "node:stream";

/**
 * Runs a batch of frontend messages; answers the backend's messages. Rejects with what happened when the backend ended, and with
 * it its session and all that was open in it: the next batch meets a new one.
 */
export interface Backend {
  readonly exec: (messages: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;
}

const code = {
  sync: 83,
  query: 81,
  parse: 80,
  flush: 72,
  terminate: 88,
  ready: 90,
  notification: 65,
  copyDone: 99,
  copyFail: 102,
  copyData: 100,
};
const sslRequest = 80877103;
const cancelRequest = 80877102;
const idle = 73;

/** COPY would wait for ever for data that cannot come: this fails in its place, in whatever transaction state it is. */
const noCopy =
  "do $$ begin raise exception 'COPY is not available in the embedded database: use insert … select from unnest' using errcode = '0A000'; end $$";
/** Behind any comments. */
const copies = /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)*copy\s/i;
const listens = /^\s*listen\s/i;
/** Characters of a statement that are looked at. */
const seenLength = 256;

const simpleQuery = (sql: string): Uint8Array<ArrayBuffer> => {
  const text = Buffer.from(sql, "utf8");
  const message = Buffer.alloc(text.length + 6);
  message[0] = code.query;
  message.writeInt32BE(text.length + 5, 1);
  text.copy(message, 5);
  return new Uint8Array(message);
};

/** Whether the last message of an answer is ReadyForQuery outside a transaction. */
const endsIdle = (answer: Uint8Array): boolean => {
  const n = answer.length;
  return n >= 6 && answer[n - 6] === code.ready && answer[n - 2] === 5 && answer[n - 1] === idle;
};

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

interface Batch {
  readonly connection: Connection | null;
  readonly messages: Uint8Array<ArrayBuffer>;
}

export class Multiplexer {
  readonly #backend: Backend;
  readonly #idleTransactionMs: number;
  readonly #connections = new Set<Connection>();
  #queue: Array<Batch> = [];
  #owner: Connection | null = null;
  #ownerIdle: NodeJS.Timeout | undefined;
  #running = false;

  /** A transaction that sends nothing for `idleTransactionMs` loses its connection: everybody else waits for it. */
  constructor(backend: Backend, idleTransactionMs: number) {
    this.#backend = backend;
    this.#idleTransactionMs = idleTransactionMs;
  }

  connect(): Duplex {
    const connection = new Connection(
      (messages) => {
        this.#queue.push({ connection, messages });
        void this.#pump();
      },
      () => this.#release(connection),
    );
    this.#connections.add(connection);
    return connection;
  }

  #release(connection: Connection): void {
    this.#connections.delete(connection);
    this.#queue = this.#queue.filter((batch) => batch.connection !== connection);
    if (this.#owner === connection) this.#rollBack();
  }

  #rollBack(): void {
    this.#own(null);
    this.#queue.unshift({ connection: null, messages: simpleQuery("rollback") });
    void this.#pump();
  }

  #own(owner: Connection | null): void {
    this.#owner = owner;
    clearTimeout(this.#ownerIdle);
    if (owner === null) return;
    this.#ownerIdle = setTimeout(() => {
      owner.destroy(
        failure(
          "25P03",
          "A transaction was left idle and has been rolled back. Within a transaction, await nothing but its own statements.",
        ),
      );
    }, this.#idleTransactionMs);
    this.#ownerIdle.unref();
  }

  #next(): Batch | undefined {
    const index = this.#owner === null ? 0 : this.#queue.findIndex(({ connection }) => connection === this.#owner);
    return index < 0 ? undefined : this.#queue.splice(index, 1)[0];
  }

  async #pump(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
      const { connection, messages } = batch;
      clearTimeout(this.#ownerIdle);
      try {
        const answer = await this.#backend.exec(messages);
        connection?.answer(answer);
        this.#settle(connection, answer);
      } catch (error) {
        this.#dropAll(connection, error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#running = false;
  }

  /** After an answer: who owns the backend now, and who hears of it. */
  #settle(connection: Connection | null, messages: Uint8Array): void {
    if (endsIdle(messages)) this.#own(null);
    else if (connection !== null && connection.destroyed) this.#rollBack();
    else this.#own(connection);
    this.#notify(messages, connection);
  }

  /** The session is gone, and with it what every connection had in it. Who met the error is told of it. */
  #dropAll(source: Connection | null, error: Error): void {
    this.#own(null);
    this.#queue = [];
    source?.destroy(error);
    const lost = failure("CONNECTION_CLOSED", "The embedded database was opened anew after an error. Try again.");
    for (const connection of this.#connections) connection.destroy(lost);
    this.#connections.clear();
  }

  /** Notifications come in the answer to whoever ran last; all that listen get them. */
  #notify(answer: Uint8Array, source: Connection | null): void {
    const listeners = [...this.#connections].filter((connection) => connection.listens && connection !== source);
    if (listeners.length === 0) return;
    const view = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
    for (let at = 0; at + 5 <= view.length;) {
      const end = at + 1 + view.readInt32BE(at + 1);
      if (view[at] === code.notification) for (const listener of listeners) listener.answer(view.subarray(at, end));
      at = end;
    }
  }
}

/** One client's end. */
class Connection extends Duplex {
  readonly #submit: (messages: Uint8Array<ArrayBuffer>) => void;
  #buffered: Buffer = Buffer.alloc(0);
  #started = false;
  listens = false;

  constructor(submit: (messages: Uint8Array<ArrayBuffer>) => void, release: () => void) {
    super({ readableHighWaterMark: 1 << 20, writableHighWaterMark: 1 << 20 });
    this.#submit = submit;
    this.on("close", release);
  }

  // What postgres.js asks of a socket.
  get readyState(): "open" | "closed" {
    return this.destroyed ? "closed" : "open";
  }

  answer(messages: Uint8Array): void {
    if (!this.destroyed) this.push(Buffer.from(messages.buffer, messages.byteOffset, messages.byteLength));
  }

  override _read(): void {}

  override _final(callback: () => void): void {
    callback();
    this.destroy();
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    this.#split();
    callback();
  }

  /** Hands over what is complete up to the last end of a batch; keeps the rest. */
  #split(): void {
    const bytes = this.#buffered;
    let at = 0;
    let sent = 0;
    const parts: Array<Uint8Array> = [];
    while (at < bytes.length) {
      const header = this.#started ? 5 : 8;
      if (bytes.length - at < header) break;
      const end = this.#started ? at + 1 + bytes.readInt32BE(at + 1) : at + bytes.readInt32BE(at);
      if (bytes.length < end) break;
      if (!this.#started) {
        const request = bytes.readInt32BE(at + 4);
        if (request === cancelRequest) return void this.destroy();
        if (request === sslRequest) {
          this.push("N");
        } else {
          this.#started = true;
          parts.push(bytes.subarray(at, end));
        }
        sent = end;
      } else {
        const type = bytes[at]!;
        if (type === code.terminate) return void this.destroy();
        const text = type === code.query || type === code.parse ? this.#statement(bytes, at, end) : "";
        if (listens.test(text)) this.listens = true;
        if (copies.test(text)) {
          parts.push(bytes.subarray(sent, at), simpleQuery(noCopy));
          sent = end;
        } else if (type === code.sync || type === code.query || type === code.flush) {
          parts.push(bytes.subarray(sent, end));
          sent = end;
        } else if (type === code.copyData || type === code.copyDone || type === code.copyFail) {
          // Of a refused COPY.
          sent = end;
        }
      }
      at = end;
    }
    this.#buffered = sent === bytes.length ? Buffer.alloc(0) : bytes.subarray(sent);
    if (parts.length > 0) this.#submit(new Uint8Array(Buffer.concat(parts)));
  }

  /** The first characters of the statement in a Query or Parse message. */
  #statement(bytes: Buffer, at: number, end: number): string {
    const start = bytes[at] === code.query ? at + 5 : bytes.indexOf(0, at + 5) + 1;
    return bytes.toString("latin1", start, Math.min(start + seenLength, end));
  }
}
