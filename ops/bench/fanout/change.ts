// What everybody is told: a job that has moved, as the workspace's list shows it; and the frame in which PixSim tells it, which the
// bare servers send, too.
import { jobMachine } from "#actors/job/machine.ts";
import { jobRow } from "#actors/job/row.ts";
import type { Job } from "#protocol/job.ts";
import { encodeDelta } from "#protocol/wire/codec.ts";
import { makeStepper } from "#runtime/actor/step.ts";
import { jobInput } from "../durable/job-life.ts";

const { snapshot } = makeStepper(jobMachine).initial(jobInput);
const { value, context } = snapshot as unknown as Parameters<typeof jobRow>[0];

/** `rev`: one more with each change. */
export const changedJob = (rev: number): Job =>
  jobRow({ value, context }, { id: context.order.id, seq: rev, at: jobInput.at, parked: null });

/** By this a frame with that change is known. */
export const markOf = (rev: number): string => `"rev":${rev}}`;

export const frameOf = (rev: number): string => encodeDelta(1, `bench:${rev}`, JSON.stringify([changedJob(rev)]));
