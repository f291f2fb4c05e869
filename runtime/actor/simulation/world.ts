// A world in which the host's core lives: time, disk, the outside that effects call, clients, crashes and take-overs. Every
// moment is a task, and a stream of choices decides which comes next: the same choices give the same run.
import { assign, fromPromise, setup } from "xstate";
import { CallError } from "#protocol/wire/errors.ts";
import type { Acknowledged } from "../actors.ts";
import { allCells, type Command, Core } from "../core.ts";
import { makeFolder } from "../fold.ts";
import { hostTell, makeKind, type Telling } from "../resident.ts";
import { cellOf, type OpenEffect, type StoreResult } from "../store.ts";
import { Disk } from "./disk.ts";

/** An actor with all that the host must keep right: effects that fail and are asked for again, timers, cancelling. */
const machine = setup({
  types: {
    context: {} as { readonly bumps: number; readonly tries: number; readonly lastAt: number },
    events: {} as { type: "START" | "BUMP" | "CANCEL" | "BREAK"; at: number } | { type: "NOTE"; at: number },
    input: {} as { readonly at: number },
  },
  actors: { work: fromPromise<string, { tries: number }>(() => new Promise(() => {})) },
}).createMachine({
  id: "sim",
  context: ({ input }) => ({ bumps: 0, tries: 0, lastAt: input.at }),
  initial: "idle",
  on: {
    BUMP: { actions: assign({ bumps: ({ context }) => context.bumps + 1, lastAt: ({ event }) => event.at }) },
    CANCEL: ".cancelled",
    BREAK: {
      guard: () => {
        throw new Error("a guard with a bug");
      },
    },
  },
  states: {
    idle: { on: { START: "working" }, after: { 5000: "working" } },
    working: {
      entry: assign({ tries: ({ context }) => context.tries + 1 }),
      invoke: { id: "work", src: "work", input: ({ context }) => ({ tries: context.tries }), onDone: "resting", onError: "backingOff" },
      after: { 20000: "backingOff" },
      on: { NOTE: {} },
    },
    backingOff: { after: { 300: [{ guard: ({ context }) => context.tries >= 4, target: "failed" }, { target: "working" }] } },
    resting: { after: { 700: "finished" } },
    finished: { type: "final" },
    failed: { type: "final" },
    cancelled: { type: "final" },
  },
});

export const kind = makeKind({
  kind: "sim",
  version: 1,
  machine,
  effects: {},
  owner: () => "nobody",
  parent: () => boss,
});

/** The parent of them all: it only listens. */
const boss = "boss/b";
const bossKind = makeKind({ kind: "boss", version: 1, machine: setup({}).createMachine({}), effects: {}, owner: () => "nobody" });
const kinds = new Map([kind, bossKind].map((each) => [each.name, each]));

interface Task {
  readonly run: () => void;
  /** Dies with this host; null: belongs to the outside. */
  readonly host: number | null;
  /** Not before this time. */
  readonly at: number;
}

interface Client {
  readonly address: string;
  readonly event: string;
  readonly eventId: string;
}

export class World {
  readonly disk = new Disk();
  readonly problems: Array<string> = [];
  now = 1_000_000;
  #host = 0;
  #core: Core | null = null;
  #tasks: Array<Task> = [];
  #running = new Map<string, { cancelled: boolean }>();
  /** Calls that the outside accepted, by effect key. */
  readonly accepted = new Map<string, number>();
  readonly acknowledged = new Set<string>();
  readonly #commands: Array<Client> = [];
  readonly #published = new Map<string, number>();
  storeFails = false;
  /** Whether effects may die of a bug. */
  mayPark = true;
  readonly #choose: (below: number) => number;

  constructor(choose: (below: number) => number) {
    this.#choose = choose;
    this.boot();
    this.command(boss, "CREATE", "create-boss");
  }

  #task(run: () => void, host: number | null, delay = 0): void {
    this.#tasks.push({ run, host, at: this.now + delay });
  }

  /** Kills the host at this very moment (what it sent to the store may still arrive) and starts another. */
  crash(): void {
    this.#tasks = this.#tasks.filter(({ host }) => host !== this.#host);
    this.#running.clear();
    this.boot();
  }

  /** Starts another host without telling the old one, which goes on believing that it owns its cells. */
  boot(): void {
    const host = ++this.#host;
    const running = (this.#running = new Map<string, { cancelled: boolean }>());
    const store = this.disk.store((happen, answer) => {
      const failing = this.storeFails && this.#choose(3) === 0;
      // Sent: arrives even if the sender dies. Its answer does not.
      this.#task(() => {
        let result: StoreResult<ReturnType<typeof happen>>;
        if (failing && this.#choose(2) === 0) result = { ok: false, reason: "unavailable", message: "lost before" };
        else {
          const value = happen();
          result = failing ? { ok: false, reason: "unavailable", message: "answer lost" } : { ok: true, value };
        }
        this.#task(() => answer(result), host);
      }, null);
    });
    const stop = (key: string) => {
      const run = running.get(key);
      if (run !== undefined) run.cancelled = true;
      running.delete(key);
    };
    const start = (address: string, effect: OpenEffect) => {
      const key = `${address}/${effect.invokeId}/${effect.seq}`;
      if (running.has(key)) return;
      const stored = this.disk.actors.get(address)?.journal.some(({ seq }) => seq === effect.seq);
      if (stored !== true) this.problems.push(`effect ${key} started before its step was committed`);
      const run = { cancelled: false };
      running.set(key, run);
      if (effect.name === hostTell) return this.#task(() => tell(address, effect, run, 0), host);
      this.#task(() => {
        if (run.cancelled) return;
        // The outside knows the key: a repeat is the same call.
        this.accepted.set(key, (this.accepted.get(key) ?? 0) + 1);
        const ref = { invokeId: effect.invokeId, seq: effect.seq };
        core.dispatch({ type: "progress", address, effect: ref, event: { type: "NOTE" }, reply: () => {} });
        const fails = this.#choose(3) === 0;
        const dies = this.mayPark && this.#choose(4) === 0;
        this.#task(() => {
          if (run.cancelled) return;
          if (dies) return core.dispatch({ type: "park", address, effect: ref, reason: "a fault" });
          const event = fails
            ? { type: "xstate.error.actor.work", error: { kind: "x" } }
            : { type: "xstate.done.actor.work", output: "ok" };
          core.dispatch({ type: "outcome", address, effect: ref, event });
        }, host);
      }, host);
    };
    const tell = (address: string, effect: OpenEffect, run: { readonly cancelled: boolean }, index: number): void => {
      // Of a host that was taken over nothing runs for long.
      if (run.cancelled || host !== this.#host) return;
      const telling = (effect.input as ReadonlyArray<Telling>)[index];
      if (telling === undefined) {
        const ref = { invokeId: effect.invokeId, seq: effect.seq };
        return core.dispatch({ type: "outcome", address, effect: ref, event: { type: "xstate.done.actor.host.tell" } });
      }
      const { to, event, eventId } = telling;
      const reply = (result: Acknowledged | CallError) =>
        this.#task(() => tell(address, effect, run, result instanceof CallError ? index : index + 1), host, 50);
      core.dispatch({ type: "send", address: to, event, eventId, hash: "h", reply });
    };
    const core: Core = new Core(
      {
        store,
        kinds,
        now: () => this.now,
        later: (ms, run) => {
          let off = false;
          this.#task(() => void (off || run()), host, ms);
          return () => (off = true);
        },
        soon: (run) => this.#task(run, host),
        startEffect: (address, _kind, effect) => start(address, effect),
        stopEffect: (address, effect) => stop(`${address}/${effect.invokeId}/${effect.seq}`),
        arrived: (_cells, done) => done(),
        left: (cells) => {
          for (const key of running.keys()) if (cells.has(cellOf(key.slice(0, key.indexOf("/", key.indexOf("/") + 1))))) stop(key);
        },
        syncEffects: (address, _kind, effects) => {
          const wanted = new Set(effects.map((effect) => `${address}/${effect.invokeId}/${effect.seq}`));
          for (const key of running.keys()) if (key.startsWith(`${address}/`) && !wanted.has(key)) stop(key);
          for (const effect of effects) start(address, effect);
        },
        published: (address, _kind, _createdAt, steps) => {
          for (const step of steps) {
            const journal = this.disk.actors.get(address)?.journal;
            if (journal?.[step.seq]?.event.type !== step.event.type)
              this.problems.push(`${address}:${step.seq} was published before it was committed`);
            // A step may be missing (its commit's answer was lost: followers notice), but none comes twice.
            const last = this.#published.get(`${host} ${address}`) ?? -1;
            if (step.seq <= last) this.problems.push(`${address}: published ${step.seq} twice`);
            this.#published.set(`${host} ${address}`, step.seq);
          }
        },
        // Another epoch: if it was a late message of a dead host, the cell is still ours to take.
        deposed: (cell) => this.#task(() => host === this.#host && claim([cell]), host, 100),
        log: () => {},
      },
      { packMs: 20, idleMs: 2000 },
    );
    this.#core = core;
    const claim = (cells: ReadonlyArray<number>): void =>
      core.claim(cells, (failure) => failure !== null && this.#task(() => claim(cells), host, 100));
    claim(allCells);
  }

  /** A client that repeats its command with the same id until it is answered for good. */
  command(address: string, event: string, eventId: string): void {
    const client = { address, event, eventId };
    this.#commands.push(client);
    this.#send(client);
  }

  #send(client: Client): void {
    const { address, event, eventId } = client;
    const host = this.#host;
    const again = () => this.#task(() => this.acknowledged.has(eventId) || this.#send(client), null, 50);
    // A client whose server dies hears nothing: it tries again.
    if (this.#choose(4) === 0) this.#task(() => this.acknowledged.has(eventId) || host === this.#host || this.#send(client), null, 400);
    const reply = (result: Acknowledged | CallError) => {
      if (result instanceof CallError) {
        if (result.retryable) return again();
        // A bug in a guard or an actor that is not there: an answer as well.
        this.refused.add(eventId);
        return;
      }
      const known = this.disk.actors.get(address);
      if (known === undefined || known.row.seq < result.seq) this.problems.push(`${eventId} was acknowledged before it was committed`);
      this.acknowledged.add(eventId);
    };
    const command: Command =
      event === "CREATE"
        ? { type: "create", address, input: {}, eventId, hash: "h", novel: false, reply }
        : { type: "send", address, event: { type: event }, eventId, hash: "h", reply };
    this.#core!.dispatch(command);
  }
  readonly refused = new Set<string>();

  resume(address: string): void {
    this.#core!.dispatch({ type: "resume", address, reply: () => {} });
  }

  passivate(): void {
    this.now += 1;
    this.#core!.passivate();
  }

  /** Runs one task that may run now; moves time on when none may. False: nothing is left. */
  tick(): boolean {
    if (this.#tasks.length === 0) return false;
    let ready = this.#tasks.filter(({ at }) => at <= this.now);
    if (ready.length === 0) {
      this.now = Math.min(...this.#tasks.map(({ at }) => at));
      ready = this.#tasks.filter(({ at }) => at <= this.now);
    }
    const task = ready[this.#choose(ready.length)]!;
    this.#tasks.splice(this.#tasks.indexOf(task), 1);
    task.run();
    return true;
  }

  lookAhead(): void {
    this.#core!.lookAhead();
  }

  /** Lets everything come to rest under one healthy host: the present one, or one that starts now. */
  settle(fresh: boolean): void {
    this.storeFails = false;
    this.mayPark = false;
    if (fresh) this.crash();
    for (const client of this.#commands)
      if (!this.acknowledged.has(client.eventId) && !this.refused.has(client.eventId)) this.#send(client);
    for (let ticks = 0; this.tick() || this.#resumeParked(); ticks++) {
      if (ticks > 100_000) {
        this.problems.push("it does not come to rest");
        return;
      }
      if (ticks % 200 === 0) {
        this.lookAhead();
        this.#resumeParked();
      }
    }
  }

  /** Answers whether there were any. A resume may be refused by a host that finds out only then that it was taken over. */
  #resumeParked(): boolean {
    const parked = [...this.disk.actors].filter(([, { row }]) => row.parked !== null);
    for (const [address] of parked) this.resume(address);
    return parked.length > 0;
  }

  /** What the boss heard of each actor is what the actor went through. */
  #checkTold(): ReadonlyArray<string> {
    const heard = this.disk.actors.get(boss)?.journal.filter(({ event }) => event.type.startsWith("child.")) ?? [];
    return [...this.disk.actors].flatMap(([address, { journal, effects }]) => {
      const went: Array<string> = [];
      for (const { event } of journal) {
        if (event.type === "host.parked" && went.at(-1) !== "child.parked") went.push("child.parked");
        if (event.type === "host.resumed") went.push("child.resumed");
      }
      const told = heard.filter(({ event }) => event["address"] === address).map(({ event }) => event.type);
      const problems = effects.has(hostTell) ? [`${address}: its parent was never told`] : [];
      if (told.join() !== went.join()) problems.push(`${address}: the parent heard ${told.join()} of ${went.join()}`);
      return problems;
    });
  }

  check(): ReadonlyArray<string> {
    const problems = [...this.problems, ...this.#checkTold()];
    for (const [address, actor] of this.disk.actors) {
      const kind = kinds.get(actor.row.kind)!;
      const folder = makeFolder(kind, this.disk.migratedAt(address));
      let folded: unknown = null;
      let value: unknown = null;
      let enteredAt = 0;
      let previous = { seq: -1, at: 0, epoch: 0 };
      for (const row of actor.journal) {
        if (row.seq !== previous.seq + 1) problems.push(`${address}: journal jumps from ${previous.seq} to ${row.seq}`);
        if (row.at < previous.at) problems.push(`${address}: time runs backwards at ${row.seq}`);
        if (row.epoch < previous.epoch) problems.push(`${address}: an old epoch wrote ${row.seq}`);
        if (row.event.type.startsWith("xstate.after.")) {
          const delay = Number(row.event.type.split(".")[2]);
          if (row.at < enteredAt + delay) problems.push(`${address}: timer of ${delay} ms came early`);
        }
        previous = row;
        const snapshot = folder.next(row);
        if (snapshot === null) continue;
        folded = kind.stepper.store(snapshot);
        if (snapshot.value !== value) enteredAt = row.at;
        value = snapshot.value;
      }
      if (JSON.stringify(folded) !== actor.row.snapshot)
        problems.push(`${address}: the journal folds to ${JSON.stringify(folded)}, stored is ${actor.row.snapshot}`);
      const snapshot = kind.stepper.restore(JSON.parse(actor.row.snapshot));
      if (actor.row.parked !== null) problems.push(`${address}: it is still parked`);
      else if (address !== boss) {
        const wanted = JSON.stringify(kind.stepper.invokes(snapshot));
        const open = JSON.stringify([...actor.effects.keys()]);
        if (wanted !== open) problems.push(`${address}: open effects ${open}, wanted ${wanted}`);
        if (snapshot.status === "active") problems.push(`${address}: never ended (${JSON.stringify(snapshot.value)})`);
        if (snapshot.status !== "active" && actor.timers.size > 0) problems.push(`${address}: timers are left`);
      }
      const outcomes = actor.journal.filter(({ event }) => event.type.endsWith(".actor.work")).length;
      const keys = [...this.accepted.keys()].filter((key) => key.startsWith(`${address}/`)).length;
      if (outcomes > keys) problems.push(`${address}: ${outcomes} outcomes of ${keys} calls`);
      if (cellOf(address) >= 256) problems.push("no such cell");
    }
    for (const { address, event, eventId } of this.#commands) {
      const actor = this.disk.actors.get(address);
      const times = actor?.inbox.has(eventId) === true ? 1 : 0;
      const ended = actor !== undefined && actor.row.status !== "active";
      if (this.acknowledged.has(eventId) && times === 0 && !ended && event !== "CREATE")
        problems.push(`${eventId} was acknowledged and is not in the journal`);
    }
    for (const [address, actor] of this.disk.actors) {
      const bumps = actor.journal.filter(({ event }) => event.type === "BUMP").length;
      const ids = [...actor.inbox.keys()].filter((id) => id.includes("BUMP")).length;
      if (bumps !== ids) problems.push(`${address}: ${bumps} bumps of ${ids} commands`);
    }
    return problems;
  }
}
