// The contract and the domains' handlers as tables by name: what a frame's name leads to.
import type { Effect, Stream } from "effect";
import type * as z from "zod";
import { calls, streams, topics } from "#protocol/contract.ts";
import type { Access } from "#protocol/define.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import type { Counters, Outcome } from "./counters.ts";
import type { CallContext, Emit, Handlers, TopicHandle } from "./handlers.ts";

interface Route {
  readonly name: string;
  readonly access: Access;
  readonly input: z.ZodType;
  readonly outcomes: Map<Outcome, number>;
}

export interface CallRoute extends Route {
  readonly mutation: boolean;
  readonly handle: (input: unknown, context: CallContext) => Effect.Effect<unknown, CallError>;
}

export interface StreamRoute extends Route {
  readonly handle: (input: unknown, context: CallContext) => Effect.Effect<Stream.Stream<unknown, CallError>, CallError>;
}

export interface TopicRoute extends Route {
  readonly handle: (params: unknown, context: CallContext, from: string | undefined, emit: Emit) => Effect.Effect<TopicHandle, CallError>;
}

export type AnyRoute = CallRoute | StreamRoute | TopicRoute;

export interface Routes {
  readonly calls: ReadonlyMap<string, CallRoute>;
  readonly streams: ReadonlyMap<string, StreamRoute>;
  readonly topics: ReadonlyMap<string, TopicRoute>;
}

export const makeRoutes = (handlers: Handlers, counters: Counters): Routes => {
  /**
   * The type `Handlers` says that each name has a handler which takes what its schema gives; tables by name cannot say it, so here
   * it is cast away, and only here.
   */
  const table = <S, R extends AnyRoute>(
    part: "calls" | "streams" | "topics",
    specs: ReadonlyMap<string, S>,
    route: (spec: S) => Omit<R, "name" | "outcomes" | "handle">,
  ): ReadonlyMap<string, R> => {
    const handles = new Map(Object.values(handlers).flatMap((domain) => Object.entries(domain[part])));
    return new Map(
      Array.from(specs, ([name, spec]) => {
        const outcomes = new Map<Outcome, number>();
        counters.outcomes.set(name, outcomes);
        return [name, { name, outcomes, handle: handles.get(name), ...route(spec) } as unknown as R] as const;
      }),
    );
  };
  return {
    calls: table("calls", calls, ({ access, input, mutation }) => ({ access, input, mutation })),
    streams: table("streams", streams, ({ access, input }) => ({ access, input })),
    topics: table("topics", topics, ({ access, params }) => ({ access, input: params })),
  };
};
