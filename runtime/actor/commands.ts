// What an actor is asked, and what happens to it.
import type { Tracer } from "effect";
import type { ActorEvent } from "#protocol/actor.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { Acknowledged } from "./actors.ts";
import { acknowledge, type Committed } from "./committed.ts";

/** What a person found out of an effect of which nobody knew whether it took place. */
export type Decision =
  /** It did not, or may as well be done twice. */
  | { readonly type: "resend" }
  /** It did not, and is not done again. */
  | { readonly type: "fail" }
  /** It did, with this outcome. */
  | { readonly type: "done"; readonly output: unknown };

export type Reply<T> = (result: T | CallError) => void;

/** What callers ask for: refused with an error when it cannot be done. */
type Asked =
  | {
      readonly type: "create";
      readonly address: string;
      readonly input: unknown;
      readonly eventId: string | undefined;
      readonly hash: string;
      readonly novel: boolean;
      readonly answered?: true;
      readonly reply: Reply<Acknowledged>;
    }
  | {
      readonly type: "send";
      readonly address: string;
      readonly event: ActorEvent;
      readonly eventId: string | undefined;
      readonly hash: string;
      readonly checked?: true;
      /** Of a write-behind actor: its sender has been told that it has happened. */
      readonly answered?: true;
      readonly reply: Reply<Acknowledged>;
    }
  | {
      readonly type: "progress";
      readonly address: string;
      readonly effect: EffectRef;
      readonly event: ActorEvent;
      readonly reply: Reply<null>;
    }
  | { readonly type: "peek"; readonly address: string; readonly reply: Reply<Committed> }
  | { readonly type: "resume"; readonly address: string; readonly by: string; readonly reply: Reply<null> }
  | {
      readonly type: "resolve";
      readonly address: string;
      readonly effect: EffectRef;
      readonly decision: Decision;
      readonly by: string;
      readonly eventId: string;
      readonly hash: string;
      readonly checked?: true;
      readonly reply: Reply<null>;
    };

/** What happens anyway: tried until it is committed or has become pointless. */
export type Happened =
  | { readonly type: "outcome"; readonly address: string; readonly effect: EffectRef; readonly event: ActorEvent }
  | { readonly type: "review"; readonly address: string; readonly effect: EffectRef; readonly reason: string }
  | { readonly type: "park"; readonly address: string; readonly effect: EffectRef; readonly reason: string }
  | { readonly type: "timer"; readonly address: string; readonly timerId: string; readonly dueAt: number }
  /** Only loads the actor, which starts and stops what differs from the store. `heard`: it has, or never will here. */
  | { readonly type: "wake"; readonly address: string; readonly heard?: () => void };

/** `trace`: what led to it, where that is traced. */
export type Command = (Asked | Happened) & { readonly trace?: Tracer.AnySpan | undefined };
export const isHappened = (command: Command): command is Command & Happened =>
  command.type === "outcome" || command.type === "review" || command.type === "park" || command.type === "timer" || command.type === "wake";
/** Whether it is taken back only to be tried again: what happened anyway, and what somebody was told has happened. */
export const comesBack = (command: Command): boolean => isHappened(command) || ("answered" in command && command.answered === true);
/** An effect waits for what it tells, so it cannot tell too much; and what was looked up has its place. */
export const isRefusable = (command: Command): boolean =>
  !comesBack(command) && command.type !== "progress" && !("checked" in command && command.checked === true);

/** One run of an effect: the invoke and the step that asked for it. */
export interface EffectRef {
  readonly invokeId: string;
  readonly seq: number;
}

/** What is done again if the commit fails: nobody waits for it any more, and its first time may have been written. */
export const answered = (command: Extract<Command, { type: "create" | "send" }>): Command => {
  const { address, eventId, hash, trace } = command;
  const again = { address, eventId, hash, trace, answered: true, reply: () => {} } as const;
  return command.type === "create"
    ? { ...again, type: "create", input: command.input, novel: false }
    : { ...again, type: "send", event: command.event };
};

/** Answers the state that an earlier command led to. */
export const repeated =
  (reply: Reply<Acknowledged>): Reply<Committed> =>
  (state) =>
    reply(state instanceof CallError ? state : acknowledge(state, false));
