// One server stream: items go out as the client grants credit and takes them off the wire; the producer waits meanwhile.
import { Effect, Exit, type Fiber, Latch, Stream } from "effect";
import { encodeFrame, encodeItem } from "#protocol/wire/codec.ts";
import type { ClientFrame } from "#protocol/wire/frames.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { count } from "./counters.ts";
import { checkInput, errorOf, errorOfThrown } from "./failures.ts";
import type { Line, Opened } from "./line.ts";
import type { StreamRoute } from "./routes.ts";

/** Granted credit beyond this is forgotten. */
const mostCredit = 1_000_000;

export class OpenStream implements Opened {
  readonly #line: Line;
  readonly #id: number;
  readonly #route: StreamRoute;
  #credit: number;
  readonly #ready = Latch.makeUnsafe(true);
  #fiber: Fiber.Fiber<void, CallError> | undefined;
  #closed = false;

  constructor(line: Line, frame: Extract<ClientFrame, { t: "open" }>, route: StreamRoute) {
    this.#line = line;
    this.#id = frame.id;
    this.#route = route;
    this.#credit = frame.credit;
  }

  start(raw: unknown): void {
    const line = this.#line;
    const { maxInFlight } = line.hub.limits;
    if (line.running >= maxInFlight) {
      line.fail(this.#id, new CallError("overloaded", `${maxInFlight} calls of this connection are under way. Wait for one.`), this.#route);
      return;
    }
    const input = checkInput(this.#route, raw, line.log);
    if (input instanceof CallError) {
      line.fail(this.#id, input, this.#route);
      return;
    }
    let opening: Effect.Effect<Stream.Stream<unknown, CallError>, CallError>;
    try {
      opening = this.#route.handle(input.data, line.context);
    } catch (thrown) {
      line.fail(this.#id, errorOfThrown(thrown, this.#route.name, line.log), this.#route);
      return;
    }
    line.running++;
    line.open.set(this.#id, this);
    this.#fiber = line.run(Effect.flatMap(opening, (items) => Stream.runForEach(items, this.#deliver)));
    this.#fiber.addObserver(this.#end);
  }

  readonly #deliver = (item: unknown): Effect.Effect<void> => {
    if (this.#credit > 0 && !this.#line.congested) {
      this.#credit--;
      this.#line.send(encodeItem(this.#id, JSON.stringify(item) ?? "null"));
      return Effect.void;
    }
    this.#ready.closeUnsafe();
    return Effect.flatMap(this.#ready.await, () => this.#deliver(item));
  };

  readonly #end = (exit: Exit.Exit<void, CallError>): void => {
    this.#line.running--;
    if (!this.#close()) return;
    if (Exit.isSuccess(exit)) {
      count(this.#route.outcomes, "ok");
      this.#line.send(encodeFrame({ t: "end", id: this.#id }));
    } else {
      this.#line.fail(this.#id, errorOf(exit.cause, this.#route.name, this.#line.log), this.#route);
    }
  };

  #close(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#line.open.delete(this.#id);
    return true;
  }

  grant(credit: number): void {
    this.#credit = Math.min(mostCredit, this.#credit + credit);
    this.#ready.openUnsafe();
  }

  /** The wire is free again. */
  resume(): void {
    this.#ready.openUnsafe();
  }

  cancel(): void {
    if (!this.#close()) return;
    this.#line.fail(this.#id, new CallError("cancelled", "The stream was cancelled."), this.#route);
    this.#fiber?.interruptUnsafe();
  }

  drop(): void {
    if (this.#close()) this.#fiber?.interruptUnsafe();
  }
}
