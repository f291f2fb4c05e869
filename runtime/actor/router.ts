// Brings commands to their actors: here at once; for other processes gathered by cell, sent to whoever serves it, and sent on when
// it moves. A command on its way has an event id, so a repeat is the same command, and an answer lost costs nothing.
import { Effect, Exit, type Tracer } from "effect";
import * as z from "zod";
import { CallError, WireError } from "#protocol/wire/errors.ts";
import type { StoredSnapshot } from "./step.ts";
import { cellOf, type OpenEffect, type StoredActor } from "./store.ts";
import type { Placement } from "../cluster/placement.ts";
import { spanOf, traceparentOf } from "../observe/tracing.ts";
import type { Acknowledged } from "./actors.ts";
import type { Command, Decision } from "./commands.ts";
import { storedFrom } from "./committed.ts";
import { Moved } from "./moved.ts";

const ActorEventJson = z.looseObject({ type: z.string() });
const EffectRefJson = z.object({ invokeId: z.string(), seq: z.number() });
const DecisionJson = z.discriminatedUnion("type", [
  z.object({ type: z.literal("resend") }),
  z.object({ type: z.literal("fail") }),
  z.object({ type: z.literal("done"), output: z.unknown() }),
]) satisfies z.ZodType<Decision>;

/** The span that sent it, by the W3C's Trace Context, where that is traced. */
const trace = z.string().optional();

const Sent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("create"),
    address: z.string(),
    input: z.unknown(),
    eventId: z.string().optional(),
    hash: z.string(),
    novel: z.boolean(),
    trace,
  }),
  z.object({
    type: z.literal("send"),
    address: z.string(),
    event: ActorEventJson,
    eventId: z.string().optional(),
    hash: z.string(),
    trace,
  }),
  z.object({ type: z.literal("peek"), address: z.string() }),
  z.object({ type: z.literal("resume"), address: z.string(), by: z.string() }),
  z.object({
    type: z.literal("resolve"),
    address: z.string(),
    effect: EffectRefJson,
    decision: DecisionJson,
    by: z.string(),
    eventId: z.string(),
    hash: z.string(),
  }),
]);
/** A command as it travels. */
export type Sent = z.infer<typeof Sent>;
type Steps = Extract<Sent, { readonly type: "create" | "send" }>;

const AcknowledgedJson = z.object({
  seq: z.number(),
  at: z.number(),
  value: z.unknown(),
  context: z.record(z.string(), z.unknown()),
  status: z.enum(["active", "done", "error"]),
  fresh: z.boolean(),
}) satisfies z.ZodType<Acknowledged>;

const OpenEffectJson = z.object({
  invokeId: z.string(),
  seq: z.number(),
  name: z.string(),
  input: z.unknown(),
  review: z.boolean(),
  startedAt: z.number(),
}) satisfies z.ZodType<OpenEffect>;

const StoredActorJson = z.object({
  address: z.string(),
  kind: z.string(),
  machineVersion: z.number(),
  seq: z.number(),
  at: z.number(),
  createdAt: z.number(),
  parked: z.string().nullable(),
  snapshot: z.custom<StoredSnapshot>((value) => typeof value === "object" && value !== null),
  effects: z.array(OpenEffectJson).readonly(),
  timers: z.array(z.object({ id: z.string(), dueAt: z.number(), event: ActorEventJson })).readonly(),
}) satisfies z.ZodType<StoredActor>;

const Answer = z.union([
  z.object({ done: AcknowledgedJson.nullable() }),
  z.object({ state: StoredActorJson }),
  z.object({ failed: WireError }),
  z.object({ moved: z.literal(true) }),
]);
type Answer = z.infer<typeof Answer>;

const Answers = z.array(Answer);
const Commands = z.array(Sent);

/** Commands in one message. */
const mostTogether = 500;
/** Commands that wait to be sent on, in all. */
const mostWaiting = 20_000;
/** Pause before a command is sent on, ms. */
const pauseMs = 50;
/** Whatever the caller's patience, ms. */
const patienceMs = 30_000;

/** What a command is answered with. */
interface Results {
  readonly create: Acknowledged;
  readonly send: Acknowledged;
  readonly peek: StoredActor;
  readonly resume: null;
  readonly resolve: null;
}
type Result = Acknowledged | StoredActor | null | CallError;
type Reply = (result: Result) => void;

const commandOf = (sent: Sent, reply: Reply, from: Tracer.AnySpan | undefined): Command => {
  const command = untraced(sent, reply);
  return from === undefined ? command : { ...command, trace: from };
};

const untraced = (sent: Sent, reply: Reply): Command => {
  switch (sent.type) {
    case "create":
      return { type: "create", address: sent.address, input: sent.input, eventId: sent.eventId, hash: sent.hash, novel: sent.novel, reply };
    case "send":
      return { type: "send", address: sent.address, event: sent.event, eventId: sent.eventId, hash: sent.hash, reply };
    case "peek":
      return { type: "peek", address: sent.address, reply: (state) => reply(state instanceof CallError ? state : storedFrom(state)) };
    case "resume":
      return { type: "resume", address: sent.address, by: sent.by, reply };
    case "resolve":
      return { ...sent, reply };
  }
};

/** Whether it is the same command however often it arrives. Resuming is refused when it comes twice, which does no harm. */
const isRepeatable = (sent: Sent): boolean => sent.type !== "send" || sent.eventId !== undefined;

/** As it may travel. What arrives twice is not novel the second time: taken for novel, it would be written over the first and depose its cell. */
const repeatable = (sent: Sent): Sent => {
  if (sent.type === "create" && sent.novel) return { ...sent, novel: false };
  return sent.type === "send" && sent.eventId === undefined ? { ...sent, eventId: crypto.randomUUID() } : sent;
};

interface Waiting {
  readonly command: Sent;
  readonly until: number;
  readonly reply: Reply;
}

export interface RouterPorts {
  readonly call: Placement["Service"]["call"];
  /** Whether this process takes commands for the actor. */
  readonly owns: (address: string) => boolean;
  readonly dispatch: (command: Command) => void;
  /** ms that only grow. */
  readonly now: () => number;
  readonly fork: (effect: Effect.Effect<void>) => void;
}

export interface RoutedCounts {
  /** Commands sent to other processes, repeats included. */
  sent: number;
  /** Commands sent again because their actor had moved. */
  moved: number;
  /** Commands for which no process answered. */
  failed: number;
  /** Commands of other processes. */
  received: number;
}

const gone = (): CallError => new CallError("unavailable", "The actor did not settle in one server process in time. Try again.");

export class Router {
  readonly #ports: RouterPorts;
  readonly #outboxes = new Map<number, Array<Waiting>>();
  #waiting = 0;
  readonly counts: RoutedCounts = { sent: 0, moved: 0, failed: 0, received: 0 };

  constructor(ports: RouterPorts) {
    this.#ports = ports;
  }

  /** Errors: those of the command; unavailable, overloaded. */
  readonly command = <S extends Sent>(sent: S): Effect.Effect<Results[S["type"]], CallError> => this.#bring(sent, undefined);

  /** `from`: the span that sends it, where that is traced. Errors as above. */
  readonly traced = <S extends Steps>(sent: S, from: Tracer.AnySpan | undefined): Effect.Effect<Results[S["type"]], CallError> =>
    this.#bring<S>(from === undefined ? sent : { ...sent, trace: traceparentOf(from) }, from);

  #bring<S extends Sent>(sent: S, from: Tracer.AnySpan | undefined): Effect.Effect<Results[S["type"]], CallError> {
    return Effect.callback((resume) => {
      const answer: Reply = (result) =>
        resume(result instanceof CallError ? Exit.fail(result) : Exit.succeed(result as Results[S["type"]]));
      if (!this.#ports.owns(sent.address)) return this.#sendOn(repeatable(sent), answer);
      const reply: Reply = (result) => {
        const again = result instanceof Moved && (!result.uncertain || isRepeatable(sent));
        if (again) this.#sendOn(repeatable(sent), answer);
        else answer(result);
      };
      this.#ports.dispatch(commandOf(sent, reply, from));
    });
  }

  /** A message of another process' router. */
  readonly receive = (message: string): Effect.Effect<string> =>
    Effect.callback((resume) => {
      const commands = Commands.parse(JSON.parse(message));
      const answers: Array<Answer> = Array.from({ length: commands.length });
      let open = commands.length;
      this.counts.received += open;
      for (const [index, sent] of commands.entries()) {
        const reply: Reply = (result) => {
          if (result instanceof Moved) answers[index] = { moved: true };
          else if (result instanceof CallError) answers[index] = { failed: result.toWire() };
          else answers[index] = result !== null && "snapshot" in result ? { state: result } : { done: result };
          if (--open === 0) resume(Exit.succeed(JSON.stringify(answers)));
        };
        const from = "trace" in sent && sent.trace !== undefined ? spanOf(sent.trace) : undefined;
        this.#ports.dispatch(commandOf(sent, reply, from));
      }
    });

  #sendOn(command: Sent, answer: Reply): void {
    if (this.#waiting >= mostWaiting) return answer(new CallError("overloaded", "Too much waits for other server processes. Try again."));
    this.#waiting++;
    const reply: Reply = (result) => {
      this.#waiting--;
      answer(result);
    };
    this.#post({ command, until: this.#ports.now() + patienceMs, reply });
  }

  #post(waiting: Waiting): void {
    const cell = cellOf(waiting.command.address);
    const outbox = this.#outboxes.get(cell);
    if (outbox !== undefined) return void outbox.push(waiting);
    const fresh = [waiting];
    this.#outboxes.set(cell, fresh);
    this.#ports.fork(
      Effect.andThen(
        Effect.yieldNow,
        Effect.suspend(() => {
          this.#outboxes.delete(cell);
          const parts = Array.from({ length: Math.ceil(fresh.length / mostTogether) }, (_, part) =>
            fresh.slice(part * mostTogether, (part + 1) * mostTogether),
          );
          return Effect.forEach(parts, (part) => this.#send(cell, part), { concurrency: "unbounded", discard: true });
        }),
      ),
    );
  }

  #send(cell: number, part: ReadonlyArray<Waiting>): Effect.Effect<void> {
    this.counts.sent += part.length;
    return Effect.matchEffect(this.#ports.call(cell, JSON.stringify(part.map(({ command }) => command))), {
      onFailure: (error) =>
        Effect.sync(() => {
          this.counts.failed += part.length;
          for (const { reply } of part) reply(error);
        }),
      onSuccess: (text) => this.#deal(part, Answers.parse(JSON.parse(text))),
    });
  }

  #deal(part: ReadonlyArray<Waiting>, answers: ReadonlyArray<Answer>): Effect.Effect<void> {
    const again: Array<Waiting> = [];
    for (const [index, waiting] of part.entries()) {
      const answer = answers[index];
      if (answer === undefined) waiting.reply(gone());
      else if ("done" in answer) waiting.reply(answer.done);
      else if ("state" in answer) waiting.reply(answer.state);
      else if ("failed" in answer) waiting.reply(CallError.fromWire(answer.failed));
      else if (this.#ports.now() >= waiting.until) waiting.reply(gone());
      else again.push(waiting);
    }
    if (again.length === 0) return Effect.void;
    this.counts.moved += again.length;
    return Effect.andThen(
      Effect.sleep(pauseMs),
      Effect.sync(() => again.forEach((waiting) => this.#post(waiting))),
    );
  }
}
