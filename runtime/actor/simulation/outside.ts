// What effects call: a service that takes orders by key. It counts what it was asked for, however often, and never forgets.
import { Context, Effect } from "effect";
import type { EffectFailure } from "../define.ts";
import type { Life, Time } from "./time.ts";

/** Calls of one process to it. */
export class Outside extends Context.Service<
  Outside,
  {
    /** Completes when there is a connection to it. */
    readonly connect: Effect.Effect<void>;
    /** Orders something. `known`: it takes a key once, and answers a repeat as it answered the first time. */
    readonly order: (key: string, known: boolean) => Effect.Effect<string, EffectFailure>;
    /** What became of an order, if it came in. */
    readonly find: (key: string) => Effect.Effect<string | undefined, EffectFailure>;
    /** A bug that shows now and then. */
    readonly stumble: Effect.Effect<void>;
  }
>()("pixsim/runtime/simulation/Outside") {}

/** A call may be on its way for so long, ms: less than the quarantine of a look-up. */
const mostUnderWay = 4000;
const patienceMs = 9000;
const refused: EffectFailure = { kind: "refused", message: "no" };
const silent: EffectFailure = { kind: "silent", message: "no answer" };

export class Service {
  /** Orders by key, as often as each was carried out. */
  readonly done = new Map<string, number>();
  /** Calls are slow, get lost, and callers stumble. */
  stormy = false;
  readonly #time: Time;
  /** Looks at each order as it is sent. */
  readonly #called: (key: string, from: Life) => void;

  constructor(time: Time, called: (key: string, from: Life) => void) {
    this.#time = time;
    this.#called = called;
  }

  from(life: Life): Outside["Service"] {
    const { dice } = this.#time;
    const delay = () => (this.stormy && dice.oneIn(4) ? dice.below(mostUnderWay) : dice.below(40));
    const lost = () => this.stormy && dice.oneIn(10);
    const call = <A>(serve: () => A | EffectFailure, isFailure: (answer: A | EffectFailure) => answer is EffectFailure) =>
      Effect.callback<A, EffectFailure>((resume) => {
        const giveUp = this.#time.after(patienceMs, () => resume(Effect.fail(silent)), life);
        if (lost()) return Effect.sync(giveUp);
        this.#time.add(
          () => {
            const answer = serve();
            if (lost()) return;
            const heard = () => {
              giveUp();
              resume(isFailure(answer) ? Effect.fail(answer) : Effect.succeed(answer));
            };
            this.#time.add(heard, life, delay());
          },
          null,
          delay(),
        );
        return Effect.sync(giveUp);
      });
    const connect = Effect.callback<void>((resume) => Effect.sync(this.#time.after(delay(), () => resume(Effect.void), life)));
    return {
      connect,
      order: (key, known) =>
        Effect.suspend(() => {
          this.#called(key, life);
          return call(
            () => this.#take(key, known),
            (answer): answer is EffectFailure => typeof answer !== "string",
          );
        }),
      find: (key) =>
        call<string | undefined>(
          () => (this.stormy && dice.oneIn(5) ? silent : this.done.has(key) ? key : undefined),
          (answer): answer is EffectFailure => typeof answer === "object",
        ),
      stumble: Effect.suspend(() => (this.stormy && dice.oneIn(8) ? Effect.die(new Error("a bug of an effect")) : Effect.void)),
    };
  }

  #take(key: string, known: boolean): string | EffectFailure {
    const before = this.done.get(key) ?? 0;
    if (before > 0 && known) return key;
    if (before === 0 && this.#time.dice.oneIn(5)) return refused;
    this.done.set(key, before + 1);
    return key;
  }
}
