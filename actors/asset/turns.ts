// Lets one effect a key run at a time; the others wait their turn in order. Keys without takers cost nothing.
import { Effect, Semaphore } from "effect";

export type Turns = <A, E, R>(key: string, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>;

export const makeTurns = (): Turns => {
  const gates = new Map<string, { readonly semaphore: Semaphore.Semaphore; takers: number }>();
  return (key, effect) =>
    Effect.suspend(() => {
      let gate = gates.get(key);
      if (gate === undefined) gates.set(key, (gate = { semaphore: Semaphore.makeUnsafe(1), takers: 0 }));
      const mine = gate;
      mine.takers++;
      return mine.semaphore
        .withPermits(1)(effect)
        .pipe(
          Effect.ensuring(
            Effect.sync(() => {
              mine.takers--;
              if (mine.takers === 0) gates.delete(key);
            }),
          ),
        );
    });
};
