// Who is compared, and how one is run: in a process of its own, which is told how much to do and answers how long that took.
import type { EventsOptions } from "../actors/events.ts";
import { startChild } from "../child.ts";

/** Where a contender keeps its state; it takes what it needs. */
export interface Services {
  /** URL of a database of its own. */
  readonly postgres?: string;
  readonly redis?: { readonly host: string; readonly port: number };
}

/** What the process of a contender runs. */
export interface Contender {
  /** Does `count` units of work with `inFlight` under way; resolves when all are done. */
  readonly run: (count: number, inFlight: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Module {
  readonly open: (services: Services) => Promise<Contender>;
}

const events = async (options: EventsOptions): Promise<Module> => ({ open: (await import("../actors/events.ts")).openEvents(options) });
/** A round of activation takes some of these for good. */
const storedActors = 12_000;

/** What is a unit of its work stands in each one's file. */
export const contenders = {
  "xstate-send": () => import("./contenders/xstate-send.ts"),
  "pure-step": () => import("./contenders/pure-step.ts"),
  "pixsim-steps": () => import("./contenders/pixsim-steps.ts"),
  "pixsim-jobs": () => import("./contenders/pixsim-jobs.ts"),
  "pixsim-real-jobs": () => import("./contenders/pixsim-real-jobs.ts"),
  "pg-boss": () => import("./contenders/pg-boss.ts"),
  "graphile-worker": () => import("./contenders/graphile-worker.ts"),
  bullmq: () => import("./contenders/bullmq.ts"),
  "cluster-workflow": () => import("./contenders/cluster-workflow.ts"),
  "events-to-1": async () => events({ actors: 1 }),
  "events-to-100": async () => events({ actors: 100 }),
  "events-to-10000": async () => events({ actors: 10_000 }),
  "events-to-100000": async () => events({ actors: 100_000 }),
  "events-in-memory-to-1": async () => events({ actors: 1, durability: "ephemeral" }),
  "events-in-memory-to-10000": async () => events({ actors: 10_000, durability: "ephemeral" }),
  "events-watched": async () => events({ actors: 100, watchers: 10 }),
  "events-across": async () => ({ open: (await import("../actors/across.ts")).openAcross({ actors: 10_000 }) }),
  activation: async () => ({ open: (await import("../actors/activation.ts")).openActivation(storedActors) }),
} as const satisfies Readonly<Record<string, () => Promise<Module>>>;

export type ContenderName = keyof typeof contenders;

export interface Round {
  readonly count: number;
  readonly inFlight: number;
}

/** A round as the process measured it. */
export interface Took {
  readonly ms: number;
  /** Of this process alone, not of the database's. */
  readonly cpuMs: number;
}

export interface RunningContender {
  readonly run: (round: Round) => Promise<Took>;
  readonly close: () => Promise<void>;
}

/** Resolves when it is ready for its first round. */
export const startContender = async (name: ContenderName, services: Services): Promise<RunningContender> => {
  const child = startChild(new URL("./process.ts", import.meta.url), [name, JSON.stringify(services)]);
  try {
    await child.ask("open");
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    run: (round) => child.ask<Took>("run", round),
    close: async () => {
      await child.ask("close");
      await child.stop();
    },
  };
};
