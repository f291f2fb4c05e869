// Stories that jobs live through, and how they are kept: what the files in `histories/` are written from. Pure.
import { keptHistory } from "#runtime/actor/history.ts";
import type { JobOrder } from "./context.ts";
import { elsewhere, jobKind, Life, sampleOrder, start } from "./life.ts";

const hour = 3_600_000;

/** Goes on from what another job makes. */
const goesOn: Partial<JobOrder> = { inputs: [{ jobId: "job_first", role: "video" }], after: [{ jobId: "job_first", title: "a fox" }] };

/** As another call would have it accepted. */
const otherOrder: JobOrder = {
  ...sampleOrder,
  id: "job_other",
  ownerId: "usr_other",
  params: { prompt: "a hare in the grass", seed: 8 },
  prompt: "a hare in the grass",
  hash: "2".repeat(64),
  priority: 9,
  expectedMs: 5000,
};

/** By the name of their file. */
export const stories: Readonly<Record<string, () => Life>> = {
  completed: () => new Life().until("processing").send({ type: "provider.progress", fraction: 0.5 }).until("completed").cancel(),
  scheduled: () => new Life({ scheduledFor: start + 3_600_000 }).wait().until("completed"),
  retried: () =>
    new Life()
      .until("submitting")
      .fail("limit", "All places are taken.")
      .wait()
      .until("processing")
      .fail("network")
      .wait()
      .fail("provider")
      .wait()
      .until("downloading")
      .fail("lost")
      .wait()
      .until("ingesting")
      .fail("lost")
      .until("completed"),
  "sent-again": () => new Life().until("submitting").fail("network").wait().until("submitting").wait().wait().until("completed"),
  "full-disk": () => new Life().until("ingesting").fail("storage", "The disk is full.").wait().fail("storage").wait().until("completed"),
  parked: () => new Life().until("processing").park("A bug in following it.").resume().until("completed"),
  failed: () =>
    new Life().until("submitting").fail("provider").wait().until("processing").fail("lost").wait().until("submitting").fail("credits"),
  "failed-by-its-parameters": () => new Life().until("submitting").fail("parameters", "There is no such quality."),
  "failed-unreadable": () => {
    const life = new Life();
    while (!life.over) life.until("ingesting").fail("input", "This is not a video.");
    return life;
  },
  "failed-unanswered": () => new Life({ resendable: false }).until("submitting").fail("network"),
  "failed-unanswered-thrice": () => {
    const life = new Life();
    for (const _ of [1, 2]) life.until("submitting").fail("network").wait();
    return life.until("submitting").fail("network").succeed();
  },
  "failed-unsent": () =>
    new Life().until("submitting").fail("network").wait().until("submitting").fail("input", "The picture is gone.", true).succeed(),
  filtered: () => new Life().until("processing").fail("filtered", "Not this."),
  "cancelled-scheduled": () => new Life({ scheduledFor: start + 3_600_000 }).cancel(),
  "cancelled-waiting": () => new Life().cancel(),
  "cancelled-between-attempts": () => new Life().until("submitting").fail("provider").cancel(),
  "cancelled-unanswered": () => new Life().until("submitting").fail("network").cancel().succeed(),
  "cancelled-submitting": () => new Life().until("submitting").cancel().succeed(),
  "cancelled-processing": () => new Life().until("processing").cancel().fail("network"),
  "cancelled-downloading": () => new Life().until("downloading").fail("network").cancel().succeed(),
  "cancelled-ingesting": () => new Life().until("ingesting").cancel().fail("storage").wait(),
  "cancelled-too-late": () => new Life().until("downloading").cancel().until("completed"),
  "refused-unanswered": () =>
    new Life().until("submitting").fail("network").wait().until("submitting").fail("limit", "Later.").wait().until("completed"),
  paused: () => new Life().send({ type: "job.pause" }).send({ type: "job.resume" }).until("completed"),
  "paused-scheduled": () =>
    new Life({ scheduledFor: start + 3_600_000 })
      .send({ type: "job.pause" })
      .send({ type: "job.prioritise", priority: 0, rank: -5 })
      .send({ type: "job.resume" })
      .wait()
      .until("completed"),
  "paused-between-attempts": () =>
    new Life().until("submitting").fail("provider").send({ type: "job.pause" }).send({ type: "job.resume" }).until("completed"),
  pipeline: () => new Life(goesOn).send({ type: "inputs.wait", reason: "“a fox” (paused) to be done." }).until("completed"),
  "pipeline-scheduled": () =>
    new Life({ ...goesOn, scheduledFor: start + 3_600_000 })
      .wait()
      .send({ type: "job.pause" })
      .send({ type: "job.resume" })
      .until("completed"),
  "pipeline-failed": () => new Life(goesOn).fail("input", "“a fox” failed."),
  "pipeline-cancelled": () => new Life(goesOn).cancel(),
  "cancelled-paused": () => new Life().send({ type: "job.pause" }).cancel(),
  "held-back": () => {
    const life = new Life();
    for (const heldBack of [true, false]) {
      life.send({ type: "slot.waits", reason: heldBack ? "Your budget is used up." : "All places are taken.", heldBack });
      life.now += 3_600_000;
    }
    return life.until("completed");
  },
  "fell-back": () =>
    new Life({
      fallback: {
        on: ["filtered", "refused"],
        afterMs: 600_000,
        switches: [],
        orders: ["second", "third", "fourth"].map((id) => elsewhere(id)),
      },
    })
      .until("submitting")
      .fail("filtered", "Not this.")
      .send({ type: "slot.waits", reason: "No account can be used.", heldBack: false, hopeless: true })
      .wait()
      .until("completed"),
  replaced: () =>
    new Life()
      .send({ type: "job.replace", order: otherOrder })
      .until("submitting")
      .fail("network")
      .send({ type: "job.replace", order: sampleOrder })
      .wait()
      .until("completed"),
  "replaced-while-it-waits": () =>
    new Life({ ...goesOn, scheduledFor: start + 3_600_000, priority: 3, rank: -5 })
      .send({ type: "job.replace", order: { ...otherOrder, ...goesOn } })
      .wait()
      .send({ type: "job.replace", order: otherOrder })
      .send({ type: "job.pause" })
      .send({ type: "job.replace", order: sampleOrder })
      .send({ type: "job.resume" })
      .until("submitting")
      .fail("provider")
      .send({ type: "job.replace", order: otherOrder })
      .until("completed"),
  prioritised: () => new Life().send({ type: "job.prioritise", priority: 0, rank: -5 }).until("completed"),
  "timed-out": () => {
    const life = new Life().until("processing");
    while (!life.over) life.wait();
    return life;
  },
  "timed-out-unanswered": () => new Life({ resendable: false }).until("submitting").wait().succeed(),
  "timed-out-waiting": () => new Life().wait(),
  "away-submitting": () =>
    new Life()
      .until("submitting")
      .away(5 * hour)
      .until("completed"),
  "away-processing": () =>
    new Life()
      .until("processing")
      .away(5 * hour)
      .send({ type: "provider.progress", fraction: 0.5 })
      .away(hour)
      .until("completed"),
  "away-ingesting": () =>
    new Life()
      .until("downloading")
      .away(5 * hour)
      .until("ingesting")
      .fail("storage")
      .sleep(30 * hour)
      .until("completed"),
  "away-cancelling": () => new Life().until("processing").cancel().away(90_000).succeed(),
  "asleep-submitting": () =>
    new Life()
      .until("submitting")
      .sleep(5 * hour)
      .until("completed"),
  "asleep-waiting": () => new Life().sleep(30 * 24 * hour).until("completed"),
  "away-too-often": () => {
    const life = new Life().until("processing");
    while (!life.over) life.sleep(5 * hour);
    return life;
  },
};

/** The steps of a life as they are kept. */
export const historyOf = (life: Life): string => keptHistory(jobKind, life.steps);
