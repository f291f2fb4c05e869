// The processes that serve together: who they are, how they do, and which cells of actors each has. One process alone is a cluster
// of one. Pure.
import * as z from "zod";
import { call, domain, topic } from "./define.ts";
import { Time } from "./values.ts";

/** Actors are spread over this many cells. */
const cellCount = 256;

export const Cell = z
  .int()
  .min(0)
  .max(cellCount - 1);

export const RunnerLoad = z.object({
  /** When it was measured, by the runner's own clock. */
  at: Time,
  /** Processor cores in use, over the last second. */
  cpu: z.number().min(0),
  /** Resident set, bytes. */
  memory: z.int(),
  /** How late the event loop was at most over the last second, ms, of ten looks at it. */
  loopDelay: z.number().min(0),
  connections: z.int(),
  /** Actors in memory. */
  resident: z.int(),
  effectsRunning: z.int(),
});
export type RunnerLoad = z.infer<typeof RunnerLoad>;

export const Runner = z.object({
  /** At which other runners reach it; `local` where there is one process. */
  address: z.string(),
  /** Of the program. */
  version: z.string(),
  /** Share of the cells that it takes, relative to the others. */
  weight: z.number(),
  startedAt: Time,
  /** Cells that are given to it. */
  cells: z.int(),
  /** Null: it has not told yet, or is silent. */
  load: RunnerLoad.nullable(),
});
export type Runner = z.infer<typeof Runner>;

export const ClusterState = z.object({
  at: Time,
  /** By address. */
  runners: z.array(Runner),
});
export type ClusterState = z.infer<typeof ClusterState>;

export const Handover = z.object({
  at: Time,
  /** Address of the runner that tells it. */
  runner: z.string(),
  /**
   * `taken`: it serves them now. `given`: it let go of them in order. `lost`: its time was over, and others may have had them
   * before it knew. A runner that died tells nothing: others take its cells.
   */
  way: z.enum(["taken", "given", "lost"]),
  cells: z.array(Cell),
});
export type Handover = z.infer<typeof Handover>;

const sampleState: ClusterState = {
  at: 1764000000000,
  runners: [
    {
      address: "10.0.0.5:7710",
      version: "0.1.0",
      weight: 1,
      startedAt: 1763990000000,
      cells: 128,
      load: {
        at: 1764000000000,
        cpu: 0.42,
        memory: 240000000,
        loopDelay: 2.1,
        connections: 14,
        resident: 230,
        effectsRunning: 12,
      },
    },
  ],
};
const sampleHandover: Handover = { at: 1764000000000, runner: "10.0.0.5:7710", way: "taken", cells: [17, 18, 201] };

export const cluster = domain({
  name: "cluster",
  summary: "The processes that serve together: runners, their load, and the cells of actors that each has.",
  calls: {
    runners: call({
      summary: "All runners and how they do.",
      access: "admin",
      input: z.object({}),
      output: ClusterState,
      mutation: false,
      errors: [],
      example: { input: {}, output: sampleState },
    }),
    cells: call({
      summary: "Which runner each cell is given to.",
      access: "admin",
      input: z.object({}),
      output: z.object({
        owners: z.array(z.object({ runner: z.string(), cells: z.array(Cell) })),
        /** Cells that are on their way from one runner to another. */
        free: z.array(Cell),
      }),
      mutation: false,
      errors: [],
      example: { input: {}, output: { owners: [{ runner: "10.0.0.5:7710", cells: [17, 18, 201] }], free: [3] } },
    }),
  },
  streams: {},
  topics: {
    load: topic({
      summary: "All runners and how they do, once a second while somebody watches; each change is the whole of it.",
      access: "admin",
      params: z.object({}),
      snapshot: ClusterState,
      delta: ClusterState,
      errors: [],
      example: { params: {}, snapshot: sampleState, delta: sampleState },
    }),
    handovers: topic({
      summary: "Cells that change hands, as it happens; the snapshot has the latest ones that this runner heard of, oldest first.",
      access: "admin",
      params: z.object({}),
      snapshot: z.object({ handovers: z.array(Handover) }),
      delta: Handover,
      errors: [],
      example: { params: {}, snapshot: { handovers: [sampleHandover] }, delta: sampleHandover },
    }),
  },
});
