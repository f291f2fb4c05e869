// The port to a provider of generated video: one file a vendor implements it, nothing else knows the vendor.
import type { Duration, Effect } from "effect";
import type * as z from "zod";
import type { Estimate, FailureKind, InputRole, Operation } from "#protocol/job.ts";

export interface ProviderFailure {
  readonly kind: FailureKind;
  /** For a person: what happened and what to do. */
  readonly message: string;
}

export interface ProviderInputSpec {
  readonly role: InputRole;
  readonly title: string;
  readonly accepts: ReadonlyArray<"image" | "video">;
  readonly min: number;
  readonly max: number;
  /** Each input needs a name that the prompt can use. */
  readonly named: boolean;
}

export interface ProviderOperation {
  readonly title: string;
  readonly summary: string;
  /** Drives the form, the defaults and the check of what is submitted. */
  readonly params: z.ZodObject;
  readonly inputs: ReadonlyArray<ProviderInputSpec>;
  readonly estimate: (params: Readonly<Record<string, unknown>>) => Omit<Estimate, "waitMs">;
}

/** An input asset as the provider gets it: a local file. */
export interface ProviderInput {
  readonly role: InputRole;
  readonly name: string | null;
  readonly path: string;
  readonly mime: string;
  readonly mediaType: "image" | "video";
  readonly sha256: string;
  readonly timeMs: number | null;
}

export interface ProviderRequest {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: ReadonlyArray<ProviderInput>;
}

/** The provider can tell what a key has led to. */
export interface KeyLookup {
  /** The job that was submitted with the key; undefined: none is known. */
  readonly lookup: (key: string) => Effect.Effect<{ readonly providerJobId: string } | undefined, ProviderFailure>;
  /** How long a submission that was sent may take to be known. */
  readonly quarantine: Duration.Input;
}

export interface Provider {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** Jobs it runs at the same time. */
  readonly concurrency: number;
  readonly operations: Readonly<Partial<Record<Operation, ProviderOperation>>>;
  /** What a submit whose answer was lost can be recovered by: the same key again, which answers the same provider job; a look-up. */
  readonly recovery: "idempotencyKey" | KeyLookup | "none";
  /** Asks for the generation. */
  readonly submit: (key: string, request: ProviderRequest) => Effect.Effect<{ readonly providerJobId: string }, ProviderFailure>;
  /**
   * Follows a generation to its end; `progress` (0 to 1) as it is known. `lost` when the provider does not know the job.
   * `network`, `limit`, `authentication` and `internal` say that only asking failed: it is followed again and not submitted
   * anew. Every other kind says that the generation has ended.
   */
  readonly track: (providerJobId: string, progress: (fraction: number) => Effect.Effect<void>) => Effect.Effect<void, ProviderFailure>;
  /** Puts the finished media into the file at `path`. */
  readonly download: (providerJobId: string, path: string) => Effect.Effect<{ readonly mime: string }, ProviderFailure>;
  /** Asks to stop; completes also when it is too late. */
  readonly cancel: (providerJobId: string) => Effect.Effect<void, ProviderFailure>;
}
