// The actor host as callers see it: create, send, look, follow. Where an actor lives is not their business.
import { Context, type Effect, type Stream } from "effect";
import type { ActorEvent, ActorView, JournalEntry } from "#protocol/actor.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import type { TopicHandle, TopicMessage } from "../gateway/handlers.ts";
import type { Histogram } from "../observe/metrics.ts";
import type { Decision } from "./commands.ts";
import type { RoutedCounts } from "./router.ts";

export interface SendOptions {
  /** Makes the command happen once however often it is sent: same id and same content answer the first result. */
  readonly eventId?: string;
  /** Of `create`: the address was made just now at random, so it need not be looked up. */
  readonly novel?: boolean;
}

export interface ActorStats {
  /** Actors in memory, by kind. */
  readonly resident: Readonly<Record<string, number>>;
  readonly effectsRunning: number;
  /** Effects that run, by kind of actor and name; `retrying`: of those, the ones that failed by a fault and are tried again. */
  readonly effects: ReadonlyArray<{ readonly kind: string; readonly effect: string; readonly running: number; readonly retrying: number }>;
  /** Commands that wait for their actors, and for the one for which most do. */
  readonly waiting: { readonly commands: number; readonly deepest: number };
  /** Commands for actors of other processes since the start, by what became of them. */
  readonly routed: RoutedCounts;
  /** Cells that this process has. */
  readonly cells: ReadonlyArray<number>;
  /** Followers of single actors. */
  readonly followers: number;
  /** Timers that are due within a minute. */
  readonly timers: number;
  /** Steps taken, steps committed, flushes, and actors rolled back, since the start. */
  readonly steps: number;
  readonly committed: number;
  readonly flushes: number;
  readonly rolledBack: number;
  /** In seconds: of one step of many, of commits, of timers after they were due. */
  readonly stepTime: Histogram;
  readonly commitTime: Histogram;
  readonly timerLateness: Histogram;
  /** Actors in a commit. */
  readonly commitActors: Histogram;
}

/** What is known of an actor right after a commit. */
export interface Acknowledged {
  readonly seq: number;
  readonly at: number;
  readonly value: unknown;
  readonly context: Readonly<Record<string, unknown>>;
  readonly status: "active" | "done" | "error";
  /** False: this event id was known, nothing happened now. */
  readonly fresh: boolean;
}

export class Actors extends Context.Service<
  Actors,
  {
    /** Creates an actor from the input of its machine; completes when that is committed. Creating an existing one again answers it with `fresh: false`. */
    readonly create: (address: string, input: unknown, options?: SendOptions) => Effect.Effect<Acknowledged, CallError>;
    /** Sends an event; completes when its step is committed. An event that the state does not take is a step without change. */
    readonly send: (address: string, event: ActorEvent, options?: SendOptions) => Effect.Effect<Acknowledged, CallError>;
    readonly view: (address: string) => Effect.Effect<ActorView, CallError>;
    /** The user id that owns it. */
    readonly owner: (address: string) => Effect.Effect<string, CallError>;
    readonly history: (address: string, from: number) => Stream.Stream<JournalEntry, CallError>;
    /** Follows an actor with `epoch:seq` positions; does not keep it in memory. */
    readonly follow: (
      address: string,
      from: string | undefined,
      emit: (message: TopicMessage) => void,
    ) => Effect.Effect<TopicHandle, CallError>;
    /** `by`: user id of who frees it. */
    readonly resume: (address: string, by: string) => Effect.Effect<void, CallError>;
    /** A decision that comes again with its event id does nothing. Errors: conflict where none is to be made. */
    readonly resolveEffect: (
      address: string,
      key: string,
      decision: Decision,
      options: { readonly by: string; readonly eventId?: string | undefined },
    ) => Effect.Effect<void, CallError>;
    /** Figures for metrics and the status topic. */
    readonly stats: () => ActorStats;
  }
>()("pixsim/runtime/Actors") {}
