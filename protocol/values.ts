// Values that several domains share. Pure.
import * as z from "zod";

/** Milliseconds since 1970 UTC. */
export const Time = z.int().min(0);
/** Identifiers made by the server: letters, digits, `_` and `-`. */
export const Id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
/** `kind/id` of an actor. */
export const Address = z.string().regex(/^[a-z]{1,20}\/[A-Za-z0-9_-]{1,64}$/);
export type Address = z.infer<typeof Address>;
/** Opaque place in a list: hand back what the last page gave. */
export const Cursor = z.string().max(200);
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Rows of a page. */
export const PageLimit = z.int().min(1).max(500).default(100);
/** JSON with bounded depth; the gateway bounds its size. */
export const Json = z.json();
