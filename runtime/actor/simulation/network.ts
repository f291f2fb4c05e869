// Ways between processes, the lock keeper, the channels and the disk. In bad weather what is sent is lost or late, its answer
// too; a way may be cut. What arrives does so even if its sender has died meanwhile. The lock keeper may also refuse a process: its
// connection is over then, with all that was on its way, and comes about anew later.
import type { Life, Time } from "./time.ts";

export type Place = "disk" | "locks" | "channels" | "processes";

export class Network {
  /** 0: fine; 1: some of what travels is lost or late; 2: nothing arrives. */
  readonly weather: Record<Place, 0 | 1 | 2> = { disk: 0, locks: 0, channels: 0, processes: 0 };
  /** Processes that do not reach a place. */
  readonly cut: Record<Place, Set<Life>> = { disk: new Set(), locks: new Set(), channels: new Set(), processes: new Set() };
  /** Processes that the lock keeper refuses. */
  readonly refused = new Set<Life>();
  /** How often the connection of a process to the lock keeper has come about anew. */
  readonly #connections = new Map<Life, number>();
  readonly #time: Time;

  constructor(time: Time) {
    this.#time = time;
  }

  get time(): Time {
    return this.#time;
  }

  connections(life: Life): number {
    return this.#connections.get(life) ?? 0;
  }

  accept(life: Life): void {
    this.refused.delete(life);
    this.#connections.set(life, this.connections(life) + 1);
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

  /** A request to the lock keeper and its answer: null if there was none in `patienceMs`, or it refused. The request may be served all the same, even later. */
  askLocks<T>(life: Life, patienceMs: number, serve: () => T, answer: (answer: T | null) => void): void {
    let open = true;
    const close = (result: T | null): void => {
      if (!open) return;
      open = false;
      answer(result);
    };
    const refuse = (): void => this.#time.add(() => close(null), life, this.#time.dice.below(4));
    if (this.refused.has(life)) return refuse();
    const connection = this.connections(life);
    this.#time.add(() => close(null), life, patienceMs);
    this.send("locks", [life], null, () => {
      if (this.refused.has(life)) return refuse();
      const result = serve();
      this.send("locks", [life], life, () => close(this.refused.has(life) || this.connections(life) !== connection ? null : result));
    });
  }
}
