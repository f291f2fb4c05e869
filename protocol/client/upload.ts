// Uploads one file: announces it, sends chunks within the window, goes on after a lost connection from what is stored, and
// proves the bytes by their SHA-256. Never holds more of the file than the window.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Asset } from "../asset.ts";
import { tooLargeWords } from "../bytes.ts";
import type { CallInput } from "../contract.ts";
import { binaryHeaderBytes } from "../wire/frames.ts";
import { CallError } from "../wire/errors.ts";
import type { Limits } from "../wire/limits.ts";
import type { Call } from "./calls.ts";
import { retryWait } from "./retry.ts";
import { chunkBytes, firstWindowBytes, nextWindow } from "./upload-window.ts";

export interface UploadOptions {
  readonly name: string;
  /** An upload of this file that was begun before: it goes on. If it is gone, another is begun. */
  readonly uploadId?: string | undefined;
  /** Told by which id the upload can be gone on with later. */
  readonly opened?: (uploadId: string) => void;
  /** Ends the upload and drops what is stored of it. */
  readonly signal?: AbortSignal;
  /** Bytes stored so far. */
  readonly progress?: (bytes: number) => void;
}

export interface UploadEvents {
  readonly acknowledged: (offset: number) => void;
  readonly aborted: (error: CallError) => void;
}

/** What the connection gives an upload. */
export interface UploadLine {
  readonly call: Call;
  readonly limits: () => Limits;
  /** Names the present connection: an upload stream of another is gone. */
  readonly generation: () => number;
  readonly whenReady: (signal?: AbortSignal) => Promise<void>;
  readonly attach: (stream: number, events: UploadEvents) => () => void;
  readonly send: (stream: number, offset: number, bytes: Uint8Array) => void;
  readonly now: () => number;
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/** Files up to this size are hashed first: if the server has the bytes, they are not sent. */
const hashFirstBytes = 64 * 1024 * 1024;
const readBytes = 1024 * 1024;
/** Going on over a bad line; what one call waits for a file to be taken in. */
const longDeadlineMs = 300_000;

interface Opened {
  readonly uploadId: string;
  readonly stream: number;
  readonly offset: number;
  readonly generation: number;
}

/** Reads the file and hashes each byte of it once, from the front. */
class Source {
  readonly #file: Blob;
  readonly #hash = sha256.create();
  #hashed = 0;
  #digest: string | undefined;

  constructor(file: Blob) {
    this.#file = file;
  }

  async read(from: number, to: number): Promise<Uint8Array> {
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await this.#file.slice(from, to).arrayBuffer());
    } catch (cause) {
      throw unreadable(cause);
    }
    if (bytes.length !== to - from) throw unreadable(undefined);
    if (from <= this.#hashed && to > this.#hashed) {
      this.#hash.update(bytes.subarray(this.#hashed - from));
      this.#hashed = to;
    }
    return bytes;
  }

  async hashTo(end: number, signal: AbortSignal | undefined): Promise<void> {
    while (this.#hashed < end) {
      if (signal?.aborted === true) throw cancelled();
      await this.read(this.#hashed, Math.min(end, this.#hashed + readBytes));
    }
  }

  /** After the last byte was hashed. */
  get sha256(): string {
    return (this.#digest ??= bytesToHex(this.#hash.digest()));
  }
}

const lost = (): CallError => new CallError("unavailable", "The connection to the server was lost.");
const cancelled = (): CallError => new CallError("cancelled", "The upload was cancelled.");
const nullIfGone = (error: unknown): null => {
  if (error instanceof CallError && error.code === "not_found") return null;
  throw error;
};
const unreadable = (cause: unknown): CallError =>
  new CallError("upload_mismatch", "The file cannot be read any more: it was changed, moved or deleted. Choose it again.", cause);

export const uploadFile = async (file: Blob, options: UploadOptions, line: UploadLine): Promise<Asset> => {
  const { name, signal } = options;
  const { size } = file;
  if (size === 0) throw new CallError("unsupported_media", "The file is empty.");
  const { maxUploadBytes } = line.limits();
  if (size > maxUploadBytes) {
    throw new CallError("payload_too_large", tooLargeWords(size, maxUploadBytes), { limit: maxUploadBytes });
  }
  const call = signal === undefined ? {} : { signal };
  const source = new Source(file);
  const hashFirst = size <= hashFirstBytes;
  if (hashFirst) await source.hashTo(size, signal);

  const resume = async (uploadId: string): Promise<Opened> => {
    for (;;) {
      await line.whenReady(signal);
      const generation = line.generation();
      const opened = await line.call("assets.resumeUpload", { uploadId }, { ...call, deadlineMs: longDeadlineMs });
      if (generation === line.generation()) return { ...opened, generation };
    }
  };

  const begun = options.uploadId === undefined ? null : await resume(options.uploadId).catch(nullIfGone);
  await line.whenReady(signal);
  const generation = begun?.generation ?? line.generation();
  const announced = begun ?? (await line.call("assets.beginUpload", { name, size, ...(hashFirst ? { sha256: source.sha256 } : {}) }, call));
  options.opened?.(announced.uploadId);
  try {
    // The answer may have been that of a lost connection, repeated: its stream number means nothing here.
    let opened = generation === line.generation() ? { ...announced, generation } : await resume(announced.uploadId);
    for (let tries = 0, before = -1; ;) {
      // Bytes that are stored already are not sent, but the proof covers them.
      await source.hashTo(opened.offset, signal);
      const { error, stored } = await sendFrom(opened);
      if (error === null) break;
      // Progress makes the next failure a first one.
      if (stored > before) tries = 0;
      before = stored;
      const wait = retryWait(error, tries++, line.random());
      if (wait === null) throw error;
      if (opened.generation === line.generation()) await line.wait(wait);
      if (signal?.aborted === true) throw cancelled();
      opened = await resume(opened.uploadId);
    }
    await source.hashTo(size, signal);
    return await finish({ uploadId: announced.uploadId, sha256: source.sha256 });
  } catch (error) {
    // It holds one of the user's places and the disk's room until the server sweeps it. After a conflict another goes on with it.
    if (!(error instanceof CallError && error.code === "conflict")) {
      void line.call("assets.cancelUpload", { uploadId: announced.uploadId }).catch(() => undefined);
    }
    throw error;
  }

  /** A film is taken in for longer than a call may wait: the server goes on with it, and the next call waits for the same. */
  async function finish(input: CallInput<"assets.finishUpload">): Promise<Asset> {
    for (;;) {
      await line.whenReady(signal);
      try {
        return await line.call("assets.finishUpload", input, { ...call, deadlineMs: longDeadlineMs });
      } catch (error) {
        if (!(error instanceof CallError) || error.code !== "deadline_exceeded") throw error;
      }
    }
  }

  /** Sends all from the offset on; `error` null: all is stored. */
  async function sendFrom(opened: Opened): Promise<{ readonly error: CallError | null; readonly stored: number }> {
    const { stream } = opened;
    let stored = opened.offset;
    let stopped: CallError | null = null;
    let wake: (() => void) | undefined;
    let windowBytes = Math.min(firstWindowBytes, line.limits().uploadWindowBytes);
    const sentAt = new Map<number, number>();
    options.progress?.(stored);
    if (opened.generation !== line.generation()) return { error: lost(), stored };
    const detach = line.attach(stream, {
      acknowledged: (offset) => {
        const at = sentAt.get(offset);
        if (at !== undefined) windowBytes = nextWindow(windowBytes, line.now() - at, line.limits().uploadWindowBytes);
        sentAt.delete(offset);
        stored = Math.max(stored, offset);
        options.progress?.(stored);
        wake?.();
      },
      aborted: (error) => {
        stopped = error;
        wake?.();
      },
    });
    const abort = () => {
      stopped = cancelled();
      wake?.();
    };
    const change = () => new Promise<void>((resolve) => (wake = resolve));
    const stop = (): CallError | null => stopped ?? (opened.generation === line.generation() ? null : lost());
    signal?.addEventListener("abort", abort);
    if (signal?.aborted === true) abort();
    try {
      for (let next = stored; next < size;) {
        while (stop() === null && next - stored >= windowBytes) await change();
        const end = Math.min(size, next + chunkBytes(windowBytes, line.limits().maxBinaryBytes - binaryHeaderBytes));
        const bytes = stop() === null ? await source.read(next, end) : undefined;
        const error = stop();
        if (bytes === undefined || error !== null) return { error, stored };
        sentAt.set(end, line.now());
        line.send(stream, next, bytes);
        next = end;
      }
      while (stop() === null && stored < size) await change();
      return { error: stored < size ? stop() : null, stored };
    } finally {
      signal?.removeEventListener("abort", abort);
      detach();
    }
  }
};
