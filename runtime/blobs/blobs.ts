// Content-addressed bytes: a blob is a file named by the SHA-256 of what is in it, written once, never changed.
import { Context, type Effect } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";

export interface BlobRef {
  /** 64 hex digits. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

export interface StoredBlob extends BlobRef {
  /** When it was last adopted, ms epoch. */
  readonly adoptedAt: number;
}

export class Blobs extends Context.Service<
  Blobs,
  {
    /**
     * Moves a file of the staging folder in; a second copy of the same bytes makes no second file. `known`: what `hashFile`
     * just said of it, so that it is not read twice; `settled`: it has been. Errors: storage_full; unavailable if there is no such file.
     */
    readonly adopt: (path: string, known?: BlobRef, settled?: boolean) => Effect.Effect<BlobRef, CallError>;
    /** Sees to it that a finished file of the staging folder survives a loss of power, beside what else is done before it is adopted. Errors: as `adopt`. */
    readonly settle: (path: string) => Effect.Effect<void, CallError>;
    /** Path of a blob's file (which exists if the blob is stored). */
    readonly path: (sha256: string) => string;
    readonly has: (sha256: string) => Effect.Effect<boolean>;
    /** Removes a blob; with `adoptedBefore` (ms epoch) only if it has not been adopted again since. */
    readonly remove: (sha256: string, adoptedBefore?: number) => Effect.Effect<void>;
    /** A fresh path in this process' staging folder, on the same file system; left-overs are swept at the next start. */
    readonly stage: (name: string) => string;
    /** All stored blobs: for the orphan sweep. Errors: those of the disk. */
    readonly list: Effect.Effect<ReadonlyArray<StoredBlob>, CallError>;
  }
>()("pixsim/runtime/Blobs") {}
