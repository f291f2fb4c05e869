// Plans of what happens to a cluster, as fast-check draws and shrinks them, and their playing.
import fc from "fast-check";
import { Cluster } from "./cluster.ts";
import type { Place } from "./network.ts";

const host = fc.nat(2);
const actor = fc.nat(5);
const place = fc.constantFrom<Place>("disk", "disk", "locks", "channels", "processes");
const short = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 60 }) },
  { weight: 4, arbitrary: fc.integer({ min: 60, max: 4000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 4000, max: 40_000 }) },
);
/** How long a fault lasts: often longer than locks live. */
const ms = fc.integer({ min: 10, max: 12_000 });
/** Shorter and longer than a lock lives. */
const outageMs = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 10, max: 2500 }) }, { weight: 1, arbitrary: ms });

const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: short }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("create" as const) }) },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant("order" as const),
      actor,
      type: fc.constantFrom("START", "START", "START", "BUMP", "BUMP", "BUMP", "CANCEL", "BREAK"),
      withId: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("crash" as const, "stop" as const), host }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("freeze" as const), host, ms }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("cut" as const), host, place, ms }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("weather" as const), place, level: fc.constantFrom<1 | 2>(1, 1, 1, 2), ms }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("storm" as const), ms }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("forget" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("outage" as const), forgets: fc.boolean(), ms: outageMs }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("refuse" as const), host, ms: outageMs }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("clock" as const), host, skew: fc.integer({ min: -6000, max: 90_000 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("tend" as const), actor }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("watch" as const), actor }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("reconnect" as const), watcher: fc.nat(5) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

export interface Plan {
  readonly seed: number;
  readonly hosts: number;
  readonly actors: number;
  readonly steps: ReadonlyArray<Step>;
}

export const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.noShrink(fc.integer()),
  hosts: fc.constantFrom(3, 2, 1, 3),
  actors: fc.integer({ min: 1, max: 4 }),
  steps: fc.array(step, { minLength: 4, maxLength: 50, size: "max" }),
});

/** `prepare` may break something first. */
export const play = (plan: Plan, prepare: (cluster: Cluster) => void = () => {}): Cluster => {
  const cluster = new Cluster(plan.seed, plan.hosts, plan.actors);
  prepare(cluster);
  const name = (index: number) => cluster.actors[index % cluster.actors.length]!;
  for (const each of plan.steps) {
    switch (each.do) {
      case "wait":
        cluster.time.runUntil(cluster.time.now + each.ms);
        break;
      case "create":
        cluster.create();
        break;
      case "order":
        cluster.order(name(each.actor), each.type, each.withId);
        break;
      case "crash":
        cluster.crash(each.host);
        break;
      case "stop":
        cluster.stop(each.host);
        break;
      case "freeze":
        cluster.freeze(each.host, each.ms);
        break;
      case "cut":
        cluster.cut(each.host, each.place, each.ms);
        break;
      case "weather":
        cluster.network.weather[each.place] = each.level;
        cluster.time.add(() => (cluster.network.weather[each.place] = 0), null, each.ms);
        break;
      case "storm":
        cluster.service.stormy = true;
        cluster.time.add(() => (cluster.service.stormy = false), null, each.ms);
        break;
      case "forget":
        cluster.forget();
        break;
      case "outage":
        cluster.outage(each.forgets, each.ms);
        break;
      case "refuse":
        cluster.refuse(each.host, each.ms);
        break;
      case "clock":
        cluster.setClock(each.host, each.skew);
        break;
      case "tend":
        cluster.tend(name(each.actor));
        break;
      case "watch":
        cluster.watch(name(each.actor));
        break;
      case "reconnect":
        cluster.reconnect(each.watcher);
        break;
    }
  }
  // In some worlds the longest timers are waited for.
  if (plan.seed % 3 !== 0) for (const address of cluster.actors) cluster.order(address, "START", true);
  cluster.settle();
  return cluster;
};
