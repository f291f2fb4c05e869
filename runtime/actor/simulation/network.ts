// Ways between processes, the lock keeper, the channels and the disk. In bad weather what is sent is lost or late, its answer
// too; a way may be cut. What arrives does so even if its sender has died meanwhile.
import type { Life, Time } from "./time.ts";

export type Place = "disk" | "locks" | "channels" | "processes";

export class Network {
  /** 0: fine; 1: some of what travels is lost or late; 2: nothing arrives. */
  readonly weather: Record<Place, 0 | 1 | 2> = { disk: 0, locks: 0, channels: 0, processes: 0 };
  /** Processes that do not reach a place. */
  readonly cut: Record<Place, Set<Life>> = { disk: new Set(), locks: new Set(), channels: new Set(), processes: new Set() };
  readonly #time: Time;

  constructor(time: Time) {
    this.#time = time;
  }

  get time(): Time {
    return this.#time;
  }

  /** ms until something that is sent now arrives; null: never. */
  delay(place: Place, ...ends: ReadonlyArray<Life>): number | null {
    const { dice } = this.#time;
    const weather = this.weather[place];
    if (weather === 2 || ends.some((life) => this.cut[place].has(life))) return null;
    if (weather === 0) return dice.below(4);
    const fate = dice.below(12);
    if (fate === 0) return null;
    return fate < 3 ? dice.below(4000) : dice.below(30);
  }

  send(place: Place, ends: ReadonlyArray<Life>, to: Life | null, run: () => void): void {
    const delay = this.delay(place, ...ends);
    if (delay !== null) this.#time.add(run, to, delay);
  }

  /** A request and its answer: null if there was none in `patienceMs`. The request may be served all the same, even later. */
  ask<T>(place: Place, life: Life, patienceMs: number, serve: () => T, answer: (answer: T | null) => void): void {
    let open = true;
    const close = (result: T | null): void => {
      if (!open) return;
      open = false;
      answer(result);
    };
    this.#time.add(() => close(null), life, patienceMs);
    this.send(place, [life], null, () => {
      const result = serve();
      this.send(place, [life], life, () => close(result));
    });
  }
}
