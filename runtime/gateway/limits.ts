// The limits of the gateway: those told to clients, and those that only the server needs to know.
import { defaultLimits, type Limits } from "#protocol/wire/limits.ts";

export interface GatewayLimits extends Limits {
  /** How long a connection may stay without hello, ms. */
  readonly helloMs: number;
  /** How long a connection lives on after its token has expired, ms. */
  readonly expiryGraceMs: number;
  /** A call without a deadline of its own gets this, ms. */
  readonly deadlineMs: number;
  /** How long a mutation with a key may run on after nobody waits for it any more, ms. */
  readonly detachedMs: number;
  /** Largest first frame, bytes: a hello with its token. */
  readonly helloBytes: number;
  /** Above so many buffered bytes of a connection deltas are dropped and streams wait. */
  readonly softBufferBytes: number;
  /** Above so many it is closed as too slow. */
  readonly hardBufferBytes: number;
  /** Upload streams of one connection; beyond, the one unused for the longest is aborted. */
  readonly maxUploadStreams: number;
  /** Frames a connection may be in debt before it is closed; until then they are answered with `rate_limited`. */
  readonly maxFrameDebt: number;
  /** Sockets in all. */
  readonly maxConnections: number;
  /** How long a shutdown waits for the calls in flight, ms. */
  readonly drainMs: number;
}

export const gatewayLimits: GatewayLimits = {
  ...defaultLimits,
  helloMs: 5000,
  expiryGraceMs: 60_000,
  deadlineMs: 30_000,
  detachedMs: 300_000,
  helloBytes: 16 * 1024,
  softBufferBytes: 1024 * 1024,
  hardBufferBytes: 16 * 1024 * 1024,
  maxUploadStreams: 32,
  maxFrameDebt: 2000,
  maxConnections: 10_000,
  drainMs: 3000,
};

/** The part that goes into `welcome`. */
export const wireLimits = (limits: GatewayLimits): Limits => ({
  maxTextBytes: limits.maxTextBytes,
  maxBinaryBytes: limits.maxBinaryBytes,
  uploadWindowBytes: limits.uploadWindowBytes,
  maxUploadBytes: limits.maxUploadBytes,
  maxSubscriptions: limits.maxSubscriptions,
  maxInFlight: limits.maxInFlight,
  framesPerSecond: limits.framesPerSecond,
  heartbeatMs: limits.heartbeatMs,
});
