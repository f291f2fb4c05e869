// The frames of the socket: JSON text, one object a frame, `t` names its kind; binary frames only carry upload bytes.
// Pure: runs in any JavaScript engine. WIRE.md says the same in prose; change both together.
import * as z from "zod";
import { WireError } from "./errors.ts";
import { Limits } from "./limits.ts";

/** Protocol versions this build speaks, best first. */
export const protocolVersions = [1] as const;

/** `epoch:offset`: the epoch changes when the offsets start anew. For an actor the offset is its journal `seq`. */
const Position = z.string().regex(/^[A-Za-z0-9_-]{1,40}:\d{1,15}$/);

/** Chosen by the client, unique among what it has open on this connection. */
const Id = z.int().min(1).max(0xffff_ffff);
const Name = z.string().min(1).max(80);

export const ClientFrame = z.discriminatedUnion("t", [
  /** First frame. Without a token only calls open to everyone may be made. */
  z.object({
    t: z.literal("hello"),
    versions: z.array(z.int()).min(1).max(16),
    client: z.string().max(80),
    token: z.string().max(4096).optional(),
  }),
  /**
   * A request. `key`: idempotency key of a mutation. `deadline`: ms from arrival, default 30,000, at most 300,000. `traceparent`: the
   * client's span in the W3C's Trace Context, of which the server's become children.
   */
  z.object({
    t: z.literal("call"),
    id: Id,
    call: Name,
    input: z.unknown(),
    key: z.string().min(8).max(100).optional(),
    deadline: z.int().min(1).max(300_000).optional(),
    traceparent: z.string().max(100).optional(),
  }),
  /** Ends an open call or stream. */
  z.object({ t: z.literal("cancel"), id: Id }),
  /** Opens a server stream; the server sends at most `credit` items until more is granted. */
  z.object({ t: z.literal("open"), id: Id, stream: Name, input: z.unknown(), credit: z.int().min(1).max(10_000) }),
  z.object({ t: z.literal("credit"), id: Id, n: z.int().min(1).max(10_000) }),
  /** Follows a topic, from a known position if `from` is given. */
  z.object({ t: z.literal("sub"), id: Id, topic: Name, params: z.unknown(), from: Position.optional() }),
  z.object({ t: z.literal("unsub"), id: Id }),
  z.object({ t: z.literal("ping"), n: z.number() }),
  z.object({ t: z.literal("pong"), n: z.number() }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

export const ServerFrame = z.discriminatedUnion("t", [
  z.object({
    t: z.literal("welcome"),
    version: z.int(),
    connection: z.string(),
    server: z.string(),
    /** The signed-in user, or null. */
    user: z.string().nullable(),
    limits: Limits,
  }),
  z.object({ t: z.literal("ok"), id: Id, r: z.unknown() }),
  /** Ends the call, stream or subscription `id`; id 0: about the connection or a frame without id. */
  z.object({ t: z.literal("err"), id: z.int().min(0), e: WireError }),
  z.object({ t: z.literal("item"), id: Id, d: z.unknown() }),
  /** The stream is complete. */
  z.object({ t: z.literal("end"), id: Id }),
  /** The whole state of a topic as of `pos`; replaces all that the client has. */
  z.object({ t: z.literal("snap"), id: Id, pos: Position, d: z.unknown() }),
  /** The `from` position was accepted: deltas after it follow, nothing was missed. */
  z.object({ t: z.literal("resumed"), id: Id, pos: Position }),
  /** Ordered changes; `pos` is the position after the last of them. */
  z.object({ t: z.literal("delta"), id: Id, pos: Position, d: z.array(z.unknown()) }),
  /** All bytes of upload stream `stream` below `offset` are stored. */
  z.object({ t: z.literal("ack"), stream: Id, offset: z.number() }),
  /** The upload stream is closed by the server; the upload itself may be resumable. */
  z.object({ t: z.literal("abort"), stream: Id, e: WireError }),
  z.object({ t: z.literal("ping"), n: z.number() }),
  z.object({ t: z.literal("pong"), n: z.number() }),
]);
export type ServerFrame = z.infer<typeof ServerFrame>;

/** Bytes before the payload of a binary frame: u8 kind (1 = upload chunk), 3 zero bytes, u32 stream, u64 offset; big endian. */
export const binaryHeaderBytes = 16;
export const binaryKindUpload = 1;
