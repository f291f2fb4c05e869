// How a domain states its calls, streams and topics. One declaration serves server, clients, reference and tests.
// Pure: runs in any JavaScript engine.
import type * as z from "zod";
import type { ErrorCode } from "./wire/errors.ts";

/** The least role that may use it. `anonymous`: also without sign-in; `player`: also who came by a link to a story, and has no account. */
export type Access = "anonymous" | "player" | "guest" | "user" | "admin";

export interface CallSpec<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** One line for the reference. */
  readonly summary: string;
  readonly access: Access;
  readonly input: I;
  readonly output: O;
  /** Changes something: may carry an idempotency key, by which a repeat answers the first result. */
  readonly mutation: boolean;
  /** Codes beyond those that every call may answer. */
  readonly errors: ReadonlyArray<ErrorCode>;
  readonly example: { readonly input: z.input<I>; readonly output: z.input<O> };
}

export interface StreamSpec<I extends z.ZodType = z.ZodType, T extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly access: Access;
  readonly input: I;
  readonly item: T;
  readonly errors: ReadonlyArray<ErrorCode>;
  readonly example: { readonly input: z.input<I>; readonly item: z.input<T> };
}

export interface TopicSpec<P extends z.ZodType = z.ZodType, S extends z.ZodType = z.ZodType, D extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly access: Access;
  readonly params: P;
  readonly snapshot: S;
  readonly delta: D;
  readonly errors: ReadonlyArray<ErrorCode>;
  readonly example: { readonly params: z.input<P>; readonly snapshot: z.input<S>; readonly delta: z.input<D> };
}

export interface DomainSpec {
  readonly name: string;
  readonly summary: string;
  readonly calls: Readonly<Record<string, CallSpec>>;
  readonly streams: Readonly<Record<string, StreamSpec>>;
  readonly topics: Readonly<Record<string, TopicSpec>>;
}

export const call = <I extends z.ZodType, O extends z.ZodType>(spec: CallSpec<I, O>): CallSpec<I, O> => spec;
export const stream = <I extends z.ZodType, T extends z.ZodType>(spec: StreamSpec<I, T>): StreamSpec<I, T> => spec;
export const topic = <P extends z.ZodType, S extends z.ZodType, D extends z.ZodType>(spec: TopicSpec<P, S, D>): TopicSpec<P, S, D> => spec;
export const domain = <const D extends DomainSpec>(spec: D): D => spec;
