// Uploads one file: announces it, sends chunks within the window, goes on after a lost connection from what is stored, and
// proves the bytes by their SHA-256. Never holds more of the file than the window.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Asset } from "../asset.ts";
import { CallError } from "../wire/errors.ts";
import type { Client } from "./client.ts";

export interface UploadOptions {
  readonly name: string;
  readonly signal?: AbortSignal;
  /** Bytes stored so far. */
  readonly progress?: (bytes: number) => void;
}

/** What the connection gives an upload. */
interface Line {
  readonly call: Client["call"];
  readonly windowBytes: () => number;
  readonly chunkBytes: () => number;
  readonly whenReady: () => Promise<void>;
  readonly attach: (
    stream: number,
    upload: { readonly acknowledged: (offset: number) => void; readonly aborted: (error: CallError) => void },
  ) => { readonly send: (offset: number, bytes: Uint8Array) => void; readonly detach: () => void };
}

/** Files up to this size are hashed first: if the server has the bytes, they are not sent. */
const hashFirstBytes = 64 * 1024 * 1024;

export const uploadFile = async (file: Blob, options: UploadOptions, line: Line): Promise<Asset> => {
  const { signal } = options;
  const call = signal === undefined ? {} : { signal };
  const hash = sha256.create();
  let hashed = 0;
  /** Reads bytes of the file; those that come for the first time go into the hash. */
  const read = async (from: number, to: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(await file.slice(from, to).arrayBuffer());
    if (to > hashed) {
      hash.update(bytes.subarray(hashed - from));
      hashed = to;
    }
    return bytes;
  };
  const hashTo = async (end: number): Promise<void> => {
    while (hashed < end) await read(hashed, Math.min(end, hashed + 1024 * 1024));
  };

  let known: string | undefined;
  if (file.size <= hashFirstBytes) {
    await hashTo(file.size);
    known = bytesToHex(hash.digest());
  }
  const announced = { name: options.name, size: file.size, ...(known === undefined ? {} : { sha256: known }) };
  let { uploadId, stream, offset } = await line.call("assets.beginUpload", announced, call);
  for (;;) {
    // Bytes that are stored already are not sent, but the proof covers them.
    if (known === undefined) await hashTo(offset);
    const error = await sendFrom(stream, offset);
    if (error === null) break;
    if (!error.retryable) throw error;
    await line.whenReady();
    ({ uploadId, stream, offset } = await line.call("assets.resumeUpload", { uploadId }, call));
  }
  known ??= bytesToHex(hash.digest());
  return line.call("assets.finishUpload", { uploadId, sha256: known }, { ...call, deadlineMs: 300_000 });

  /** Sends all from `start`; answers what stopped it, or null when all is stored. */
  async function sendFrom(streamNumber: number, start: number): Promise<CallError | null> {
    if (start >= file.size) return null;
    let stored = start;
    let stopped: CallError | null = null;
    let wake: (() => void) | null = null;
    const attached = line.attach(streamNumber, {
      acknowledged: (acknowledged) => {
        stored = Math.max(stored, acknowledged);
        options.progress?.(stored);
        wake?.();
      },
      aborted: (error) => {
        stopped = error;
        wake?.();
      },
    });
    const abort = () => {
      stopped = new CallError("cancelled", "The upload was cancelled.");
      wake?.();
    };
    signal?.addEventListener("abort", abort, { once: true });
    const change = () => new Promise<void>((resolve) => (wake = resolve));
    try {
      for (let next = start; next < file.size;) {
        while (stopped === null && next - stored >= line.windowBytes()) await change();
        if (stopped !== null) return stopped;
        const end = Math.min(file.size, next + line.chunkBytes());
        const bytes = known === undefined ? await read(next, end) : new Uint8Array(await file.slice(next, end).arrayBuffer());
        attached.send(next, bytes);
        next = end;
      }
      while (stopped === null && stored < file.size) await change();
      return stopped;
    } finally {
      signal?.removeEventListener("abort", abort);
      attached.detach();
    }
  }
};
