// Every error code that can cross the socket, with its meaning and whether trying again can help.
// Pure: runs in any JavaScript engine.
import * as z from "zod";

interface ErrorSpec {
  /** What happened, for the reference. */
  readonly summary: string;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** Shape of `details`. */
  readonly details?: z.ZodType;
}

const issues = z.object({
  issues: z.array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() })),
});

export const errorCatalogue = {
  bad_frame: { summary: "The frame is not valid UTF-8 JSON of a known shape.", retryable: false },
  unknown_call: { summary: "No call, stream or topic has this name.", retryable: false },
  invalid_input: { summary: "The input does not fit the schema; each issue names its field.", retryable: false, details: issues },
  unauthenticated: { summary: "The call needs a signed-in connection.", retryable: false },
  token_expired: { summary: "The access token has expired: refresh it and say hello again.", retryable: false },
  session_revoked: { summary: "The session was revoked or its refresh token was used twice.", retryable: false },
  invalid_credentials: { summary: "Login or password is wrong.", retryable: false },
  forbidden: { summary: "The signed-in user may not do this.", retryable: false },
  not_found: { summary: "It does not exist, or is not yours.", retryable: false },
  conflict: { summary: "The present state does not allow it.", retryable: false },
  idempotency_conflict: { summary: "The idempotency key was used before with another content.", retryable: false },
  quota_exceeded: {
    summary: "A limit of the user is reached.",
    retryable: false,
    details: z.object({ quota: z.string(), limit: z.number() }),
  },
  rate_limited: { summary: "Too many requests: wait, then try again.", retryable: true, details: z.object({ retryAfterMs: z.number() }) },
  overloaded: { summary: "A queue of the server is full: try again.", retryable: true },
  unavailable: {
    summary: "The part that serves this is not reachable now: try again.",
    retryable: true,
    details: z.object({ retryAfterMs: z.number().optional() }).optional(),
  },
  deadline_exceeded: { summary: "No answer within the deadline; the work may still complete.", retryable: true },
  cancelled: { summary: "The client cancelled the call.", retryable: false },
  payload_too_large: { summary: "The frame, file or value is over its limit.", retryable: false, details: z.object({ limit: z.number() }) },
  upload_mismatch: { summary: "The bytes do not match the announced size, offset or SHA-256.", retryable: false },
  unsupported_media: { summary: "The file is not an image or video that can be used here.", retryable: false },
  storage_full: { summary: "The disk is full or the data folder cannot be written.", retryable: true },
  parked: { summary: "The actor is parked after repeated failures and waits for a person.", retryable: false },
  internal: { summary: "A fault in the server; it has been logged.", retryable: true },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof errorCatalogue;
const codes = Object.keys(errorCatalogue) as [ErrorCode, ...Array<ErrorCode>];

/** The `e` of an error frame. */
export const WireError = z.object({
  code: z.enum(codes),
  /** A sentence for a person. */
  message: z.string(),
  details: z.unknown().optional(),
  /** The server's trace of this failure, to quote in a report. */
  ref: z.string().optional(),
});
export type WireError = z.infer<typeof WireError>;

/** A failure of a call: thrown by the client, failed with by handlers. */
export class CallError extends Error {
  readonly _tag = "CallError";
  readonly code: ErrorCode;
  readonly details: unknown;
  readonly ref: string | undefined;

  constructor(code: ErrorCode, message: string, details?: unknown, ref?: string) {
    super(message);
    this.name = "CallError";
    this.code = code;
    this.details = details;
    this.ref = ref;
  }

  static fromWire({ code, message, details, ref }: WireError): CallError {
    return new CallError(code, message, details, ref);
  }

  get retryable(): boolean {
    return errorCatalogue[this.code].retryable;
  }

  toWire(): WireError {
    return {
      code: this.code,
      message: this.message,
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(this.ref === undefined ? {} : { ref: this.ref }),
    };
  }
}
