// A process that holds many real jobs that wait for their time, or playthroughs, and answers what one of them takes: while it is resident, and once
// nobody has used it for so long that it sleeps. Run with `--expose-gc`.
import "../../v8-flags.ts";
import { startPlay } from "#protocol/scene/play/step.ts";
import { choice, clip, storyOf } from "#protocol/scene/testing.ts";
import { answerParent } from "../child.ts";
import { jobOrder } from "./job-life.ts";
import { job, session } from "./kinds.ts";
import { each, type OpenHost, openHost } from "./pixsim.ts";
import { newIds } from "./work.ts";

/** By then the host holds an actor that nobody uses as small as it gets, ms. */
const idleMs = 12_000;
const year = 365 * 24 * 60 * 60_000;

let host: OpenHost;

/** Bytes. */
export interface Measured {
  readonly idle: number;
  readonly asleep: number;
}

export interface Wanted {
  readonly kind: "job" | "session";
  readonly count: number;
}

// Each with strings of its own, as they come from the wire.
const own = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const waitingJob = (id: string) => {
  const order = own({ ...jobOrder, id, scheduledFor: Date.now() + year });
  // The prompt is one of its parameters.
  return { order: Object.assign(order, { prompt: order.params["prompt"] }) };
};

const story = storyOf([
  "road",
  {
    start: "fork",
    nodes: [{ id: "fork", type: "choice" }, clip("wood"), clip("home")],
    edges: [choice("in", "fork", "wood"), choice("out", "fork", "home")],
  },
]);

const begunPlay = (id: string) => {
  const begun = startPlay(story, { seed: 7 });
  if (!begun.ok) throw new Error(begun.refusal.message);
  const order = { id, versionId: "scv_bench", sceneId: "scn_bench", title: "A fork in the road", seed: 7, parameters: {} };
  return own({ order, ownerId: "usr_bench", language: "en", timers: "normal", play: begun.state, hurry: null });
};

const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 500));
};

/** Heap in use once nothing is left to be collected: what only finalizers free goes with the second collection. */
const heapUsed = async (): Promise<number> => {
  global.gc!();
  await new Promise((resolve) => setImmediate(resolve));
  global.gc!();
  return process.memoryUsage().heapUsed;
};

answerParent({
  open: async () => {
    host = await openHost([job(() => {}), session], {});
  },
  /** Bytes of the heap for each of so many. */
  measure: async ({ kind, count }: Wanted): Promise<Measured> => {
    const newId = newIds();
    const input = kind === "job" ? waitingJob : begunPlay;
    const create = () => {
      const id = `${kind}_${newId()}`;
      return host.actors.create(`${kind}/${id}`, input(id), { novel: true });
    };
    const resident = () => host.actors.stats().resident[kind] ?? 0;
    await host.run(each(100, 10, create));
    await until(() => resident() === 0);
    const before = await heapUsed();
    await host.run(each(count, 1000, create));
    // Idle: the host has looked at all of them since anybody used them.
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    const idle = (await heapUsed()) - before;
    if (resident() !== count) throw new Error(`${resident()} of ${count} of the kind ${kind} are resident`);
    await until(() => resident() === 0);
    const asleep = (await heapUsed()) - before;
    return { idle: idle / count, asleep: asleep / count };
  },
  close: () => host.close(),
});
