// The thread that owns the embedded database: PGlite is synchronous WebAssembly and would block the event loop.
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { vector } from "@electric-sql/pglite-pgvector";

/** What the thread is told. */
export type ToWorker = { readonly id: number; readonly messages: Uint8Array<ArrayBuffer> } | { readonly close: true };
/** What it answers. `failed`: it did not open, or cannot be trusted any more: end the thread and open the database anew. */
export type FromWorker =
  | { readonly ready: true }
  | { readonly failed: string; readonly code: string }
  | { readonly id: number; readonly answer: Uint8Array };

const port = parentPort!;
const say = (message: FromWorker, transfer: ReadonlyArray<ArrayBuffer> = []): void => port.postMessage(message, transfer);
const { folder } = workerData as { readonly folder: string };

const open = (): Promise<PGlite> =>
  PGlite.create({
    dataDir: folder,
    extensions: { vector, pg_trgm },
    // Small enough for a laptop, and for a start, which writes to every buffer; the write-ahead log is cut by the checkpoints that
    // maintenance asks for.
    startParams: [...PGlite.defaultStartParams, "-c", "max_wal_size=64MB", "-c", "min_wal_size=32MB", "-c", "shared_buffers=32MB"],
  });

const errorResponse = 69;
const damage = /^(?:53100|58...|XX001|XX002)$/;

/**
 * An error in an answer after which PGlite hangs or lies, since it goes on after what ends a real backend: FATAL and PANIC; a full
 * disk (53100) and other I/O errors (58…), as a write to the log that broke off leaves its locks taken; damaged data (XX001,
 * XX002).
 */
const damageIn = (bytes: Uint8Array): FromWorker | null => {
  const answer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 5 <= answer.length;) {
    const end = at + 1 + answer.readInt32BE(at + 1);
    if (answer[at] === errorResponse) {
      const fields = answer.toString("utf8", at + 5, end).split("\0");
      const field = (name: string): string => fields.find((text) => text.startsWith(name))?.slice(1) ?? "";
      const code = damage.test(field("C")) ? field("C") : "CONNECTION_CLOSED";
      if (code === field("C") || /^(?:FATAL|PANIC)$/.test(field("V"))) return { failed: field("M"), code };
    }
    at = end;
  }
  return null;
};

const joined = (parts: ReadonlyArray<Uint8Array<ArrayBuffer>>): Uint8Array<ArrayBuffer> => {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Emscripten's numbers of the errors that a person can do something about. */
const codes: Readonly<Record<number, string>> = { 2: "EACCES", 19: "EDQUOT", 22: "EFBIG", 51: "ENOSPC", 63: "EPERM", 69: "EROFS" };

const failure = (error: unknown): FromWorker => {
  const { errno, message } = (typeof error === "object" && error !== null ? error : {}) as { errno?: number; message?: string };
  return { failed: message ?? JSON.stringify(error), code: codes[errno ?? 0] ?? "CONNECTION_CLOSED" };
};

try {
  const database = await open();
  port.on("message", (message: ToWorker) => {
    if ("close" in message) {
      void database.close().finally(() => port.close());
      return;
    }
    const { id, messages } = message;
    const parts: Array<Uint8Array<ArrayBuffer>> = [];
    database
      // Not execProtocolRaw: it parses every message too, and keeps them.
      .execProtocolRawStream(messages, { syncToFs: false, onRawData: (data) => void parts.push(data.slice()) })
      .then(
        () => {
          const answer = joined(parts);
          const damaged = damageIn(answer);
          if (damaged === null) say({ id, answer }, [answer.buffer]);
          else say(damaged);
        },
        (error: unknown) => say(damageIn(joined(parts)) ?? failure(error)),
      );
  });
  say({ ready: true });
} catch (error) {
  say(failure(error));
}
