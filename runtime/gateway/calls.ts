// One call's life: its input is checked, its handler runs, one answer goes back. A handler whose effect is done already is
// answered on the spot, without a fiber, a timer or an entry in any table: most of what a busy server does.
import { Effect, Exit, type Fiber, Tracer } from "effect";
import { encodeOk } from "#protocol/wire/codec.ts";
import type { ClientFrame } from "#protocol/wire/frames.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { Alarm } from "./alarms.ts";
import { count } from "./counters.ts";
import { jsonOf } from "./encoded.ts";
import { checkInput, errorOf, errorOfThrown } from "./failures.ts";
import type { Work } from "./hub.ts";
import type { Line, Opened } from "./line.ts";
import type { CallRoute } from "./routes.ts";

type CallFrame = Extract<ClientFrame, { t: "call" }>;

export const startCall = (line: Line, frame: CallFrame, route: CallRoute): void => {
  const { id } = frame;
  if (line.running >= line.hub.limits.maxInFlight) {
    line.fail(
      id,
      new CallError("overloaded", `${line.hub.limits.maxInFlight} calls of this connection are under way. Wait for one.`),
      route,
    );
    return;
  }
  const input = checkInput(route, frame.input, line.log);
  if (input instanceof CallError) {
    line.fail(id, input, route);
    return;
  }
  const { tracing } = line.hub;
  // Who is not signed in has no say in what is traced.
  const span = tracing === null ? undefined : tracing.request(route.name, line.context.principal === null ? undefined : frame.traceparent);
  if (span === undefined) run(line, frame, route, input.data, undefined);
  else run(line, frame, traced(route, span), input.data, span);
};

/** The route with a handler that runs within the span, and says so in its log lines. */
const traced = (route: CallRoute, span: Tracer.Span): CallRoute => ({
  ...route,
  handle: (input, context) =>
    Effect.suspend(() => route.handle(input, context)).pipe(
      Effect.annotateLogs("trace", span.traceId),
      Effect.provideService(Tracer.ParentSpan, span),
    ),
});

/** Ends the span with the effect, however that ends. */
const watched = <A, E>(line: Line, effect: Effect.Effect<A, E>, span: Tracer.Span | undefined): Effect.Effect<A, E> =>
  span === undefined ? effect : Effect.onExit(effect, (exit) => Effect.sync(() => line.hub.tracing?.ended(span, exit)));

const run = (line: Line, frame: CallFrame, route: CallRoute, input: unknown, span: Tracer.Span | undefined): void => {
  const { id } = frame;
  const { context } = line;
  // What changes nothing has no need of a key.
  const key = route.mutation ? frame.key : undefined;
  if (key !== undefined && context.principal !== null) {
    new OpenCall(line, frame, route, { user: context.principal.userId, key }).start(
      watched(
        line,
        line.hub.idempotency.run(
          { user: context.principal.userId, call: route.name, key },
          input,
          () => route.handle(input, { ...context, key }),
          line.run,
        ),
        span,
      ),
    );
    return;
  }
  let effect: Effect.Effect<unknown, CallError>;
  try {
    effect = watched(line, route.handle(input, key === undefined ? context : { ...context, key }), span);
  } catch (thrown) {
    line.fail(id, errorOfThrown(thrown, route.name, line.log), route);
    return;
  }
  if (Exit.isExit(effect)) answer(line, id, route, effect as Exit.Exit<unknown, CallError>, false);
  else new OpenCall(line, frame, route, undefined).start(effect);
};

const answer = (line: Line, id: number, route: CallRoute, exit: Exit.Exit<unknown, CallError>, encoded: boolean): void => {
  if (Exit.isFailure(exit)) {
    line.fail(id, errorOf(exit.cause, route.name, line.log), route);
    return;
  }
  let frame: string;
  try {
    frame = encodeOk(id, encoded ? (exit.value as string) : jsonOf(exit.value));
  } catch (thrown) {
    // A cycle or a bigint: a mistake of the handler.
    line.fail(id, errorOfThrown(thrown, route.name, line.log), route);
    return;
  }
  count(route.outcomes, "ok");
  line.send(frame);
};

/** A call whose handler takes its time. */
class OpenCall implements Opened, Work {
  readonly #line: Line;
  readonly #frame: CallFrame;
  readonly #route: CallRoute;
  /** Whose key it is, where it has one: then what the fiber gives is encoded already. */
  readonly #keyed: { readonly user: string; readonly key: string } | undefined;
  #fiber: Fiber.Fiber<unknown, CallError> | undefined;
  #deadline: Alarm | undefined;
  #answered = false;

  constructor(line: Line, frame: CallFrame, route: CallRoute, keyed: { readonly user: string; readonly key: string } | undefined) {
    this.#line = line;
    this.#frame = frame;
    this.#route = route;
    this.#keyed = keyed;
  }

  start(effect: Effect.Effect<unknown, CallError>): void {
    const line = this.#line;
    const fiber = line.run(effect);
    const done = fiber.pollUnsafe();
    if (done !== undefined) {
      answer(line, this.#frame.id, this.#route, done, this.#keyed !== undefined);
      return;
    }
    this.#fiber = fiber;
    line.running++;
    line.hub.working.add(this);
    line.open.set(this.#frame.id, this);
    this.#deadline = line.hub.alarms.set(this.#frame.deadline ?? line.hub.limits.deadlineMs, this.#expire);
    fiber.addObserver(this.#end);
  }

  readonly #end = (exit: Exit.Exit<unknown, CallError>): void => {
    const { hub } = this.#line;
    this.#line.running--;
    hub.working.delete(this);
    this.#deadline?.stop();
    if (this.#close()) answer(this.#line, this.#frame.id, this.#route, exit, this.#keyed !== undefined);
    hub.changed();
  };

  stop(): void {
    this.#fiber?.interruptUnsafe();
  }

  /** Frees the id. False: it has been answered before. */
  #close(): boolean {
    if (this.#answered) return false;
    this.#answered = true;
    this.#line.open.delete(this.#frame.id);
    return true;
  }

  readonly #expire = (): void => {
    if (this.#close()) {
      const message = "There was no answer within the deadline; the work may still complete.";
      this.#line.fail(this.#frame.id, new CallError("deadline_exceeded", message), this.#route);
    }
    // With a key only the waiting ends: the work goes on, and a repeat of the call joins it.
    this.#fiber?.interruptUnsafe();
  };

  cancel(): void {
    if (!this.#close()) return;
    this.#deadline?.stop();
    this.#line.fail(this.#frame.id, new CallError("cancelled", "The call was cancelled."), this.#route);
    if (this.#keyed !== undefined) this.#line.hub.idempotency.abandon({ ...this.#keyed, call: this.#route.name });
    this.#fiber?.interruptUnsafe();
  }

  /** The work goes on until its deadline: what changes something must not be left half done because a cable was pulled. */
  drop(): void {
    this.#answered = true;
  }
}
