// Several hosts on one disk, with everything that can go wrong between them: they die, freeze, are cut off and get their clocks
// set, locks are forgotten, messages and answers are lost or late. The hosts are the real ones, whole; only what they stand on is
// simulated. Clients, watchers and people use them as they would, and note what they were told.
import { Context, Effect, type Fiber } from "effect";
import { CallError } from "#protocol/wire/errors.ts";
import { Fanout } from "../../bus/fanout.ts";
import { makeHandovers } from "../../cluster/handovers.ts";
import { Placement } from "../../cluster/placement.ts";
import type { TopicMessage } from "../../gateway/handlers.ts";
import type { Acknowledged, Actors } from "../actors.ts";
import { hostOn } from "../host.ts";
import { type ActorStore, cellOf, type StoreResult } from "../store.ts";
import { Channels } from "./channels.ts";
import { Disk, Fault } from "./disk.ts";
import { boss, definitions, ledger } from "./kinds.ts";
import { Locks } from "./locks.ts";
import { Network, type Place } from "./network.ts";
import { Outside, Service } from "./outside.ts";
import { Agent, type Fabric } from "./placement.ts";
import { Dice, Life, livingIn, Time } from "./time.ts";

const expiryMs = 3000;
/** Small, so that they are reached. */
const limits = { flush: 3, mailbox: 20 };
/** A call that is not answered by then never will be. */
const answeredWithin = 45_000;
/** From when on after the last fault timers must be on time again. */
const recoveredWithin = 15_000;
/** All must have come to rest so long after the last fault: more than the longest timer and every retry. */
const restWithin = 300_000;

export interface Order {
  readonly address: string;
  readonly type: "CREATE" | "START" | "BUMP" | "CANCEL" | "BREAK";
  /** Tells it from all others. */
  readonly n: number;
  /** With an id it is sent until it is answered, without once. */
  readonly eventId: string | undefined;
  attempts: number;
  acknowledged: Acknowledged | null;
  refused: string | null;
}

interface Host {
  readonly address: string;
  readonly life: Life;
  readonly agent: Agent;
  readonly context: Context.Context<Fanout | Outside>;
  fiber: Fiber.Fiber<never> | null;
  actors: Actors["Service"] | null;
}

export interface Watcher {
  readonly address: string;
  pos: string | undefined;
  seq: number;
  /** How it follows now; an earlier way of following says nothing to it any more. */
  following: { readonly host: Host; close: () => void } | null;
}

const names = Array.from({ length: 8 }, (_, index) => `order/${index}`);

export class Cluster {
  readonly time: Time;
  readonly dice: Dice;
  readonly disk = new Disk();
  readonly network: Network;
  readonly locks: Locks;
  readonly service: Service;
  readonly problems: Array<string> = [];
  readonly orders: Array<Order> = [];
  readonly watchers: Array<Watcher> = [];
  /** Orders that are created, or being created. */
  readonly actors: Array<string> = [];
  readonly #channels: Channels;
  readonly #hosts = new Map<string, Host>();
  readonly #pending = new Set<{ readonly life: Life; readonly what: string; readonly since: number }>();
  readonly #fabric: Fabric;
  #incarnations = 0;
  #forgottenAt = -Infinity;
  /** While the keeper of the locks is away. */
  #outage: { readonly since: number; readonly forgets: boolean } | null = null;
  /** When the last fault was over. */
  #healedAt: number | null = null;

  constructor(seed: number, hosts: number, actors: number) {
    this.dice = new Dice(seed);
    this.time = new Time(this.dice);
    this.network = new Network(this.time);
    this.locks = new Locks(expiryMs, () => this.time.now);
    this.#channels = new Channels(this.network);
    this.service = new Service(this.time, (key, from) => this.#called(key, from));
    const cells = [...new Set([boss, ledger, ...names].map(cellOf))];
    this.#fabric = { network: this.network, locks: this.locks, cells, at: (address) => this.#hosts.get(address)?.agent };
    for (let index = 0; index < hosts; index++) this.#boot("abc"[index]!);
    // Whom orders tell things is there before them.
    for (const address of [boss, ledger]) this.order(address, "CREATE", true);
    while (this.orders.some(({ acknowledged }) => acknowledged === null)) this.time.tick();
    for (let index = 0; index < actors; index++) this.create();
  }

  // ── Hosts ────────────────────────────────────────────────────────────────

  #boot(address: string): void {
    const life = new Life();
    life.skew = this.#hosts.get(address)?.life.skew ?? 0;
    const context = livingIn(this.time, life).pipe(
      Context.add(Fanout, this.#channels.from(life)),
      Context.add(Outside, Outside.of(this.service.from(life))),
    );
    const agent = new Agent(this.#fabric, life, address, ++this.#incarnations, (effect) => void Effect.runForkWith(context)(effect));
    const host: Host = { address, life, agent, context, fiber: null, actors: null };
    this.#hosts.set(address, host);
    if (this.#outage !== null) this.network.refused.add(life);
    const program = hostOn(definitions, {
      store: this.#store(life),
      later: (ms, run) => this.time.after(ms, run, life),
      soon: (run) => this.time.add(run, life),
      limits,
    });
    const placed = Effect.flatMap(makeHandovers, (handovers) =>
      Effect.provideService(program, Placement, Placement.of({ ...agent.placement, handovers })),
    );
    const whole = Effect.flatMap(placed, (actors) => {
      host.actors = actors;
      return Effect.never;
    });
    host.fiber = Effect.runForkWith(context)(Effect.scoped(whole));
  }

  #store(life: Life): ActorStore {
    return this.disk.store((happen, answer) => this.#access(life, happen, answer));
  }

  #access<T>(life: Life, happen: () => T, answer: (result: StoreResult<T>) => void): void {
    const { time, dice } = this;
    const done = (): StoreResult<T> => {
      try {
        return { ok: true, value: happen() };
      } catch (cause) {
        if (cause instanceof Fault) return { ok: false, reason: "fault", message: cause.message };
        throw cause;
      }
    };
    const unavailable = (delay: number) =>
      time.add(() => answer({ ok: false, reason: "unavailable", message: "no connection" }), life, delay);
    const weather = this.network.cut.disk.has(life) ? 2 : this.network.weather.disk;
    if (weather === 2) return unavailable(dice.below(1000));
    const inTime = (mostMs: number): void => {
      const happens = (): void => {
        const result = done();
        time.add(() => answer(result), life, dice.below(mostMs));
      };
      time.add(happens, null, dice.below(mostMs));
    };
    const fate = weather === 0 ? 9 : dice.below(10);
    switch (fate) {
      case 0:
        return unavailable(dice.below(1000));
      case 1:
      case 3:
        // It happens, perhaps long after the connection broke.
        time.add(() => void done(), null, dice.below(3000));
        return unavailable(dice.below(1000));
      case 2:
        return inTime(2000);
      default:
        return inTime(4);
    }
  }

  #living(): ReadonlyArray<Host> {
    return [...this.#hosts.values()].filter(({ life, actors }) => !life.dead && actors !== null);
  }

  #host(index: number): Host {
    return [...this.#hosts.values()][index % this.#hosts.size]!;
  }

  /** Kills it at this very moment; another one starts there later. */
  crash(index: number): void {
    const host = this.#host(index);
    if (host.life.dead) return;
    host.life.dead = true;
    this.time.add(() => this.#boot(host.address), null, 200 + this.dice.below(4000));
  }

  /** Asks it to end; another one starts there when it has. */
  stop(index: number): void {
    const { address, life, fiber, agent, context } = this.#host(index);
    if (life.dead || fiber === null) return;
    fiber.addObserver(() => {
      if (life.dead) return;
      life.dead = true;
      this.time.add(() => this.#boot(address), null, 200 + this.dice.below(1000));
    });
    const leaving = Effect.ensuring(
      agent.placement.leave,
      Effect.sync(() => this.time.add(() => fiber.interruptUnsafe(), life)),
    );
    this.time.add(() => void Effect.runForkWith(context)(leaving), life);
  }

  /** It stands still for a while, as by SIGSTOP. */
  freeze(index: number, ms: number): void {
    const { life } = this.#host(index);
    life.frozen = true;
    this.time.add(() => this.time.thaw(life), null, ms);
  }

  setClock(index: number, skew: number): void {
    this.#host(index).life.skew = skew;
  }

  /** It does not reach a place for a while. */
  cut(index: number, place: Place, ms: number): void {
    const { life } = this.#host(index);
    this.network.cut[place].add(life);
    this.time.add(() => this.network.cut[place].delete(life), null, ms);
  }

  /** Whether the host with this owner's name serves the cell still. */
  serves(owner: string, cell: number): boolean {
    return [...this.#hosts.values()].some(({ agent, life }) => agent.owner === owner && !life.dead && agent.serves(cell));
  }

  // ── Who uses them ────────────────────────────────────────────────────────

  /** Runs a call on a host; `done` is not called if that dies. */
  #call<A>(
    host: Host,
    what: string,
    call: (actors: Actors["Service"]) => Effect.Effect<A, CallError>,
    done: (result: A | CallError) => void,
  ) {
    const pending = { life: host.life, what, since: this.time.now };
    this.#pending.add(pending);
    const answered = (result: A | CallError) => {
      this.#pending.delete(pending);
      done(result);
    };
    Effect.runForkWith(host.context)(Effect.match(call(host.actors!), { onSuccess: answered, onFailure: answered }));
  }

  #someHost(): Host | undefined {
    const living = this.#living();
    return living.length === 0 ? undefined : this.dice.of(living);
  }

  /** One more order, as far as there are names. */
  create(): void {
    const address = names[this.actors.length];
    if (address === undefined) return;
    this.actors.push(address);
    this.order(address, "CREATE", true);
  }

  order(address: string, type: Order["type"], withId: boolean): void {
    const n = this.orders.length;
    const order: Order = { address, type, n, eventId: withId ? `${type}-${n}` : undefined, attempts: 0, acknowledged: null, refused: null };
    this.orders.push(order);
    this.#place(order);
  }

  #place(order: Order): void {
    if (order.acknowledged !== null || order.refused !== null) return;
    const again = (ms: number) => this.time.add(() => this.#place(order), null, ms);
    const host = this.#someHost();
    if (host === undefined) return again(100);
    let heard = false;
    const novel = order.attempts++ === 0 && !this.dice.oneIn(3);
    const { address, type, n, eventId } = order;
    const name = address.slice(address.indexOf("/") + 1);
    // A client that hears nothing asks elsewhere; what it asked here may still come.
    if (eventId !== undefined) this.time.add(() => void (heard || this.#place(order)), null, 5000);
    this.#call(
      host,
      `${type} ${n} of ${address}`,
      (actors) =>
        type === "CREATE"
          ? actors.create(address, { name }, { novel, ...(eventId === undefined ? {} : { eventId }) })
          : actors.send(address, { type, n }, eventId === undefined ? {} : { eventId }),
      (result) => {
        heard = true;
        if (result instanceof CallError) {
          const final = type === "BREAK" && result.code === "internal";
          if (result.code === "idempotency_conflict") this.problems.push(`${type} ${n} was taken for another one`);
          if (eventId === undefined || final) order.refused = result.code;
          else again(100);
          return;
        }
        if ((this.disk.actors.get(address)?.row.seq ?? -1) < result.seq)
          this.problems.push(`${type} ${n} was acknowledged before it was committed`);
        if (order.acknowledged?.fresh !== true) order.acknowledged = result;
      },
    );
  }

  /** Somebody looks after an actor that is parked. */
  tend(address: string): void {
    const host = this.#someHost();
    const actor = this.disk.actors.get(address);
    if (host === undefined || actor === undefined || actor.row.parked === null) return;
    const review = [...actor.effects.values()].find((effect) => effect.review);
    const decision = this.dice.oneIn(2) ? "resend" : "fail";
    this.#call(
      host,
      `tending ${address}`,
      (actors) =>
        review === undefined
          ? actors.resume(address, "person")
          : actors.resolveEffect(
              address,
              `${review.invokeId}:${review.seq}`,
              { type: decision },
              { by: "person", eventId: `${address} at ${actor.row.seq}` },
            ),
      () => {},
    );
  }

  watch(address: string): void {
    const watcher: Watcher = { address, pos: undefined, seq: -1, following: null };
    this.watchers.push(watcher);
    this.#follow(watcher);
  }

  /** It comes back from the position it had, perhaps to another host. */
  reconnect(index: number): void {
    const watcher = this.watchers[index % this.watchers.length];
    if (watcher === undefined) return;
    if (watcher.following?.host.life.frozen === false) watcher.following.close();
    this.#follow(watcher);
  }

  #follow(watcher: Watcher): void {
    watcher.following = null;
    const again = (ms: number) => this.time.add(() => watcher.following === null && this.#follow(watcher), null, ms);
    const host = this.#someHost();
    if (host === undefined) return again(100);
    const following = (watcher.following = { host, close: () => {} });
    const current = () => watcher.following === following;
    this.#call(
      host,
      `watching ${watcher.address}`,
      (actors) => actors.follow(watcher.address, watcher.pos, (message) => current() && this.#watched(watcher, message)),
      (result) => {
        if (result instanceof CallError) {
          if (!current()) return;
          watcher.following = null;
          return again(200);
        }
        following.close = result.close;
        if (!current()) result.close();
      },
    );
    const alive = (): void => {
      if (!current()) return;
      if (host.life.dead) return this.#follow(watcher);
      this.time.add(alive, null, 1000);
    };
    this.time.add(alive, null, 1000);
  }

  #watched(watcher: Watcher, message: TopicMessage): void {
    const { address } = watcher;
    const actor = this.disk.actors.get(address);
    const seq = Number(message.pos.split(":")[1]);
    if (actor === undefined || seq > actor.row.seq)
      return void this.problems.push(`${address}: a watcher saw ${seq} before it was committed`);
    if (message.type === "resumed" && message.pos !== watcher.pos)
      this.problems.push(`${address}: a watcher at ${watcher.pos} was resumed at ${message.pos}`);
    if (message.type === "delta") {
      for (const { entry } of JSON.parse(message.json) as ReadonlyArray<{ entry: { seq: number; at: number; event: { type: string } } }>) {
        if (entry.seq !== watcher.seq + 1) this.problems.push(`${address}: a watcher at ${watcher.seq} was sent ${entry.seq}`);
        const row = actor.journal[entry.seq];
        if (row?.event.type !== entry.event.type || row.at !== entry.at)
          this.problems.push(`${address}: a watcher was told "${entry.event.type}" of ${entry.seq}`);
        watcher.seq = entry.seq;
      }
    } else watcher.seq = seq;
    watcher.pos = message.pos;
  }

  /** Redis loses all it knows. */
  forget(): void {
    this.locks.forget();
    this.#forgottenAt = this.time.now;
  }

  /** The keeper of the locks refuses everybody for a while, and may have forgotten all when it is back. */
  outage(forgets: boolean, ms: number): void {
    if (this.#outage !== null) return;
    const outage = (this.#outage = { since: this.time.now, forgets });
    for (const { life } of this.#hosts.values()) this.network.refused.add(life);
    this.time.add(() => this.#outage === outage && this.#endOutage(outage), null, ms);
  }

  #endOutage({ since, forgets }: { readonly since: number; readonly forgets: boolean }): void {
    this.#outage = null;
    if (forgets) this.forget();
    for (const host of this.#hosts.values()) this.#accept(host, this.time.now - since);
  }

  /** The keeper of the locks refuses one of them for a while. */
  refuse(index: number, ms: number): void {
    const host = this.#host(index);
    this.network.refused.add(host.life);
    this.time.add(() => this.#accept(host, ms), null, ms);
  }

  /** Who is refused tries again and again, and waits the longer the longer that goes on. */
  #accept({ life, agent }: Host, refusedMs: number): void {
    const connect = (): void => {
      if (this.#outage !== null || !this.network.refused.has(life)) return;
      this.network.accept(life);
      agent.back();
    };
    this.time.add(connect, life, this.dice.below(Math.min(refusedMs, 1000)));
  }

  /** An effect orders something. */
  #called(key: string, from: Life): void {
    const [kind, id, invoke, seq] = key.split("/");
    const address = `${kind}/${id}`;
    if ((this.disk.actors.get(address)?.row.seq ?? -1) < Number(seq)) this.problems.push(`${key} was started before it was committed`);
    // What costs is the first that such an effect does; two may think that they have a cell for as long as a lock lives that was forgotten.
    const holder = this.locks.holder(cellOf(address));
    const owner = [...this.#hosts.values()].find(({ life }) => life === from)?.agent.owner;
    if (invoke !== "work" && holder !== undefined && holder !== owner && this.time.now - this.#forgottenAt > expiryMs)
      this.problems.push(`${key} was started by ${owner} while ${holder} had its cell`);
  }

  // ── The end ──────────────────────────────────────────────────────────────

  /** Ends all faults and waits until all that was begun has come to rest. */
  settle(): void {
    const { time, network } = this;
    for (const place of ["disk", "locks", "channels", "processes"] as const) {
      network.weather[place] = 0;
      network.cut[place].clear();
    }
    this.service.stormy = false;
    for (const { life } of this.#hosts.values()) time.thaw(life);
    if (this.#outage !== null) this.#endOutage(this.#outage);
    for (const host of this.#hosts.values()) this.#accept(host, 1);
    this.#healedAt = time.now;
    while (time.now < this.#healedAt + restWithin) {
      time.runUntil(time.now + 500);
      for (const address of this.actors) this.tend(address);
      this.#checkTimers();
      this.#checkAnswers();
      if (this.problems.length > 0 || this.disk.problems.length > 0 || this.unfinished().length === 0) break;
    }
    this.problems.push(...this.disk.problems, ...this.unfinished());
    // Whom a keeper that forgot has robbed of its cells learns it by then, and tells what it has until it does.
    time.runUntil(Math.max(time.now, this.#healedAt + this.locks.expiryMs));
    this.#compareViews();
  }

  /** Whoever calls is answered, if late; but not by who is dead or sleeps. */
  #checkAnswers(): void {
    for (const { life, what, since } of this.#pending) {
      if (life.dead) continue;
      const waited = this.time.now - Math.max(since, life.awakeSince);
      if (!life.frozen && waited > answeredWithin) this.problems.push(`${what} was not answered in ${waited} ms`);
    }
  }

  /** By the clock of its owner no timer is late by more than a second, and what it takes to write that. */
  #checkTimers(): void {
    if (this.time.now < this.#healedAt! + recoveredWithin) return;
    const owners = new Map(this.#living().map(({ agent, life }) => [agent.owner, life]));
    for (const { row, timers } of this.disk.actors.values()) {
      const owner = owners.get(this.locks.holder(cellOf(row.address)) ?? "");
      if (owner === undefined || row.parked !== null) continue;
      for (const { id, dueAt } of timers.values()) {
        const late = this.time.now + owner.skew - dueAt;
        if (late > 1200) this.problems.push(`${row.address}: ${id} is ${late} ms late`);
      }
    }
  }

  /** What has not come to rest yet. */
  unfinished(): ReadonlyArray<string> {
    const open: Array<string> = [];
    for (const { address, type, n, eventId, acknowledged, refused } of this.orders)
      if (eventId !== undefined && acknowledged === null && refused === null) open.push(`${type} ${n} of ${address} was never answered`);
    for (const { row, effects, timers } of this.disk.actors.values()) {
      const { address } = row;
      if (row.parked !== null) open.push(`${address} is still parked`);
      if (row.kind === "order" && row.status === "active") open.push(`${address} never ended: ${row.snapshot}`);
      if (effects.size > 0) open.push(`${address}: ${[...effects.keys()].join()} never ended`);
      if (timers.size > 0) open.push(`${address}: ${[...timers.keys()].join()} is left`);
    }
    for (const { life, what } of this.#pending) if (!life.dead) open.push(`${what} was not answered`);
    for (const { address, actors } of this.#living()) {
      const running = actors!.stats().effectsRunning;
      if (running > 0) open.push(`${address} still runs ${running} effects`);
    }
    for (const { address, seq } of this.watchers) {
      const head = this.disk.actors.get(address)?.row.seq ?? -1;
      if (seq !== head) open.push(`${address}: a watcher has ${seq} of ${head}`);
    }
    return open;
  }

  /** Wherever one looks, one sees what is stored. */
  #compareViews(): void {
    for (const host of this.#living()) {
      for (const { row } of this.disk.actors.values()) {
        this.#call(
          host,
          `looking at ${row.address}`,
          (actors) => actors.view(row.address),
          (view) => {
            if (view instanceof CallError) this.problems.push(`${row.address} cannot be seen from ${host.address}: ${view.message}`);
            else if (view.seq !== row.seq) this.problems.push(`${row.address}: ${host.address} sees ${view.seq} of ${row.seq}`);
          },
        );
      }
    }
    this.time.runUntil(this.time.now + 1000);
  }
}
