// The port to a provider of generated video: one file a vendor implements it, nothing else knows the vendor.
import type { Duration, Effect, Redacted } from "effect";
import type * as z from "zod";
import type { Estimate, FailureKind, InputRole, Operation } from "#protocol/job.ts";
import type { ProviderTools } from "./tools.ts";

export interface ProviderFailure {
  readonly kind: FailureKind;
  /** For a person: what happened and what to do. */
  readonly message: string;
  /** The provider names a time after which it may be asked again, ms from now. */
  readonly retryAfterMs?: number;
  /** What the provider took all the same, credits; left out where it does not say. 0: it gave everything back. */
  readonly charged?: number;
  /** The request did not reach the provider: nothing was started and nothing is charged. */
  readonly unsent?: true;
  /** Of `limit`: it is asked too often, which says nothing of how many jobs it takes at the same time. */
  readonly rate?: true;
  /** It is sure that nothing which was sent with this key was taken. Said by who looked for it. */
  readonly notTaken?: true;
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

/** What is known of an input before it is a file. */
export interface InputGiven {
  readonly role: InputRole;
  readonly name: string | null;
}

export interface ProviderOperation {
  readonly title: string;
  readonly summary: string;
  /** Drives the form, the defaults and the check of what is submitted. */
  readonly params: z.ZodObject;
  readonly inputs: ReadonlyArray<ProviderInputSpec>;
  /**
   * What the whole of checked parameters, and these with the inputs, must keep to beyond what schema and specs can say of each alone; a sentence at
   * a parameter, or at the inputs where `field` is null. Null: all is well. `inputs`: left out while they are still being chosen.
   */
  readonly conflict?: (
    params: Readonly<Record<string, unknown>>,
    inputs?: ReadonlyArray<InputGiven>,
  ) => { readonly field: string | null; readonly message: string } | null;
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
  /** What made it, where that is known: some providers go on from their own videos by id. */
  readonly made: { readonly provider: string; readonly accountId: string; readonly providerJobId: string } | null;
}

export interface ProviderRequest {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: ReadonlyArray<ProviderInput>;
}

/** What a person fills in to use an account of their own. */
export interface AccountSpec {
  /** Shown beside the form: where the credentials are found. One or two sentences. */
  readonly help: string;
  /** Not secret. `baseUrl` (`base-url.ts`, with the vendor's own as default where there is one) belongs here. Drives the form. */
  readonly settings: z.ZodObject;
  /** Each a string with a `title`; trimmed by its schema, as people paste blanks. Kept encrypted, shown to nobody. */
  readonly secrets: z.ZodObject;
  /** Jobs a new account may have under way at the same time. */
  readonly concurrency: number;
  /** Name of the provider's credits (`credits`, `USD cents` …), or null where it charges nobody or does not say. */
  readonly creditType: string | null;
  /** It charges, but says nowhere how much: not before a job, and not after. */
  readonly untold: boolean;
}

/** One account, as the vendor's file gets it. */
export interface ProviderAccount {
  readonly id: string;
  /** Checked by the `settings` of the spec. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Checked by the `secrets` of the spec. */
  readonly secrets: Readonly<Record<string, Redacted.Redacted>>;
}

export interface Balance {
  readonly type: string;
  readonly amount: number;
}

/** What a provider does for one account. Holds no state that may not be lost. */
export interface Connection {
  /**
   * Asks for the generation. With `recovery: "idempotencyKey"` the same key again answers the same provider job. `charged`: what the
   * provider says that it took, null if it does not say.
   */
  readonly submit: (
    key: string,
    request: ProviderRequest,
  ) => Effect.Effect<{ readonly providerJobId: string; readonly charged: number | null }, ProviderFailure>;
  /**
   * Follows a generation to its end; `progress` (0 to 1, never falling, 1 at the end) as it is known, the same again where there is only word that
   * it goes on. `lost` when the provider does
   * not know the job. `network`, `limit`, `authentication` and `internal` say that only asking failed: it is followed again and not
   * submitted anew. Every other kind says that the generation has ended. `remainingMs`: until its end by what generations took of late on
   * this account, negative once that has passed; left out: nothing is known of that.
   */
  readonly track: (
    providerJobId: string,
    progress: (fraction: number) => Effect.Effect<void>,
    remainingMs?: number,
  ) => Effect.Effect<{ readonly charged: number | null }, ProviderFailure>;
  /** Puts the finished media into the file at `path`, which is whole or not there. */
  readonly download: (providerJobId: string, path: string) => Effect.Effect<{ readonly mime: string }, ProviderFailure>;
  /** Asks to stop; completes also when it is too late. `false`: it goes on to its end and takes up its place until then. */
  readonly cancel: (providerJobId: string) => Effect.Effect<boolean, ProviderFailure>;
  /** Fails with what is wrong with the account; charges nothing and starts nothing. */
  readonly check: Effect.Effect<void, ProviderFailure>;
  /** What the account has left, where the provider says so. */
  readonly balance?: Effect.Effect<ReadonlyArray<Balance>, ProviderFailure>;
  /**
   * What a submit of this key, whose answer was lost, has become; undefined if the provider has surely not taken it. With `recovery: "lookup"`
   * it is all that is known; where keys are known it is asked before one is sent again. Fails when that cannot be told. `sentAt`: when it was sent at the earliest, ms epoch. `others`: ids of jobs that are other
   * submissions', however alike they are.
   */
  readonly reconcile?: (
    key: string,
    request: ProviderRequest,
    sentAt: number,
    others?: ReadonlySet<string>,
  ) => Effect.Effect<{ readonly providerJobId: string } | undefined, ProviderFailure>;
  /**
   * What is given back by now of what a submission of this key was charged, by the provider's books, where it keeps such: also of a job that it
   * knows no more. Fails when that cannot be told. `sentAt`: when it was sent at the earliest, ms epoch.
   */
  readonly refunded?: (key: string, sentAt: number) => Effect.Effect<number, ProviderFailure>;
}

export interface Provider {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** Null: it needs none, and is used by everybody through one built-in account of `concurrency` places. */
  readonly account: AccountSpec | null;
  /** Jobs it runs at the same time for one account, unless its owner says otherwise. */
  readonly concurrency: number;
  readonly operations: Readonly<Partial<Record<Operation, ProviderOperation>>>;
  /** What a submit whose answer was lost can be recovered by. */
  readonly recovery: "idempotencyKey" | "lookup" | "none";
  /** How long a submission that was sent may take to be known to who asks for it. Default: 10 seconds. */
  readonly quarantine?: Duration.Input;
  /** Its connections tell what is given back. */
  readonly tellsRefunds?: boolean;
  /** It stops nothing: a submission without an answer is not sent again only to be called off. */
  readonly unstoppable?: boolean;
  readonly connect: (account: ProviderAccount, tools: ProviderTools) => Connection;
}
