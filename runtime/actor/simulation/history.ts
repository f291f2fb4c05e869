// What must be true of every history, whatever happened: read from the disk, and held against what clients were told and what
// the outside was asked for.
import { makeFolder } from "../fold.ts";
import { hostTell } from "../resident.ts";
import type { Cluster } from "./cluster.ts";
import type { DiskActor } from "./disk.ts";
import { boss, kinds, ledger } from "./kinds.ts";

const outcomeOf = /^xstate\.(done|error)\.actor\.(work|pay|give|notify)$/;
const delays: Readonly<Record<string, number>> = { patience: 20_000, pause: 300, rest: 700, long: 75_000 };

/** Folds a journal; answers what is wrong with it, and how often each effect was given free by a person. */
const replay = (
  address: string,
  actor: DiskActor,
): { readonly problems: ReadonlyArray<string>; readonly freed: ReadonlyMap<string, number> } => {
  const problems: Array<string> = [];
  const freed = new Map<string, number>();
  const kind = kinds.get(actor.row.kind)!;
  const folder = makeFolder(kind);
  let folded: unknown = null;
  let value: unknown = null;
  let entered = { at: 0, seq: 0 };
  let previous = { seq: -1, at: 0, epoch: 0 };
  /** Keys whose outcome is there. */
  const ended = new Set<string>();
  for (const row of actor.journal) {
    const { type } = row.event;
    if (row.seq !== previous.seq + 1) problems.push(`${address}: the journal jumps from ${previous.seq} to ${row.seq}`);
    if (row.at < previous.at) problems.push(`${address}: time runs backwards at ${row.seq}`);
    if (row.epoch < previous.epoch) problems.push(`${address}: an old epoch wrote ${row.seq}`);
    previous = row;
    if (type.startsWith("xstate.after.")) {
      const delay = delays[type.split(".")[2]!];
      if (delay === undefined || row.at < entered.at + delay) problems.push(`${address}: ${type} came early, at ${row.seq}`);
    }
    const [, , invoke] = outcomeOf.exec(type) ?? [];
    if (invoke !== undefined) {
      const key = `${address}/${invoke}/${entered.seq}`;
      if (ended.has(key)) problems.push(`${key} has two outcomes`);
      ended.add(key);
      const output = row.event["output"];
      if (typeof output === "string" && output !== key) problems.push(`${key} ended with the outcome of ${output}`);
    }
    if (type === "host.resumed") freed.set(`${address}/give/${entered.seq}`, (freed.get(`${address}/give/${entered.seq}`) ?? 0) + 1);
    const snapshot = folder.next(row)!;
    folded = kind.stepper.store(snapshot);
    if (snapshot.value !== value) entered = row;
    // Its time begins anew.
    else if (type === "BACK") entered = { ...entered, at: row.at };
    value = snapshot.value;
  }
  if (JSON.stringify(folded) !== actor.row.snapshot)
    problems.push(`${address}: the journal folds to ${JSON.stringify(folded)}, stored is ${actor.row.snapshot}`);
  return { problems, freed };
};

/** What the boss heard of an actor is what it went through. */
const told = (address: string, actor: DiskActor, heard: DiskActor["journal"]): ReadonlyArray<string> => {
  const went: Array<string> = [];
  for (const { event } of actor.journal) {
    if (event.type === "host.parked" && went.at(-1) !== "child.parked") went.push("child.parked");
    if (event.type === "host.resumed") went.push("child.resumed");
  }
  const parent = heard.filter(({ event }) => event["address"] === address).map(({ event }) => event.type);
  const problems = actor.effects.has(hostTell) ? [`${address}: its parent was never told`] : [];
  return parent.join() === went.join() ? problems : [...problems, `${address}: its parent heard ${parent.join()} of ${went.join()}`];
};

export const problemsOf = (cluster: Cluster): ReadonlyArray<string> => {
  const { disk, orders, service } = cluster;
  const problems = [...cluster.problems];
  const of = (address: string) => disk.actors.get(address)?.journal ?? [];
  const freed = new Map<string, number>();
  for (const [address, actor] of disk.actors) {
    const replayed = replay(address, actor);
    problems.push(...replayed.problems);
    for (const [key, times] of replayed.freed) freed.set(key, times);
    if (actor.row.kind === "order") problems.push(...told(address, actor, of(boss)));
  }

  // Every acknowledged event is in the journal once.
  for (const { address, type, n, eventId, acknowledged } of orders) {
    const journal = of(address);
    const times = journal.filter(({ event }) => (type === "CREATE" ? event.type === "xstate.init" : event["n"] === n)).length;
    if (times > 1) problems.push(`${type} ${n} happened ${times} times`);
    if (acknowledged === null) continue;
    const ended = disk.actors.get(address)?.row.status !== "active";
    if (times === 0 && (acknowledged.fresh || !ended)) problems.push(`${type} ${n} was acknowledged and is not in the journal`);
    if (times === 1 && eventId !== undefined && type !== "CREATE" && !disk.actors.get(address)!.inbox.has(eventId))
      problems.push(`${type} ${n} left its id nowhere`);
  }

  // What costs is done once: the outside knows the key, or was asked first, or a person said so.
  for (const [key, done] of service.done) {
    const most = key.includes("/give/") ? 1 + (freed.get(key) ?? 0) : 1;
    if (done > most) problems.push(`${key} was carried out ${done} times`);
  }

  // Each message arrived once: one for each time its order told it.
  for (const address of cluster.actors) {
    const sent = of(address).filter(({ event }) => event.type === "xstate.done.actor.notify").length;
    const received = of(ledger).filter(({ event }) => event["order"] === address.slice("order/".length)).length;
    const cancelled = of(address).some(({ event }) => event.type === "CANCEL");
    if (received !== sent && !(cancelled && received === sent + 1)) problems.push(`${address}: the ledger heard ${received} of ${sent}`);
  }
  return problems;
};
