// The server itself: what it is and how it does. Pure.
import * as z from "zod";
import { call, domain, topic } from "./define.ts";
import { Time } from "./values.ts";

export const SystemStatus = z.object({
  at: Time,
  connections: z.int(),
  /** Actors in memory, by kind. */
  resident: z.record(z.string(), z.int()),
  parked: z.int(),
  effectsRunning: z.int(),
  /** Jobs that have not ended. */
  openJobs: z.int(),
  /** Resident set of the server process, bytes. */
  memory: z.int(),
});
export type SystemStatus = z.infer<typeof SystemStatus>;

const sampleStatus: SystemStatus = {
  at: 1764000000000,
  connections: 2,
  resident: { job: 3 },
  parked: 0,
  effectsRunning: 2,
  openJobs: 3,
  memory: 240000000,
};

export const system = domain({
  name: "system",
  summary: "The server: version, transport, storage, load.",
  calls: {
    ping: call({
      summary: "Answers what it is given.",
      access: "anonymous",
      input: z.object({ echo: z.string().max(1000).optional() }),
      output: z.object({ echo: z.string().optional(), at: Time }),
      mutation: false,
      errors: [],
      example: { input: { echo: "hi" }, output: { echo: "hi", at: 1764000000000 } },
    }),
    info: call({
      summary: "What this server is made of.",
      access: "anonymous",
      input: z.object({}),
      output: z.object({
        version: z.string(),
        transport: z.enum(["uws", "ws"]),
        database: z.enum(["embedded", "postgres"]),
        startedAt: Time,
        /** True until the first user has signed in with the printed link. */
        needsSetup: z.boolean(),
      }),
      mutation: false,
      errors: [],
      example: {
        input: {},
        output: { version: "0.1.0", transport: "ws", database: "embedded", startedAt: 1764000000000, needsSetup: false },
      },
    }),
  },
  streams: {},
  topics: {
    status: topic({
      summary: "Load figures, at most once a second while somebody watches.",
      access: "user",
      params: z.object({}),
      snapshot: SystemStatus,
      delta: SystemStatus,
      errors: [],
      example: { params: {}, snapshot: sampleStatus, delta: sampleStatus },
    }),
  },
});
