// Who holds a place at a provider and who is next: lower priority number first, and whoever has been passed over long rises; within a priority
// the users take turns, each user's jobs by their rank and in the order they came. Bookkeeping only: no clock, no fibers, no I/O.

export interface SlotRequest {
  readonly jobId: string;
  readonly provider: string;
  readonly ownerId: string;
  /** Lower goes first. */
  readonly priority: number;
  /** Among the user's own of this priority lower goes first. */
  readonly rank: number;
  /** Since when it has waited, ms epoch: of the same rank who has waited longer goes first. */
  readonly since: number;
}

interface Waiter extends SlotRequest {
  readonly granted: (slot: string) => void;
  /** Places that the desk had given when it came. */
  readonly came: number;
}

/** So many places given to others make a waiter as urgent as one of the next priority: none waits for ever. */
export const rise = 20;

/** Waiters of one priority: users in the order of their turns, and each one's jobs, in order once it is their turn. */
type Turns = Map<string, Map<string, Waiter>>;

const before = (a: Pick<SlotRequest, "rank" | "since">, b: Pick<SlotRequest, "rank" | "since">): number =>
  a.rank - b.rank || a.since - b.since;

class Desk {
  readonly #name: string;
  readonly #concurrency: () => number;
  /** Slot by job id. */
  readonly holders = new Map<string, string>();
  readonly #queues = new Map<number, Turns>();
  /** Jobs of a user of which some came out of order. Sorted at each arrival, ten thousand that come back after a restart take 20 s. */
  readonly #unsorted = new WeakSet<Map<string, Waiter>>();
  waiting = 0;
  /** Places given so far. */
  #given = 0;
  /** Whoever has come stands before or at this. */
  #last: Pick<SlotRequest, "rank" | "since"> = { rank: Number.NEGATIVE_INFINITY, since: 0 };

  constructor(name: string, concurrency: () => number) {
    this.#name = name;
    this.#concurrency = concurrency;
  }

  /** `came`: of who has waited here before. */
  add(request: SlotRequest, granted: (slot: string) => void, came = this.#given): void {
    const waiter: Waiter = { ...request, granted, came };
    let turns = this.#queues.get(waiter.priority);
    if (turns === undefined) this.#queues.set(waiter.priority, (turns = new Map()));
    let jobs = turns.get(waiter.ownerId);
    if (jobs === undefined) turns.set(waiter.ownerId, (jobs = new Map()));
    jobs.set(waiter.jobId, waiter);
    // Most come last, and are it.
    if (before(waiter, this.#last) < 0) this.#unsorted.add(jobs);
    else this.#last = waiter;
    this.waiting++;
  }

  cameOf({ priority, ownerId, jobId }: SlotRequest): number | undefined {
    return this.#queues.get(priority)?.get(ownerId)?.get(jobId)?.came;
  }

  remove({ priority, ownerId, jobId }: SlotRequest): void {
    const turns = this.#queues.get(priority);
    const jobs = turns?.get(ownerId);
    if (turns === undefined || jobs?.delete(jobId) !== true) return;
    this.waiting--;
    if (jobs.size === 0) turns.delete(ownerId);
    if (turns.size === 0) this.#queues.delete(priority);
  }

  /** Waiters that go before one who comes now with this priority. */
  ahead(priority: number): number {
    let count = 0;
    for (const [level, turns] of this.#queues) if (level <= priority) for (const jobs of turns.values()) count += jobs.size;
    return count;
  }

  /** Takes the next waiter out, if there is one and a place for it. */
  next(): { readonly waiter: Waiter; readonly slot: string } | undefined {
    if (this.waiting === 0 || this.holders.size >= this.#concurrency()) return undefined;
    const { turns, ownerId, jobs, waiter } = this.#first()!;
    this.remove(waiter);
    this.#given++;
    // The user's turn is over: to the end.
    if (jobs.size > 0) {
      turns.delete(ownerId);
      turns.set(ownerId, jobs);
    }
    const slot = this.#free();
    this.holders.set(waiter.jobId, slot);
    return { waiter, slot };
  }

  /** Whose turn it is within each priority, and of these the most urgent; of several the one that has risen to it. */
  #first() {
    let best: { readonly turns: Turns; readonly ownerId: string; readonly jobs: Map<string, Waiter>; readonly waiter: Waiter } | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [level, turns] of [...this.#queues].sort(([a], [b]) => b - a)) {
      const [ownerId, jobs] = turns.entries().next().value!;
      this.#sort(jobs);
      const waiter: Waiter = jobs.values().next().value!;
      const urgency = level - Math.floor((this.#given - waiter.came) / rise);
      if (urgency >= least) continue;
      least = urgency;
      best = { turns, ownerId, jobs, waiter };
    }
    return best;
  }

  #sort(jobs: Map<string, Waiter>): void {
    if (!this.#unsorted.delete(jobs)) return;
    const sorted = [...jobs].sort(([, a], [, b]) => before(a, b));
    jobs.clear();
    for (const [jobId, waiter] of sorted) jobs.set(jobId, waiter);
  }

  #free(): string {
    const taken = new Set(this.holders.values());
    let number = 1;
    while (taken.has(`${this.#name}-${number}`)) number++;
    return `${this.#name}-${number}`;
  }
}

export class SlotBook {
  readonly #concurrency: (provider: string) => number;
  readonly #desks = new Map<string, Desk>();
  /** What each job that holds or waits asked for. */
  readonly #known = new Map<string, SlotRequest>();

  constructor(concurrency: (provider: string) => number) {
    this.#concurrency = concurrency;
  }

  #desk(provider: string): Desk {
    let desk = this.#desks.get(provider);
    if (desk === undefined) this.#desks.set(provider, (desk = new Desk(provider, () => this.#concurrency(provider))));
    return desk;
  }

  /** Notes a slot that a job held before it came to this process. */
  restore(jobId: string, provider: string, slot: string): void {
    this.#known.set(jobId, { jobId, provider, ownerId: "", priority: 0, rank: 0, since: 0 });
    this.#desk(provider).holders.set(jobId, slot);
  }

  /** The slot that a job holds. */
  held(jobId: string): string | undefined {
    const request = this.#known.get(jobId);
    return request === undefined ? undefined : this.#desks.get(request.provider)?.holders.get(jobId);
  }

  /**
   * `granted` is called when it has a slot: at once if it holds one already, else when its turn comes. Asking again while
   * waiting replaces the first, and at another provider it gives back what it holds. Answers how to stop waiting, which does nothing once the slot is granted.
   */
  request(request: SlotRequest, granted: (slot: string) => void): () => void {
    const held = this.held(request.jobId);
    if (held !== undefined && this.#known.get(request.jobId)?.provider === request.provider) {
      granted(held);
      return () => {};
    }
    const desk = this.#desk(request.provider);
    const known = this.#known.get(request.jobId);
    const came = known?.provider === request.provider ? desk.cameOf(known) : undefined;
    this.release(request.jobId);
    this.#known.set(request.jobId, request);
    desk.add(request, granted, came);
    this.#serve(desk);
    return () => {
      if (this.#known.get(request.jobId) === request && this.held(request.jobId) === undefined) this.release(request.jobId);
    };
  }

  /** Takes back what a job holds or waits for, if anything. */
  release(jobId: string): void {
    const request = this.#known.get(jobId);
    if (request === undefined) return;
    this.#known.delete(jobId);
    const desk = this.#desk(request.provider);
    if (desk.holders.delete(jobId)) this.#serve(desk);
    else desk.remove(request);
  }

  /** The same for all jobs that `which` names. */
  releaseAll(which: (jobId: string) => boolean): void {
    // First who waits: else one of them might be given what another of them gives back.
    const jobs = [...this.#known.keys()].filter(which);
    for (const jobId of jobs) if (this.held(jobId) === undefined) this.release(jobId);
    for (const jobId of jobs) this.release(jobId);
  }

  #serve(desk: Desk): void {
    for (let next = desk.next(); next !== undefined; next = desk.next()) next.waiter.granted(next.slot);
  }

  /** `ahead`: waiters that go before one who comes now with this priority. */
  load(provider: string, priority: number): { readonly busy: number; readonly waiting: number; readonly ahead: number } {
    const desk = this.#desks.get(provider);
    return { busy: desk?.holders.size ?? 0, waiting: desk?.waiting ?? 0, ahead: desk?.ahead(priority) ?? 0 };
  }
}
