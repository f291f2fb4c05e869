// Limits of the wire, told to the client in `welcome`. Pure.
import * as z from "zod";

export const Limits = z.object({
  /** Largest text frame from a client, bytes. */
  maxTextBytes: z.number(),
  /** Largest binary frame from a client, bytes, header included. */
  maxBinaryBytes: z.number(),
  /** Bytes of one upload that may be unacknowledged. */
  uploadWindowBytes: z.number(),
  /** Largest upload, bytes. */
  maxUploadBytes: z.number(),
  /** Subscriptions of one connection. */
  maxSubscriptions: z.number(),
  /** Calls of one connection that may be in flight. */
  maxInFlight: z.number(),
  /** Frames per second of one connection, averaged; bursts of twice as many pass. */
  framesPerSecond: z.number(),
  /** The server pings after this silence, ms; it closes after twice as long. */
  heartbeatMs: z.number(),
});
export type Limits = z.infer<typeof Limits>;

export const defaultLimits: Limits = {
  maxTextBytes: 256 * 1024,
  maxBinaryBytes: 1024 * 1024 + 64,
  uploadWindowBytes: 8 * 1024 * 1024,
  maxUploadBytes: 2 * 1024 * 1024 * 1024,
  maxSubscriptions: 256,
  maxInFlight: 256,
  framesPerSecond: 500,
  heartbeatMs: 20_000,
};
