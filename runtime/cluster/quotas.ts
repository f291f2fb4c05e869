// What one person may do everywhere together, whichever processes they reach. Each process counts for itself besides, so that while
// the others cannot be asked there is a limit still: then it holds for each process alone.
import { Context, Effect, Layer } from "effect";

export class Quotas extends Context.Service<
  Quotas,
  {
    /**
     * Counts a try of `key`, of which there may be `most` in any minute: answers 0, or how many ms to wait before the next. A refused
     * try does not count. `id`: of this try.
     */
    readonly attempt: (key: string, id: string, most: number) => Effect.Effect<number>;
    /** The try was a success and does not count. */
    readonly takeBack: (key: string, id: string) => Effect.Effect<void>;
    /** Whether the holder may be one of `most` of `key`; it is, if so, until it leaves or its process ends. */
    readonly enter: (key: string, holder: string, most: number) => Effect.Effect<boolean>;
    readonly leave: (key: string, holder: string) => Effect.Effect<void>;
  }
>()("pixsim/runtime/Quotas") {
  /** One process: what it counts itself is all there is. */
  static readonly alone: Layer.Layer<Quotas> = Layer.succeed(Quotas, {
    attempt: () => Effect.succeed(0),
    takeBack: () => Effect.void,
    enter: () => Effect.succeed(true),
    leave: () => Effect.void,
  });
}
