// Who is in the cluster and who holds which cell: what Redis is to the real registry. It may forget everything.
import type { Standing } from "../../cluster/placement.ts";

/** Who said no longer ago that it reaches the store does so still, ms. */
const reachMs = 2500;

export class Locks {
  readonly #held = new Map<number, { readonly owner: string; until: number }>();
  readonly #alive = new Map<string, { readonly owner: string; until: number }>();
  readonly #reached = new Map<string, number>();
  readonly #withdrawn = new Set<string>();
  readonly #now: () => number;
  readonly expiryMs: number;

  constructor(expiryMs: number, now: () => number) {
    this.expiryMs = expiryMs;
    this.#now = now;
  }

  forget(): void {
    this.#held.clear();
    this.#alive.clear();
    this.#withdrawn.clear();
    this.#reached.clear();
  }

  /** Answers whether another one reaches the store. */
  stand(address: string, standing: Standing): boolean {
    const alive = this.#living();
    if (!alive.includes(address)) return false;
    if (standing === "reaches") this.#reached.set(address, this.#now());
    else this.#reached.delete(address);
    if (standing === "withdrawn") this.#withdrawn.add(address);
    else this.#withdrawn.delete(address);
    return [...this.#reached].some(([other, at]) => other !== address && at >= this.#now() - reachMs && alive.includes(other));
  }

  holder(cell: number): string | undefined {
    const lock = this.#held.get(cell);
    return lock !== undefined && lock.until > this.#now() ? lock.owner : undefined;
  }

  join(address: string, owner: string): void {
    this.#alive.set(address, { owner, until: this.#now() + this.expiryMs });
  }

  leave(address: string, owner: string): void {
    if (this.#alive.get(address)?.owner === owner) this.#bury(address);
  }

  #bury(address: string): void {
    this.#alive.delete(address);
    this.#withdrawn.delete(address);
    this.#reached.delete(address);
  }

  #living(): ReadonlyArray<string> {
    for (const [address, { until }] of this.#alive) if (until <= this.#now()) this.#bury(address);
    return [...this.#alive.keys()];
  }

  /** Addresses of all that live and have not withdrawn: if all have, that counts for none. */
  fit(): ReadonlyArray<string> {
    const living = this.#living();
    const fit = living.filter((address) => !this.#withdrawn.has(address));
    return fit.length === 0 ? living : fit;
  }

  acquire(owner: string, cells: ReadonlyArray<number>): ReadonlyArray<number> {
    const got = cells.filter((cell) => (this.holder(cell) ?? owner) === owner);
    for (const cell of got) this.#held.set(cell, { owner, until: this.#now() + this.expiryMs });
    return got;
  }

  /** Never takes a lock anew: one that was lost must be seen as lost. */
  refresh(owner: string, cells: ReadonlyArray<number>): ReadonlyArray<number> {
    const still = cells.filter((cell) => this.holder(cell) === owner);
    for (const cell of still) this.#held.get(cell)!.until = this.#now() + this.expiryMs;
    return still;
  }

  release(owner: string, cells: ReadonlyArray<number>): void {
    for (const cell of cells) if (this.holder(cell) === owner) this.#held.delete(cell);
  }
}
