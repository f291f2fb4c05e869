// Placement as Effect Cluster gives it: each process refreshes its locks, takes the cells that are assigned to it, gives those
// back that are not, and lets go when the keeper of the locks refuses or is silent, of what it does not surely hold until it asks
// again. Messages are asked again until they are answered.
import { Effect, type Scope } from "effect";
import { ask } from "../../cluster/cells.ts";
import { Leases, refreshesPerLife, refusalMs } from "../../cluster/leases.ts";
import type { CellServer, Placement } from "../../cluster/placement.ts";
import { allCells } from "../store.ts";
import type { Locks } from "./locks.ts";
import type { Network } from "./network.ts";
import type { Life } from "./time.ts";

const askMs = 1000;
/** A refusal is asked about again after so long, ms. */
const retryMs = 50;

/** A cell that this process has the lock of. */
interface Held {
  state: "opening" | "open" | "closing";
  /** To be closed as soon as it is open. */
  leave: boolean;
}

/** Which of the processes that live a cell is assigned to: the same for all who know the same ones. */
const assign = (cell: number, alive: ReadonlyArray<string>): string | undefined => {
  let best: string | undefined;
  let most = -1;
  for (const address of alive) {
    const weight = Math.imul((cell + 1) * 2654435761, address.charCodeAt(address.length - 1) * 40503 + 1) >>> 0;
    if (weight > most) [best, most] = [address, weight];
  }
  return best;
};

export interface Fabric {
  readonly network: Network;
  readonly locks: Locks;
  /** Cells in which there are actors. */
  readonly cells: ReadonlyArray<number>;
  /** Who answers at an address now. */
  readonly at: (address: string) => Agent | undefined;
}

export class Agent {
  readonly life: Life;
  /** `handovers` belong to the host that it serves. */
  readonly placement: Omit<Placement["Service"], "handovers">;
  readonly #fabric: Fabric;
  readonly #address: string;
  readonly #owner: string;
  readonly #fork: (effect: Effect.Effect<void>) => void;
  #server: CellServer | null = null;
  readonly #held = new Map<number, Held>();
  readonly #leases: Leases<number>;
  #alive: ReadonlyArray<string> = [];
  #stopping = false;

  constructor(fabric: Fabric, life: Life, address: string, incarnation: number, fork: (effect: Effect.Effect<void>) => void) {
    this.#fabric = fabric;
    this.life = life;
    this.#address = address;
    this.#owner = `${address}#${incarnation}`;
    this.#fork = fork;
    const { network, locks } = fabric;
    this.#leases = new Leases(locks.expiryMs, {
      monotonic: () => network.time.now,
      wall: () => network.time.now + life.skew,
      connections: () => network.connections(life),
    });
    this.placement = {
      serve: (server) => this.#serve(server),
      areHere: (cells) =>
        Effect.callback((resume) => this.#refresh(cells, (held) => resume(Effect.succeed(cells.filter((cell) => held?.has(cell)))))),
      leaseMs: (cell) => this.#leases.leaseMs(cell),
      tenure: (cell) => this.#leases.tenure(cell),
      call: (cell, message) => ask(Effect.callback<string, "nobody">((resume) => this.#call(cell, message, resume))),
      stand: (standing) =>
        Effect.callback((resume) =>
          this.#ask(
            () => locks.stand(address, standing),
            (another) => resume(Effect.succeed(another)),
          ),
        ),
      once: () => Effect.die("nothing of this world runs only once"),
      leave: Effect.suspend(() => (this.#server === null ? Effect.void : this.#handOver(this.#server))),
      owners: Effect.callback((resume) =>
        this.#ask(
          () => allCells.map((cell) => fabric.locks.holder(cell)?.split("#")[0] ?? null),
          (owners) => resume(Effect.succeed(owners)),
        ),
      ),
    };
  }

  get owner(): string {
    return this.#owner;
  }

  /** Whether it serves the cell, and has not begun to let go. */
  serves(cell: number): boolean {
    return this.#held.get(cell)?.state === "open";
  }

  /** The keeper of the locks takes its connection again. */
  back(): void {
    const { locks } = this.#leases;
    if (locks.length > 0) this.#refresh(locks, () => {});
  }

  #ask<T>(serve: () => T, answer: (answer: T | null) => void): void {
    this.#fabric.network.askLocks(this.life, askMs, serve, answer);
  }

  /** Answers which are still held; null: there was no answer. */
  #refresh(cells: ReadonlyArray<number>, answer: (held: ReadonlySet<number> | null) => void): void {
    const term = this.#leases.term();
    this.#ask(
      () => new Set(this.#fabric.locks.refresh(this.#owner, cells)),
      (held) => {
        if (held !== null) this.#leases.refresh(cells, held, term);
        answer(held);
      },
    );
  }

  #serve(server: CellServer): Effect.Effect<void, never, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.sync(() => {
        this.#server = server;
        this.#beat();
      }),
      () => this.#handOver(server),
    );
  }

  #beat(): void {
    if (this.#stopping) return;
    const { locks, network } = this.#fabric;
    network.time.add(() => this.#beat(), this.life, locks.expiryMs / refreshesPerLife);
    this.#refreshAll(network.time.now + refusalMs);
  }

  #refreshAll(until: number): void {
    if (this.#stopping) return;
    const { locks, network } = this.#fabric;
    const mine = [...this.#held.keys()];
    const term = this.#leases.term();
    this.#ask(
      () => {
        locks.join(this.#address, this.#owner);
        return { alive: locks.fit(), held: new Set(locks.refresh(this.#owner, mine)) };
      },
      (answer) => {
        if (answer !== null) this.#leases.refresh(mine, answer.held, term);
        const held = answer?.held ?? new Set(this.#leases.kept(mine, term));
        // A connection that has just come back counts only once it was asked over.
        if (answer === null && held.size === 0 && mine.length > 0 && network.time.now < until)
          return network.time.add(() => this.#refreshAll(until), this.life, retryMs);
        for (const cell of mine) if (!held.has(cell)) this.#close(cell);
        if (answer === null || this.#stopping) return;
        this.#alive = answer.alive;
        this.#settle();
      },
    );
  }

  /** Takes what is assigned to it and gives the rest back. */
  #settle(): void {
    const mine = this.#fabric.cells.filter((cell) => assign(cell, this.#alive) === this.#address);
    for (const cell of this.#held.keys()) if (!mine.includes(cell)) this.#close(cell);
    const wanted = mine.filter((cell) => !this.#held.has(cell));
    if (wanted.length === 0) return;
    const term = this.#leases.term();
    this.#ask(
      () => this.#fabric.locks.acquire(this.#owner, wanted),
      (got) => {
        if (got === null || this.#stopping) return;
        this.#leases.take(got, term);
        this.#open(got.filter((cell) => !this.#held.has(cell)));
      },
    );
  }

  #open(cells: ReadonlyArray<number>): void {
    if (cells.length === 0) return;
    const opened = cells.map((cell) => {
      const held: Held = { state: "opening", leave: false };
      this.#held.set(cell, held);
      return held;
    });
    const done = Effect.sync(() => {
      for (const [index, held] of opened.entries()) {
        held.state = "open";
        if (held.leave) this.#close(cells[index]!);
      }
    });
    this.#fork(Effect.andThen(this.#server!.open(cells), done));
  }

  #close(cell: number): void {
    const held = this.#held.get(cell);
    if (held === undefined || held.state === "closing") return;
    if (held.state === "opening") {
      held.leave = true;
      return;
    }
    held.state = "closing";
    this.#fork(Effect.andThen(this.#server!.close(cell), this.#release([cell])));
  }

  #release(cells: ReadonlyArray<number>): Effect.Effect<void> {
    return Effect.callback((resume) => {
      this.#leases.giveBack(cells);
      this.#ask(
        () => this.#fabric.locks.release(this.#owner, cells),
        () => {
          for (const cell of cells) this.#held.delete(cell);
          resume(Effect.void);
        },
      );
    });
  }

  #handOver(server: CellServer): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#stopping = true;
      this.#alive = this.#alive.filter((address) => address !== this.#address);
      const cells = [...this.#held.keys()];
      const left = Effect.callback<void>((resume) =>
        this.#ask(
          () => this.#fabric.locks.leave(this.#address, this.#owner),
          () => resume(Effect.void),
        ),
      );
      return Effect.forEach(cells, (cell) => server.close(cell), { concurrency: "unbounded", discard: true }).pipe(
        Effect.andThen(this.#release(cells)),
        Effect.andThen(left),
      );
    });
  }

  #call(cell: number, message: string, resume: (answer: Effect.Effect<string, "nobody">) => void): void {
    const answer = (text: string | null): void => resume(text === null ? Effect.fail("nobody") : Effect.succeed(text));
    const address = this.#held.has(cell) ? this.#address : assign(cell, this.#alive);
    if (address === this.#address) return this.#deliver(cell, message, answer);
    const to = address === undefined ? undefined : this.#fabric.at(address);
    if (to === undefined || to.life.dead) return answer(null);
    const { network } = this.#fabric;
    network.send("processes", [this.life, to.life], to.life, () =>
      to.#deliver(cell, message, (text) => network.send("processes", [this.life, to.life], this.life, () => answer(text))),
    );
  }

  #deliver(cell: number, message: string, answer: (text: string | null) => void): void {
    if (this.#held.get(cell)?.state !== "open") return answer(null);
    this.#fork(Effect.map(this.#server!.receive(message), answer));
  }
}
