// The thread that owns the embedded database: PGlite is synchronous WebAssembly and would block the event loop.
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { vector } from "@electric-sql/pglite-pgvector";

/** What the thread is told. */
export type ToWorker = { readonly id: number; readonly messages: Uint8Array<ArrayBuffer> } | { readonly close: true };
/** What it answers. */
export type FromWorker =
  | { readonly ready: true }
  | { readonly failed: string }
  | { readonly id: number; readonly answer: Uint8Array }
  | { readonly id: number; readonly error: string };

const port = parentPort!;
const say = (message: FromWorker, transfer: ReadonlyArray<ArrayBuffer> = []): void => port.postMessage(message, transfer);
const { folder } = workerData as { readonly folder: string };

const open = (): Promise<PGlite> =>
  PGlite.create({
    dataDir: folder,
    extensions: { vector, pg_trgm },
    // Small enough for a laptop; the write-ahead log is cut by the checkpoints that maintenance asks for.
    startParams: [...PGlite.defaultStartParams, "-c", "max_wal_size=64MB", "-c", "min_wal_size=32MB", "-c", "shared_buffers=64MB"],
  });

try {
  const database = await open();
  port.on("message", (message: ToWorker) => {
    if ("close" in message) {
      void database.close().then(() => port.close());
      return;
    }
    const { id, messages } = message;
    const parts: Array<Uint8Array> = [];
    database
      // Not execProtocolRaw: it parses every message too, and keeps them.
      .execProtocolRawStream(messages, { syncToFs: false, onRawData: (data) => void parts.push(data.slice()) })
      .then(
        () => {
          const answer = parts.length === 1 ? parts[0]! : new Uint8Array(Buffer.concat(parts));
          say({ id, answer }, [answer.buffer as ArrayBuffer]);
        },
        (error: unknown) => say({ id, error: String(error) }),
      );
  });
  say({ ready: true });
} catch (error) {
  say({ failed: error instanceof Error ? error.message : String(error) });
}
