// The embedded database's thread as a backend. A thread that ended, hangs or cannot be trusted any more is replaced with the next
// batch: to the files that is no more than a killed process, which they survive.
import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { FromWorker, ToWorker } from "./embedded-worker.ts";
import type { Backend } from "./wire.ts";

const failure = (message: string, code: string): Error => Object.assign(new Error(message), { code });
const stopped = () => failure("The embedded database has stopped.", "CONNECTION_CLOSED");
/** How long a failure to open answers for all who ask, before it is tried again, ms. */
const retryMs = 1000;
/** How long closing may take before the thread is ended, ms. */
const closeMs = 10_000;
/** One segment of the write-ahead log: with less space the database does not open, and does not say why. */
const leastSpace = 16 * 1024 * 1024;

/** Why nothing can be written into the folder, which the database does not say when it cannot open; null: it can. */
const refusalOf = async (folder: string): Promise<unknown> => {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < leastSpace) return failure("The disk is full.", "ENOSPC");
  const path = join(folder, `writable.${crypto.randomUUID()}`);
  try {
    await writeFile(path, "?");
    return null;
  } catch (error) {
    return error;
  } finally {
    await rm(path, { force: true });
  }
};

interface Call {
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** One thread, one opened database. */
class Engine {
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  readonly exited: Promise<void>;
  #last = 0;
  #ended = false;
  #failing: Error | null = null;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.exited = new Promise((resolve) =>
      worker.once("exit", () => {
        this.#ended = true;
        for (const call of this.#calls.values()) call.reject(this.#failing ?? stopped());
        this.#calls.clear();
        resolve();
      }),
    );
  }

  static open(folder: string): Promise<Engine> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./embedded-worker.ts", import.meta.url), { workerData: { folder }, execArgv: [] });
      const engine = new Engine(worker);
      worker.on("error", reject);
      worker.once("exit", () => reject(engine.#failing ?? stopped()));
      worker.on("message", (message: FromWorker) => {
        if ("ready" in message) resolve(engine);
        else if ("failed" in message) {
          // Told when it has ended: who tries again must meet the next one.
          engine.#failing = failure(message.failed, message.code);
          void worker.terminate();
        } else {
          const call = engine.#calls.get(message.id);
          engine.#calls.delete(message.id);
          call?.resolve(message.answer);
        }
      });
    });
  }

  #say(message: ToWorker, transfer: ReadonlyArray<ArrayBuffer> = []): void {
    this.#worker.postMessage(message, transfer);
  }

  exec(messages: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(stopped());
      const id = ++this.#last;
      this.#calls.set(id, { resolve, reject });
      this.#say({ id, messages }, [messages.buffer]);
    });
  }

  async close(): Promise<void> {
    const late = setTimeout(() => void this.#worker.terminate(), closeMs);
    this.#say({ close: true });
    await this.exited;
    clearTimeout(late);
  }

  terminate(): void {
    void this.#worker.terminate();
  }
}

export class EmbeddedBackend implements Backend {
  readonly #folder: string;
  readonly #batchMs: number;
  #engine: Promise<Engine> | null = null;
  #closed = false;

  /** `batchMs`: a batch that runs for longer than this is taken to hang, and ends with the thread. */
  constructor(folder: string, batchMs: number) {
    this.#folder = folder;
    this.#batchMs = batchMs;
  }

  /** Opens the database, once. Rejects with the reason where that cannot be. */
  open(): Promise<Engine> {
    if (this.#closed) return Promise.reject(stopped());
    if (this.#engine !== null) return this.#engine;
    const opening = this.#start();
    this.#engine = opening;
    const forget = (): void => {
      if (this.#engine === opening) this.#engine = null;
    };
    opening.then(
      (engine) => void engine.exited.then(forget),
      () => setTimeout(forget, retryMs).unref(),
    );
    return opening;
  }

  async #start(): Promise<Engine> {
    try {
      return await Engine.open(this.#folder);
    } catch (error) {
      throw (await refusalOf(this.#folder)) ?? error;
    }
  }

  async exec(messages: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const engine = await this.open();
    const late = setTimeout(() => engine.terminate(), this.#batchMs);
    try {
      return await engine.exec(messages);
    } finally {
      clearTimeout(late);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const engine = await this.#engine?.catch(() => null);
    await engine?.close();
  }
}
