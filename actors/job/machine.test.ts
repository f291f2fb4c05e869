import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { finalJobStates, type JobState } from "#protocol/job.ts";
import { backoff, type Fallbacks, jobLimits } from "./context.ts";
import { elsewhere, Life, sampleOrder, start } from "./life.ts";

const kinds = [
  "authentication",
  "credits",
  "limit",
  "filtered",
  "parameters",
  "provider",
  "network",
  "lost",
  "input",
  "storage",
  "timeout",
  "internal",
  "something new",
];
const open: ReadonlyArray<JobState> = ["waitingForSlot", "submitting", "processing", "downloading", "ingesting"];

describe("a job", () => {
  test("goes from accepted to an asset", () => {
    const life = new Life();
    const seen = [life.state];
    while (!life.over) seen.push(life.succeed().state);
    expect(seen).toEqual(["waitingForSlot", "submitting", "processing", "downloading", "ingesting", "completed"]);
    expect(life.context).toMatchObject({ assetId: "ast_test", progress: 1, slot: null, failure: null, etaAt: null, attempt: 1 });
    expect(life.resident.timers).toEqual([]);
    expect(Object.keys(life.context.enteredAt)).toContain("processing");
  });

  test("is not started before its scheduled time", () => {
    const life = new Life({ scheduledFor: start + 60_000 });
    expect(life.state).toBe("scheduled");
    expect(life.effects).toEqual([]);
    life.wait();
    expect(life.now).toBe(start + 60_000);
    expect(life.state).toBe("waitingForSlot");
  });

  test("holds its slot only while the provider works for it", () => {
    const life = new Life().until("submitting");
    expect(life.context.slot).toBe("studio-1");
    expect(life.until("processing").context.slot).toBe("studio-1");
    expect(life.until("downloading").context.slot).toBeNull();
  });

  test.each(open.slice(0, 3))("is cancelled in %s in one step", (state) => {
    const life = new Life().until(state).cancel();
    if (state === "waitingForSlot") expect(life.state).toBe("cancelled");
    else expect(life.state).toBe("cancelling");
    while (!life.over) life.succeed();
    expect(life.state).toBe("cancelled");
    expect(life.context).toMatchObject({ slot: null, failure: null });
  });

  test("is called off too late once it is made: what was paid is kept if it can be had, and else it ends as it was wanted", () => {
    for (const state of ["downloading", "ingesting"] as const) {
      const late = () => new Life().until(state).cancel();
      expect(late()).toMatchObject({ state, calledOff: [] });
      expect(late().until("completed").context).toMatchObject({ assetId: "ast_test", ending: null });
      for (const failure of ["network", "storage", "lost", "input"]) {
        expect(late().fail(failure).state).toBe("cancelling");
        expect(late().fail(failure).succeed().state).toBe("cancelled");
      }
      // It ends as it was wanted also where its time is over first.
      expect(late().fire("untilDeadline")).toMatchObject({ state: "cancelling", context: { ending: "cancelled" } });
      // While it waits for another try there is nothing to be had yet.
      const waiting = new Life().until(state).fail("network");
      expect(waiting.state).toBe(state);
      expect(waiting.cancel().state).toBe("cancelling");
    }
  });

  test("is cancelled while it waits for its time or for another attempt", () => {
    expect(new Life({ scheduledFor: start + 1 }).cancel().state).toBe("cancelled");
    expect(new Life().until("submitting").fail("provider").cancel().state).toBe("cancelled");
    expect(new Life().until("ingesting").fail("storage").cancel().state).toBe("cancelling");
  });

  test("is cancelled even if the provider cannot be told", () => {
    expect(new Life().until("processing").cancel().fail("network").state).toBe("cancelled");
    const deaf = new Life().until("processing").cancel();
    const before = deaf.now;
    expect(deaf.wait().state).toBe("cancelled");
    expect(deaf.now - before).toBe(jobLimits.cancelling);
  });

  test("that has completed stays completed", () => {
    expect(new Life().until("completed").cancel().state).toBe("completed");
  });

  test("tells the provider about the submission that was under way when it was cancelled", () => {
    const life = new Life().until("submitting").cancel();
    expect(life.resident.effects[0]).toMatchObject({ name: "cancelAtProvider", input: { key: "job_test-1", providerJobId: null } });
  });
});

describe("a submission that was never answered", () => {
  const unanswered = { key: "job_test-1", providerJobId: null };
  const silences: ReadonlyArray<readonly [string, () => Life]> = [
    ["a broken line", () => new Life().until("submitting").fail("network")],
    ["a time-out that the provider's client told", () => new Life().until("submitting").fail("timeout")],
    ["15 minutes of silence", () => new Life().until("submitting").wait()],
    ["a second broken line", () => new Life().until("submitting").fail("network").wait().until("submitting").fail("network")],
  ];

  test.each(silences)("after %s is called off when the job is cancelled while it waits", (_, silence) => {
    const waiting = { queued: silence(), waitingForSlot: silence().wait() };
    for (const [state, life] of Object.entries(waiting)) {
      expect(life.state).toBe(state);
      expect(life.cancel().state).toBe("cancelling");
      expect(life.calledOff).toMatchObject([unanswered]);
      expect(life.succeed().state).toBe("cancelled");
      expect(life.context).toMatchObject({ failure: null, waitingFor: null, finishedAt: life.now });
    }
  });

  test.each(silences)("after %s is called off at the deadline, which ends the job as timed out", (_, silence) => {
    for (const life of [silence(), silence().wait()]) {
      expect(life.fire("untilDeadline").now).toBe(life.context.deadlineAt);
      expect(life.state).toBe("cancelling");
      expect(life.calledOff).toMatchObject([unanswered]);
      expect(life.fail("network").state).toBe("timedOut");
      expect(life.context.failure).toEqual({ kind: "timeout", message: "It was not done within 2 hours." });
    }
  });

  test("three times in a row is called off before the job fails", () => {
    const thrice = (failure: string) => {
      const life = new Life();
      for (const _ of [1, 2]) life.until("submitting").fail(failure).wait();
      return life.until("submitting").fail(failure, "The line is dead.");
    };
    for (const failure of ["network", "timeout"]) {
      for (const answer of ["succeed", "fail", "wait"] as const) {
        const life = thrice(failure);
        expect(life.state).toBe("cancelling");
        expect(life.calledOff).toMatchObject([unanswered]);
        if (answer === "fail") life.fail("network");
        else life[answer]();
        expect(life.state).toBe("failed");
        expect(life.context).toMatchObject({ failure: { kind: failure, message: "The line is dead." }, slot: null, finishedAt: life.now });
      }
    }
    expect(thrice("network").cancel().succeed().state).toBe("cancelled");
  });

  test("is still unanswered when the next attempt fails before the provider is asked", () => {
    const again = () => new Life().until("submitting").fail("network").wait().until("submitting");
    for (const trouble of ["internal", "limit", "storage"]) {
      const life = again().fail(trouble, "Not even asked.", true);
      expect(life.state).toBe("queued");
      expect(life.wait().until("completed").keys).toEqual(["job_test-1", "job_test-1", "job_test-1"]);
      expect(again().fail(trouble, "Not even asked.", true).cancel().calledOff).toMatchObject([unanswered]);
    }
    const gone = again().fail("input", "The picture is gone.", true);
    expect(gone.state).toBe("cancelling");
    expect(gone.calledOff).toMatchObject([unanswered]);
    expect(gone.fail("input").state).toBe("failed");
    expect(gone.context.failure?.message).toBe("The picture is gone.");
    const last = again().fail("internal", "Not even asked.", true).wait().until("submitting").fail("internal", "Nor this time.", true);
    expect(last.calledOff).toMatchObject([unanswered]);
    expect(last.succeed().state).toBe("failed");
    // Nothing was ever asked: nobody need be told.
    expect(new Life().until("submitting").fail("input", "The picture is gone.", true)).toMatchObject({ state: "failed", calledOff: [] });
  });

  test("is given as long to be called off as a submission may take; what was answered, half a minute", () => {
    const patience = (life: Life): number => {
      const before = life.now;
      return life.wait().now - before;
    };
    expect(patience(new Life().until("submitting").cancel())).toBe(jobLimits.cancellingUnanswered);
    expect(patience(new Life().until("submitting").fail("network").cancel())).toBe(jobLimits.cancellingUnanswered);
    const silent = new Life({ resendable: false }).until("submitting").wait();
    expect(patience(silent)).toBe(jobLimits.cancellingUnanswered);
    expect(silent.state).toBe("timedOut");
    expect(jobLimits.cancellingUnanswered).toBeGreaterThan(jobLimits.submission);
    expect(patience(new Life().until("processing").cancel())).toBe(jobLimits.cancelling);
    for (const state of ["downloading", "ingesting"] as const) {
      expect(patience(new Life().until(state).fail("network").cancel())).toBe(jobLimits.cancelling);
    }
  });

  test.each(["limit", "authentication", "credits", "storage"])("is as open as before when %s is all that is answered next", (kind) => {
    const order = {
      pooled: true,
      credits: 10,
      creditType: "credits",
      fallback: { on: ["refused" as const], afterMs: null, orders: [elsewhere("second")], switches: [] },
    };
    const granted = { type: "slot.granted", key: "job_test-1", accountId: "acc_1", accountTitle: "Main", expectedMs: null };
    const again = (details: object = {}) =>
      new Life(order).send(granted).fail("network").wait().fail(kind, undefined, false, null, details);
    const life = again();
    expect(life).toMatchObject({ state: "queued", context: { attempt: 2, unanswered: true, account: { id: "acc_1" }, charges: [] } });
    expect(life.context.leasedAt).not.toBeNull();
    for (let round = 0; round < 5; round++) life.wait().fail(kind);
    expect(life.wait().keys).toEqual(Array.from({ length: 8 }, () => "job_test-1"));
    expect(life.succeed()).toMatchObject({ state: "processing", context: { attempt: 2, order: { provider: "studio" } } });
    // It is left alone as long as it asks for.
    const asked = again({ retryAfterMs: 120_000 });
    expect(asked.context.retryAt).toBe(asked.now + 120_000);
    // Nobody knows of it, so another may be made, on any account.
    const known = again({ notTaken: true });
    expect(known).toMatchObject({ state: "queued", context: { submission: 2, unanswered: false, leasedAt: null } });
  });

  test("is no concern any more once the provider has answered", () => {
    const refusals: ReadonlyArray<readonly [string, object?]> = [["provider"], ["lost"], ["limit", { notTaken: true }]];
    for (const [kind, details] of refusals) {
      const life = new Life().until("submitting").fail("network").wait().until("submitting").fail(kind, undefined, false, null, details);
      expect(life.state).toBe("queued");
      expect(life.cancel().state).toBe("cancelled");
      expect(life.calledOff).toEqual([]);
    }
    const lost = new Life().until("processing").fail("lost");
    expect(lost.cancel().state).toBe("cancelled");
    const late = new Life().until("submitting").fail("provider").wait();
    expect(late.fire("untilDeadline").state).toBe("timedOut");
  });
});

describe("failures", () => {
  test("a refusal for its content ends it as filtered", () => {
    for (const state of ["submitting", "processing", "downloading"] as const) {
      const life = new Life().until(state).fail("filtered", "Not this.");
      expect(life.state).toBe("filtered");
      expect(life.context.failure).toEqual({ kind: "filtered", message: "Not this." });
    }
  });

  test("a wrong request ends it at once", () => {
    for (const state of ["submitting", "processing"] as const) {
      for (const failure of ["parameters", "input"]) expect(new Life().until(state).fail(failure).state).toBe("failed");
    }
  });

  test.each(["provider", "lost", "credits", "authentication", "internal"])("%s when submitting: three attempts in all", (failure) => {
    const life = new Life();
    for (const attempt of [1, 2, 3]) {
      life.until("submitting");
      expect(life.context.attempt).toBe(attempt);
      life.fail(failure);
      if (attempt < 3) {
        expect(life.state).toBe("queued");
        expect(life.context.slot).toBeNull();
        expect(life.context.waitingFor).toContain(`Attempt ${attempt + 1} of 3`);
        life.wait();
      }
    }
    expect(life.state).toBe("failed");
    expect(life.context.failure?.kind).toBe(failure);
  });

  test("no answer to a submission: the same key again; a refusal: a new one", () => {
    const life = new Life().until("submitting").fail("network").wait().until("submitting").fail("provider").wait().until("processing");
    expect(life.keys).toEqual(["job_test-1", "job_test-1", "job_test-2"]);
    // The third attempt was the last one that may be made.
    expect(life.fail("lost").state).toBe("failed");
  });

  test("no answer from a provider that does not know keys: never asked again", () => {
    const life = new Life({ resendable: false }).until("submitting").fail("network", "The line is dead.");
    expect(life.state).toBe("failed");
    expect(life.context.failure?.message).toContain("not asked again");
    const silent = new Life({ resendable: false }).until("submitting").wait();
    expect(silent.state).toBe("cancelling");
    expect(silent.succeed().state).toBe("timedOut");
    expect(new Life({ resendable: false }).until("submitting").fail("provider").state).toBe("queued");
  });

  test("a provider that is full is waited for, and that is not an attempt", () => {
    const life = new Life();
    for (let round = 0; round < 20; round++) life.until("submitting").fail("limit", "All places are taken.").wait();
    expect(life.context.attempt).toBe(1);
    expect(life.context.waitingFor).toContain("slot");
    expect(new Set(life.keys).size).toBe(20);
    expect(life.until("completed").state).toBe("completed");
  });

  test("what is refused for want of room waits as long as any for its slot, and its two hours begin with the one that it gets", () => {
    for (const kind of ["limit", "storage"]) {
      const life = new Life();
      while (life.now - start < 30 * 3_600_000) life.until("submitting").fail(kind, "There is no room.").wait();
      expect(life.context).toMatchObject({ firstSlotAt: null, deadlineAt: start + jobLimits.firstSlot });
      expect(life.until("submitting").context.deadlineAt).toBe(life.now + jobLimits.generation);
      expect(life.until("completed").state).toBe("completed");
    }
    // Its last days it waits for another try, or for a slot.
    for (const slotMs of [Infinity, jobLimits.firstSlot - 60_000]) {
      const never = new Life();
      while (!never.over) {
        if (never.state === "submitting") never.fail("storage", "The archive cannot be reached.");
        else if (never.state === "waitingForSlot" && never.now - start < slotMs) never.succeed();
        else never.wait();
      }
      const message = "It could not begin within 7 days. The archive cannot be reached.";
      expect(never.context.failure).toEqual({ kind: "storage", message });
      expect(never.now - start).toBeLessThanOrEqual(jobLimits.firstSlot + jobLimits.generation);
    }
  });

  test("where our own file cannot be had, nobody else is asked for want of patience, and where there is no room, somebody is", () => {
    const fallback = { on: [], afterMs: 5 * 60_000, orders: [elsewhere("second")], switches: [] };
    for (const [kind, provider] of [
      ["storage", "test"],
      ["limit", "second"],
    ] as const) {
      const life = new Life({ fallback });
      const first = life.context.order.provider;
      while (life.now - start < 30 * 60_000 && life.context.order.provider === first) {
        if (life.state === "submitting") life.fail(kind, "Not just now.");
        else if (life.state === "waitingForSlot" && life.effects.includes("acquireSlot")) life.succeed();
        else life.wait();
      }
      expect(life.context.order.provider).toBe(provider === "test" ? first : provider);
    }
  });

  test("losing sight of a generation is no reason to pay for another", () => {
    const life = new Life().until("processing");
    for (const failure of ["network", "limit", "authentication"]) {
      life.fail(failure);
      expect(life.state).toBe("processing");
      expect(life.effects).toEqual([]);
      expect(life.context.slot).toBe("studio-1");
      life.wait();
    }
    expect(life.until("completed").keys).toEqual(["job_test-1"]);
  });

  test("a failed generation is made again from a fresh submission", () => {
    const life = new Life().until("processing").send({ type: "provider.progress", fraction: 0.5 }).fail("provider");
    expect(life.state).toBe("queued");
    expect(life.context).toMatchObject({ attempt: 2, progress: 0, slot: null, providerJobId: null });
    expect(life.wait().until("completed").keys).toEqual(["job_test-1", "job_test-2"]);
  });

  test("a download that fails is tried again by itself", () => {
    const life = new Life().until("downloading");
    for (let round = 0; round < 12; round++) life.fail(round % 2 === 0 ? "network" : "provider").wait();
    expect(life.until("completed").keys).toHaveLength(1);
  });

  test("a result that is gone is made again", () => {
    const life = new Life().until("downloading").fail("lost").wait().until("completed");
    expect(life.keys).toHaveLength(2);
  });

  test("a full disk holds up storing for up to a day, without a new submission", () => {
    const life = new Life().until("ingesting");
    while (life.now < start + jobLimits.generation + 60_000) life.fail("storage", "The disk is full.").wait();
    expect(life.state).toBe("ingesting");
    expect(life.until("completed").keys).toHaveLength(1);
    const full = new Life().until("ingesting");
    while (!full.over) {
      if (full.effects.includes("ingest")) full.fail("storage");
      else full.wait();
    }
    expect(full.state).toBe("timedOut");
    expect(full.now - start).toBeLessThanOrEqual(jobLimits.generationWithFullDisk + jobLimits.cancelling);
  });

  test("a staged file that a restart swept away is fetched again", () => {
    const life = new Life().until("ingesting").fail("lost");
    expect(life.state).toBe("downloading");
    expect(life.until("completed").keys).toHaveLength(1);
  });

  test("a result that is not media is fetched three times, then given up", () => {
    const life = new Life();
    for (const _ of [1, 2, 3]) life.until("ingesting").fail("input", "This is not a video.");
    expect(life.state).toBe("failed");
    expect(life.keys).toHaveLength(1);
  });
});

describe("a job that is paused", () => {
  const pause = { type: "job.pause" };
  const resume = { type: "job.resume" };
  const hour = 3_600_000;

  test("waits for its slot no more, for as long as it takes, and then as long as it had left", () => {
    const life = new Life();
    const { deadlineAt } = life.context;
    life.now += hour;
    life.send(pause);
    expect(life.state).toBe("paused");
    expect(life.effects).toEqual([]);
    expect(life.resident.timers).toEqual([]);
    expect(life.context).toMatchObject({ waitingFor: "Being resumed: it is paused.", etaAt: null });
    life.now += 1000 * hour;
    life.send(resume);
    expect(life.state).toBe("waitingForSlot");
    expect(life.context).toMatchObject({ deadlineAt: deadlineAt + 1000 * hour, heldMs: 1000 * hour, pausedAt: null });
    expect(life.context.etaAt).toBeGreaterThan(life.now);
    expect(life.until("completed").context.assetId).toBe("ast_test");
  });

  test("goes back to waiting for its time, or at once where that has passed or another attempt was planned", () => {
    const life = new Life({ scheduledFor: start + hour }).send(pause);
    expect(life.send(resume).state).toBe("scheduled");
    life.send(pause);
    life.now += 2 * hour;
    expect(life.send(resume).state).toBe("waitingForSlot");
    const again = new Life().until("submitting").fail("provider").send(pause);
    expect(again.send(resume).state).toBe("waitingForSlot");
    expect(again.until("completed").keys).toEqual(["job_test-1", "job_test-2"]);
  });

  test("is cancelled like any that waits", () => {
    expect(new Life().send(pause).cancel().state).toBe("cancelled");
  });

  test.each(open.slice(1))("cannot be one in %s: it goes on", (state) => {
    expect(new Life().until(state).send(pause).state).toBe(state);
  });

  test("cannot be one whose submission was never answered: that is found out first", () => {
    const life = new Life().until("submitting").fail("network");
    expect(life.state).toBe("queued");
    expect(life.send(pause).state).toBe("queued");
    life.wait();
    expect(life.send(pause).state).toBe(life.state);
    expect(life.until("completed").keys).toEqual(["job_test-1", "job_test-1"]);
  });

  test("is not given a place that was granted when it was paused", () => {
    const life = new Life({ pooled: true }).send(pause);
    const granted = { type: "slot.granted", key: "job_test-1", accountId: "acc_1", accountTitle: "Main", expectedMs: null };
    expect(life.send(granted).state).toBe("paused");
    expect(life.context).toMatchObject({ leasedAt: null, account: null });
  });

  test("makes something else in its place once a person replaces it, with all its attempts and in the same turn", () => {
    const order = { ...sampleOrder, id: "job_x", ownerId: "usr_x", priority: 9, hash: "8".repeat(64), expectedMs: 9000 };
    const replace = { type: "job.replace", order };
    const life = new Life({ priority: 3, rank: -2, pooled: true, askedHash: "asked", batchId: "bat_1" });
    const { waitsSince } = life.context;
    life.now += 60_000;
    life.send(replace);
    expect(life.state).toBe("waitingForSlot");
    const kept = { id: "job_test", ownerId: "usr_1", priority: 3, rank: -2, askedHash: "asked", batchId: "bat_1" };
    expect(life.context.order).toEqual({ ...order, ...kept, pooled: false });
    expect(life.context).toMatchObject({ waitsSince, expectedMs: 9000, etaAt: life.now + 9000 });
    // A place that was granted for what it was to make before comes too late.
    const granted = { type: "slot.granted", accountId: "acc_1", accountTitle: "Main", expectedMs: null };
    expect(life.send({ ...granted, key: "job_test-1" }).state).toBe("waitingForSlot");
    expect(life.until("submitting").keys).toEqual(["job_test-2"]);
    // Between two attempts: what failed is forgotten, and what it has cost is not.
    life.fail("provider", undefined, false, 4);
    expect(life.context.attempt).toBe(2);
    life.send({ ...replace, order: sampleOrder });
    expect(life.context).toMatchObject({ attempt: 1, failure: null, retryAt: null, order: { hash: sampleOrder.hash, priority: 3 } });
    expect(life.until("processing").keys.at(-1)).toBe("job_test-4");
    const { order: under } = life.context;
    expect(life.send(replace).context.order).toBe(under);
  });

  test("is not replaced once something was sent that may be going on", () => {
    const life = new Life().until("submitting").fail("network");
    const { order } = life.context;
    expect(life.send({ type: "job.replace", order: { ...sampleOrder, hash: "8".repeat(64) } }).context.order).toBe(order);
    expect(life.wait().until("completed").keys).toEqual(["job_test-1", "job_test-1"]);
  });

  test("held by a person it is replaced where it stands, and waits for what the other is to be made from", () => {
    const after = [{ jobId: "job_first", title: "a fox" }];
    const life = new Life({ scheduledFor: start + 1000 }).send(pause);
    life.send({ type: "job.replace", order: { ...sampleOrder, inputs: [{ jobId: "job_first", role: "video" }], after } });
    expect(life.state).toBe("paused");
    expect(life.context.etaAt).toBeNull();
    expect(life.send({ type: "job.resume" }).state).toBe("scheduled");
    expect(life.wait().state).toBe("awaitingInputs");
    expect(life.send({ type: "job.replace", order: sampleOrder }).state).toBe("waitingForSlot");
    expect(life.context.order.after).toBeUndefined();
  });

  test("what was to go on from another waits for a place from when it is replaced by what needs none", () => {
    const after = [{ jobId: "job_first", title: "a fox" }];
    const days = 8 * 86_400_000;
    for (const held of [false, true]) {
      const life = new Life({ after });
      if (held) life.send(pause);
      life.now += days;
      life.send({ type: "job.replace", order: sampleOrder });
      if (held) {
        // Nor does the time count in which it is held from then on.
        life.now += days;
        life.send({ type: "job.resume" });
      }
      expect(life.state).toBe("waitingForSlot");
      expect(life.context).toMatchObject({ waitsSince: life.now, deadlineAt: life.now + jobLimits.firstSlot });
    }
    // Before its time it waits for nothing yet.
    const scheduledFor = start + days;
    const early = new Life({ after, scheduledFor }).send({ type: "job.replace", order: sampleOrder });
    expect(early.context).toMatchObject({ waitsSince: scheduledFor, deadlineAt: scheduledFor + jobLimits.firstSlot });
  });

  test("a job that is given another priority asks for its slot anew; one that is under way does not change", () => {
    const life = new Life();
    const effect = life.resident.effects[0];
    const first = { type: "job.prioritise", priority: 0, rank: -7 };
    life.send(first);
    expect(life.state).toBe("waitingForSlot");
    expect(life.effects).toEqual(["acquireSlot"]);
    expect(life.resident.effects[0]).not.toBe(effect);
    expect(life.resident.effects[0]?.input).toMatchObject({ order: { priority: 0, rank: -7 } });
    const { deadlineAt } = life.context;
    expect(life.send({ ...first, priority: 9 }).context.deadlineAt).toBe(deadlineAt);
    life.until("processing").send({ ...first, priority: 3 });
    expect(life.context.order.priority).toBe(9);
    const held = new Life().send(pause).send(first);
    expect(held.state).toBe("paused");
    expect(held.context.order).toMatchObject({ priority: 0, rank: -7 });
  });
});

describe("a job that a pause or a budget holds back", () => {
  const hour = 3_600_000;
  const day = 24 * hour;
  const held = { type: "slot.waits", reason: "Your budget is used up.", heldBack: true };
  const free = { type: "slot.waits", reason: "All places are taken.", heldBack: false };

  test("waits for a slot as long as it takes, and then for as long as it had left", () => {
    const life = new Life();
    const { deadlineAt } = life.context;
    life.now += hour;
    life.send(held);
    expect(life.context).toMatchObject({ waitingFor: held.reason, heldBackAt: life.now });
    // Its deadline comes and goes, again and again.
    while (life.now < start + 100 * day) life.wait();
    expect(life.state).toBe("waitingForSlot");
    expect(life.context.waitingFor).toBe(held.reason);
    life.now += hour;
    const heldFor = life.now - (start + hour);
    life.send(free);
    expect(life.context).toMatchObject({ heldBackAt: null, deadlineAt: deadlineAt + heldFor, waitsSince: start + heldFor });
    expect(life.wait().state).toBe("timedOut");
    expect(life.now).toBe(deadlineAt + heldFor);
  });

  test("is told again that it is held, and has its two hours from its first slot", () => {
    const life = new Life().send(held);
    life.now += 30 * hour;
    life.send({ ...held, reason: "All jobs are paused." }).succeed();
    expect(life.context).toMatchObject({ heldBackAt: null, heldMs: 0, firstSlotAt: life.now, deadlineAt: life.now + 2 * hour });
  });

  test("and then paused is held from the one to the end of the other", () => {
    const life = new Life().send(held);
    life.now += hour;
    life.send({ type: "job.pause" });
    life.now += hour;
    expect(life.send({ type: "job.resume" }).context).toMatchObject({
      deadlineAt: start + 7 * day + 2 * hour,
      waitsSince: start + 2 * hour,
    });
  });

  test("has lost nothing by being paused before its time, and waits from then on or from when it goes on", () => {
    for (const hours of [1, 5]) {
      const life = new Life({ scheduledFor: start + 3 * hour }).send({ type: "job.pause" });
      life.now += hours * hour;
      life.send({ type: "job.resume" });
      const waitsSince = Math.max(start + 3 * hour, life.now);
      expect(life.context).toMatchObject({ waitsSince, deadlineAt: waitsSince + jobLimits.firstSlot });
    }
  });

  test("keeps what it has waited when it is put in front, refused for want of room or restarted", () => {
    const life = new Life();
    const since = () => (life.resident.effects[0]!.input as { readonly since: number }).since;
    life.now += hour;
    life.send({ type: "job.prioritise", priority: 0, rank: -7 });
    expect(since()).toBe(start);
    life.until("submitting").fail("limit").wait();
    expect(life.state).toBe("waitingForSlot");
    expect(since()).toBe(start);
    // Another attempt is another wait.
    life.until("submitting").fail("provider").wait();
    expect(since()).toBeGreaterThan(start + hour);
  });

  test("waits for its slot from when its own wait began, however late and where that was, when it is refused one for want of room", () => {
    const fallback: Fallbacks = { on: ["unavailable"], afterMs: null, orders: [elsewhere("second")], switches: [] };
    const paused = new Life().send({ type: "job.pause" });
    paused.now += 8 * day;
    paused.send({ type: "job.resume" });
    const second = new Life({ after: [{ jobId: "job_first", title: "First" }] });
    second.now += 8 * day;
    const moved = new Life({ fallback });
    moved.now += 6 * day;
    for (let attempt = 0; attempt < 3; attempt++) {
      moved.until("submitting").fail("provider");
      if (moved.state === "queued" && moved.context.order.provider === "studio") moved.wait();
    }
    expect(moved.context.order.provider).toBe("second");
    const again = new Life({ resendable: false }).until("submitting").park("The server stopped.");
    again.now += 8 * day;
    again.sendAgain();
    const held = new Life().send({ type: "slot.waits", reason: "Paused.", heldBack: true });
    held.now += 8 * day;
    for (const life of [paused, second, moved, again, held]) {
      life.until("submitting");
      const since = life.now;
      life.fail("limit");
      expect(life).toMatchObject({ state: "queued", context: { waitsSince: since, deadlineAt: since + jobLimits.firstSlot } });
      expect(life.wait().until("completed").keys.length).toBeGreaterThan(1);
    }
  });

  test("a full disk has its day from the first slot, however long the job was paused before, and says so", () => {
    const life = new Life().send({ type: "job.pause" });
    life.now += 30 * hour;
    life.send({ type: "job.resume" }).until("ingesting");
    const first = life.now;
    while (!life.over) {
      if (life.effects.includes("ingest")) life.fail("storage");
      else life.wait();
    }
    expect(life.now - first).toBeLessThanOrEqual(jobLimits.generationWithFullDisk + jobLimits.cancelling);
    expect(life.context.failure?.message).toBe("It was not done within 24 hours: the disk was full.");
  });
});

describe("a job that goes on from another's result", () => {
  const goesOn = { inputs: [{ jobId: "job_first", role: "video" as const }], after: [{ jobId: "job_first", title: "a fox" }] };
  const pause = { type: "job.pause" };
  const resume = { type: "job.resume" };

  test("waits in words, asks for no slot meanwhile, and goes on with the asset, with all its time before it", () => {
    const life = new Life(goesOn);
    expect(life.state).toBe("awaitingInputs");
    expect(life.effects).toEqual(["awaitInputs"]);
    expect(life.context).toMatchObject({ waitingFor: "“a fox” to be done.", etaAt: null });
    life.send({ type: "inputs.wait", reason: "“a fox” (paused) to be done." });
    expect(life.context.waitingFor).toBe("“a fox” (paused) to be done.");
    life.now += 30 * 24 * 3_600_000;
    life.succeed();
    expect(life.state).toBe("waitingForSlot");
    expect(life.context.order).toMatchObject({ inputs: [{ jobId: "job_first", assetId: "ast_first", role: "video" }], after: [] });
    expect(life.context.deadlineAt).toBe(life.now + jobLimits.firstSlot);
    expect(life.until("completed").context.failure).toBeNull();
  });

  test("fails when that will not be made; is cancelled and paused like any that waits, and waits for its time first", () => {
    const failed = new Life(goesOn).fail("input", "“a fox” failed.");
    expect(failed.state).toBe("failed");
    expect(failed.context.failure).toEqual({ kind: "input", message: "“a fox” failed." });
    expect(failed.keys).toEqual([]);
    expect(new Life(goesOn).cancel().state).toBe("cancelled");
    expect(new Life(goesOn).send(pause).send(resume).state).toBe("awaitingInputs");
    const later = new Life({ ...goesOn, scheduledFor: start + 5000 });
    expect(later.state).toBe("scheduled");
    expect(later.wait().state).toBe("awaitingInputs");
    // Once it has what it goes on from, it does not wait for that again.
    expect(later.succeed().send(pause).send(resume).state).toBe("waitingForSlot");
  });
});

describe("a job that falls back", () => {
  const minute = 60_000;
  const fallback = (changes: Partial<Fallbacks> = {}): Fallbacks => ({
    on: ["unavailable", "refused"],
    afterMs: null,
    orders: [elsewhere("second"), elsewhere("third")],
    switches: [],
    ...changes,
  });
  const falling = (changes: Partial<Fallbacks> = {}) => new Life({ fallback: fallback(changes) });
  const waits = { type: "slot.waits", reason: "No account can be used.", heldBack: false, hopeless: true };

  test("goes on at the next provider once all attempts have failed, as a new submission with all its time and attempts", () => {
    const life = falling();
    for (const _ of [1, 2]) life.until("submitting").fail("provider").wait();
    expect(life.context).toMatchObject({ attempt: 3, order: { provider: "studio" } });
    life.now += minute;
    life.until("submitting").fail("provider", "It broke.");
    expect(life.state).toBe("waitingForSlot");
    expect(life.context).toMatchObject({
      attempt: 1,
      progress: 0,
      failure: null,
      slot: null,
      firstSlotAt: null,
      deadlineAt: life.now + jobLimits.firstSlot,
      waitsSince: life.now,
      order: {
        provider: "second",
        fallback: {
          orders: [{ provider: "third" }],
          switches: [{ provider: "studio", reason: "unavailable", message: "It broke.", at: life.now }],
        },
      },
    });
    expect(life.resident.effects[0]?.input).toMatchObject({ key: "job_test-4", order: { provider: "second" } });
    expect(life.until("completed").keys).toEqual(["job_test-1", "job_test-2", "job_test-3", "job_test-4"]);
    expect(life.context.failure).toBeNull();
  });

  test("also after the generation has failed there, and fails once there is no other", () => {
    const life = falling({ orders: [elsewhere("second")] });
    for (const provider of ["studio", "second"]) {
      expect(life.context.order.provider).toBe(provider);
      for (const attempt of [1, 2, 3]) {
        life.until("processing").fail("provider");
        if (attempt < 3) life.wait();
      }
    }
    expect(life.state).toBe("failed");
    expect(life.keys).toHaveLength(6);
  });

  test("does so for what is refused for good only where the rule says so", () => {
    for (const state of ["submitting", "processing"] as const) {
      for (const [kind, reason] of [
        ["filtered", "filtered"],
        ["parameters", "rejected"],
        ["input", "rejected"],
      ] as const) {
        expect(falling().until(state).fail(kind).state).toBe(kind === "filtered" ? "filtered" : "failed");
        const life = falling({ on: [reason] })
          .until(state)
          .fail(kind);
        expect(life.state).toBe("waitingForSlot");
        expect(life.context.order).toMatchObject({ provider: "second", fallback: { switches: [{ reason }] } });
      }
    }
  });

  test("does so at once where no account can take it, and not for a place that was granted meanwhile", () => {
    const pooled = new Life({ pooled: true, fallback: fallback({ orders: [elsewhere("second", { pooled: true })] }) });
    pooled.send({ ...waits, hopeless: false });
    expect(pooled.context).toMatchObject({ order: { provider: "studio" }, waitingFor: waits.reason });
    pooled.send(waits);
    expect(pooled.context.order).toMatchObject({
      provider: "second",
      fallback: { switches: [{ reason: "refused", message: waits.reason }] },
    });
    const granted = { type: "slot.granted", accountId: "acc_1", accountTitle: "Main", expectedMs: null };
    expect(pooled.send({ ...granted, key: "job_test-1" }).state).toBe("waitingForSlot");
    expect(pooled.send({ ...granted, key: "job_test-2" }).state).toBe("submitting");
    expect(falling({ on: ["unavailable"] }).send(waits).context.order.provider).toBe("studio");
  });

  test("does so after the wait that the rule allows, in which being held back does not count", () => {
    const life = falling({ afterMs: 10 * minute, on: [] });
    life.now += 4 * minute;
    life.send({ type: "slot.waits", reason: "Paused.", heldBack: true });
    life.now += 100 * minute;
    life.send({ type: "slot.waits", reason: "All places are taken.", heldBack: false });
    while (life.context.order.provider === "studio") life.wait();
    expect(life.now).toBe(start + 110 * minute);
    expect(life.context.order.fallback?.switches).toMatchObject([
      { reason: "waited", message: "It had waited long enough. All places are taken." },
    ]);
    // And from there again.
    life.wait();
    expect(life.context.order.provider).toBe("third");
    expect(life.now).toBe(start + 120 * minute);
    expect(life.wait().state).toBe("timedOut");
  });

  test("does so where the provider is no more", () => {
    expect(falling().fail("parameters", "It is no longer there.").context.order.provider).toBe("second");
  });

  test("settles what it had at an account first, by the order that it was sent with", () => {
    const order = { pooled: true, credits: 10, creditType: "credits" };
    const life = new Life({ ...order, fallback: fallback({ on: ["filtered"], orders: [elsewhere("second", { credits: 99 })] }) });
    life.send({ type: "slot.granted", key: "job_test-1", accountId: "acc_1", accountTitle: "Main", expectedMs: null });
    life.succeed({ providerJobId: "p-1", charged: 10 }).fail("filtered", "Not this.", false, 0);
    expect(life.state).toBe("waitingForSlot");
    expect(life.context).toMatchObject({ account: null, leasedAt: null, charged: null, order: { provider: "second", credits: 99 } });
    expect(life.context.lastEnd).toMatchObject({ key: "job_test-1", accountId: "acc_1", outcome: "filtered", charged: 0 });
    expect(life.context.charges).toMatchObject([{ provider: "studio", estimated: 10, charged: 0, refunded: 10, outcome: "filtered" }]);
  });

  test("never where something is paid, or may have been taken", () => {
    const order = { pooled: true, credits: 10, fallback: fallback({ on: ["filtered", "unavailable", "rejected", "refused"] }) };
    const granted = { type: "slot.granted", key: "job_test-1", accountId: "acc_1", accountTitle: "Main", expectedMs: null };
    const paid = new Life(order).send(granted).succeed({ providerJobId: "p-1", charged: 10 }).fail("filtered");
    expect(paid.state).toBe("filtered");
    expect(new Life({ ...order, resendable: false }).send(granted).fail("network").state).toBe("failed");
    const silent = new Life({ ...order, resendable: false }).send(granted).wait();
    expect(silent.state).toBe("cancelling");
    expect(silent.succeed().state).toBe("timedOut");
    // Sent with its key, and then our own part fails: the provider may have taken it.
    const unsure = falling({ on: ["rejected"] })
      .until("submitting")
      .fail("network")
      .wait()
      .until("submitting")
      .fail("input", "Gone.", true);
    expect(unsure.state).toBe("cancelling");
    expect(unsure.succeed().state).toBe("failed");
    // While it waits for another try of the same key it stays, however long.
    const waiting = falling({ afterMs: minute }).until("submitting").fail("network").wait();
    expect(waiting.state).toBe("waitingForSlot");
    expect(waiting.send(waits).context.order.provider).toBe("studio");
    expect(waiting.wait().context.order.provider).toBe("studio");
  });

  test("is cancelled after a switch like any that waits, with nothing to call off", () => {
    const life = falling().send(waits).cancel();
    expect(life.state).toBe("cancelled");
    expect(life.calledOff).toEqual([]);
  });

  test("has no more to ask about than any that waits, once what had no answer at first is refused", () => {
    const refused = () =>
      falling({ on: ["filtered", "refused"] })
        .until("submitting")
        .fail("network")
        .wait()
        .until("submitting")
        .fail("filtered");
    expect(refused().context).toMatchObject({ unanswered: false, order: { provider: "second" } });
    expect(refused().cancel().state).toBe("cancelled");
    expect(refused().send({ type: "job.pause" }).state).toBe("paused");
    expect(refused().send(waits).context.order.provider).toBe("third");
    expect(refused().until("completed").keys).toEqual(["job_test-1", "job_test-1", "job_test-2"]);
  });
});

describe("time", () => {
  test("two hours after its first slot it ends, and the provider is told", () => {
    const life = new Life().until("processing");
    while (life.state === "processing") life.wait();
    expect(life.now - start).toBe(jobLimits.generation);
    expect(life.effects).toEqual(["cancelAtProvider"]);
    expect(life.succeed().state).toBe("timedOut");
    expect(life.context.failure?.kind).toBe("timeout");
  });

  test("attempts do not renew the two hours", () => {
    const life = new Life().until("processing");
    life.now += jobLimits.generation - 60_000;
    life.fail("provider").wait().until("processing").wait();
    expect(life.now - start).toBe(jobLimits.generation);
    expect(life.state).toBe("cancelling");
  });

  test("a submission without an answer for 15 minutes is sent again with its key", () => {
    const life = new Life().until("submitting").wait();
    expect(life.now - start).toBe(jobLimits.submission);
    expect(life.state).toBe("queued");
    expect(life.wait().until("completed").keys).toEqual(["job_test-1", "job_test-1"]);
  });

  test("cancelling wins over timing out", () => {
    const life = new Life().until("processing").wait().cancel().succeed();
    expect(life.state).toBe("cancelled");
  });

  test("a slot that never comes ends it", () => {
    const life = new Life().wait();
    expect(life.state).toBe("timedOut");
    expect(life.now - start).toBe(jobLimits.firstSlot);
  });

  test("waits grow, are bounded, differ between jobs and are the same each time", () => {
    expect(backoff("job_a", 3, 1000, 60_000)).toBe(backoff("job_a", 3, 1000, 60_000));
    expect(backoff("job_a", 3, 1000, 60_000)).not.toBe(backoff("job_b", 3, 1000, 60_000));
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 10_000 }), (id, count) => {
        const wait = backoff(id, count, 1000, 60_000);
        const middle = Math.min(60_000, 1000 * 2 ** Math.min(count - 1, 30));
        expect(wait).toBeGreaterThanOrEqual(Math.floor(middle * 0.8));
        expect(wait).toBeLessThanOrEqual(Math.ceil(middle * 1.2));
      }),
    );
  });

  test("the expected end follows the pace", () => {
    const life = new Life().until("processing");
    life.now += 4000;
    life.send({ type: "provider.progress", fraction: 0.5 });
    // Nearly half of the whole in 4 s where 2 s in all were expected: between the two, storing it included.
    expect(life.context.progress).toBeCloseTo(0.46);
    expect(life.context.etaAt! - life.now).toBe(2743);
  });
});

describe("a submission at an account that was never answered", () => {
  const order = { pooled: true, credits: 10, creditType: "credits" };
  const granted = { type: "slot.granted", key: "job_test-1", accountId: "acc_1", accountTitle: "Main", expectedMs: null };
  const sent = (changes: object = {}) => new Life({ ...order, ...changes }).send(granted);
  const ended = (life: Life) => life.context.charges.map(({ outcome, charged }) => [outcome, charged]);

  test("is of unknown outcome, and not free, where nobody can be asked about it", () => {
    expect(ended(sent({ resendable: false }).fail("network"))).toEqual([["unknown", null]]);
    expect(ended(sent().fail("network").cancel().succeed({ stopped: null }))).toEqual([["unknown", null]]);
    expect(ended(sent().cancel().fail("network"))).toEqual([["unknown", null]]);
    expect(ended(sent({ resendable: false }).wait().succeed({ stopped: null }))).toEqual([["unknown", null]]);
  });

  test("is told to its account as a failure, but for where a person called it off", () => {
    const last = (life: Life) => life.context.lastEnd;
    expect(last(sent({ resendable: false }).fail("network", "The line is dead."))?.message).toContain("The line is dead.");
    expect(last(sent().fail("network").cancel().succeed({ stopped: null }))).toMatchObject({ outcome: "unknown", message: "" });
  });

  test("is what it has turned out to be otherwise", () => {
    expect(ended(sent().fail("network").cancel().succeed({ stopped: true }))).toEqual([["stopped", null]]);
    expect(ended(sent().fail("network").cancel().succeed({ stopped: false }))).toEqual([["goes on", null]]);
    expect(ended(sent().fail("network").wait().fail("filtered"))).toEqual([["filtered", null]]);
    expect(ended(sent().fail("network").wait().fail("provider").wait())).toEqual([["provider", null]]);
    // Refused before anybody looked at it: free.
    expect(ended(sent().fail("network").wait().fail("parameters"))).toEqual([]);
  });

  test("tells its account whether it was refused for asking too often", () => {
    const limited = (details: object) => sent().fail("limit", undefined, false, null, details).context.lastEnd;
    expect(limited({ rate: true })).toMatchObject({ outcome: "limit", rate: true });
    expect(limited({})?.rate).toBeUndefined();
  });
});

describe("a submission of which nobody knows whether it was taken", () => {
  const day = 24 * 3_600_000;
  const grant = (life: Life) =>
    life.send({
      type: "slot.granted",
      key: `job_test-${life.context.submission}`,
      accountId: "acc_1",
      accountTitle: "Main",
      expectedMs: 1000,
    });
  /** Parked for a day: all that was to be done in time is long past. */
  const parked = (ms = day) => {
    const life = grant(new Life({ resendable: false, pooled: true, credits: 10, creditType: "credits" })).park("The server stopped.");
    life.now += ms;
    return life;
  };

  test("is sent again as a new one, with a place and a time of its own, and not as another attempt", () => {
    const life = parked().sendAgain();
    expect(life.state).toBe("waitingForSlot");
    expect(life.context).toMatchObject({ attempt: 1, leasedAt: null, unanswered: false });
    expect(life.context.lastEnd).toMatchObject({ key: "job_test-1", accountId: "acc_1", charged: null, outcome: "internal" });
    expect(grant(life).keys).toEqual(["job_test-1", "job_test-2"]);
    expect(Math.min(...life.resident.timers.map(({ dueAt }) => dueAt))).toBe(life.now + jobLimits.submission);
    expect(life.until("completed").context.charges.map(({ key, outcome }) => [key, outcome])).toEqual([
      ["job_test-1", "internal"],
      ["job_test-2", "completed"],
    ]);
  });

  test("goes on from the name that a person found for it, with its time and its charge", () => {
    const life = parked().markDone({ providerJobId: "theirs-7", charged: 12 });
    expect(life.state).toBe("processing");
    expect(life.effects).toEqual(["track"]);
    expect(Math.min(...life.resident.timers.map(({ dueAt }) => dueAt))).toBe(life.now + jobLimits.generation);
    expect(life.context.providerJobId).toBe("theirs-7");
    life.now += 5000;
    // What it took is not the day in which nobody looked.
    expect(life.until("completed").context.charges).toMatchObject([{ key: "job_test-1", outcome: "completed", charged: 12, tookMs: 5000 }]);
  });

  test.each([
    ["as estimated", null],
    ["as somebody read at the provider", 7],
    ["not at all", 0],
  ])("is paid %s when it is marked as done without a name, and its place is free", (_, charged) => {
    const life = parked(500).markDone({ providerJobId: null, charged });
    expect(life.state).toBe("failed");
    expect(life.context.failure).toMatchObject({ kind: "lost", message: expect.stringContaining("marked it as done") as string });
    expect(life.context.charges).toMatchObject([{ key: "job_test-1", estimated: 10, charged, outcome: "goes on" }]);
    expect(life.context.lastEnd).toMatchObject({ outcome: "goes on", charged, goesOnMs: 0 });
    expect(life.keys).toEqual(["job_test-1"]);
    expect(life.calledOff).toEqual([]);
  });
});

describe("whatever happens", () => {
  type Move =
    | { readonly type: "succeed" | "wait" | "cancel" | "junk" | "pause" | "resume" | "replace" }
    | { readonly type: "prioritise"; readonly priority: number }
    | { readonly type: "fail"; readonly kind: string; readonly unsent: boolean }
    | { readonly type: "progress"; readonly fraction: number }
    | { readonly type: "time"; readonly ms: number };
  const move: fc.Arbitrary<Move> = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Move>({ type: "succeed" }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant("fail" as const), kind: fc.constantFrom(...kinds), unsent: fc.boolean() }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant("progress" as const), fraction: fc.double({ noDefaultInfinity: true }) }) },
    { weight: 5, arbitrary: fc.constant<Move>({ type: "wait" }) },
    { weight: 1, arbitrary: fc.constant<Move>({ type: "cancel" }) },
    { weight: 1, arbitrary: fc.constant<Move>({ type: "pause" }) },
    { weight: 2, arbitrary: fc.constant<Move>({ type: "resume" }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("prioritise" as const), priority: fc.integer({ min: 0, max: 9 }) }) },
    { weight: 1, arbitrary: fc.constant<Move>({ type: "replace" }) },
    { weight: 1, arbitrary: fc.constant<Move>({ type: "junk" }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("time" as const), ms: fc.integer({ min: 0, max: 7_200_000 }) }) },
  );
  const first = [{ jobId: "job_first", title: "a fox" }];
  const changes = fc.boolean().chain((resendable) => {
    const fallback = fc.record({
      on: fc.subarray(["unavailable", "refused", "rejected", "filtered"] as const),
      afterMs: fc.option(fc.integer({ min: 1000, max: 7_200_000 })),
      orders: fc.constantFrom(["second"], ["second", "third"]).map((ids) => ids.map((id) => elsewhere(id, { resendable }))),
      switches: fc.constant([]),
    });
    const always = {
      resendable: fc.constant(resendable),
      scheduledFor: fc.option(fc.integer({ min: 0, max: start * 2 })),
      after: fc.constantFrom([], [], first),
    };
    return fc.oneof(fc.record(always), fc.record({ ...always, fallback }));
  });

  const ambiguous: ReadonlySet<string> = new Set(["network", "timeout"]);
  /** Only a submission can fail before the provider is asked, and never for a line to the provider. */
  const isUnsent = (life: Life, step: Move): boolean =>
    step.type === "fail" && step.unsent && life.state === "submitting" && !ambiguous.has(step.kind);
  const fail = (life: Life, step: Extract<Move, { type: "fail" }>): Life => life.fail(step.kind, undefined, isUnsent(life, step));
  /** The provider has said something of the submission: a refusal at the door says nothing of one before it. */
  const isAnswer = (life: Life, step: Move): boolean =>
    life.state === "submitting" &&
    (step.type === "succeed" ||
      (step.type === "fail" &&
        !ambiguous.has(step.kind) &&
        !isUnsent(life, step) &&
        !(life.context.unanswered && ["limit", "storage"].includes(step.kind))));

  const play = (life: Life, step: Move): void => {
    switch (step.type) {
      case "succeed":
        return void (life.effects.length > 0 && life.succeed());
      case "fail":
        return void (life.effects.length > 0 && fail(life, step));
      case "progress":
        return void life.send({ type: "provider.progress", fraction: step.fraction });
      case "wait":
        // Only a person makes a paused job go on.
        if (life.state === "paused") return void life.send({ type: "job.resume" });
        return void (life.over || (life.state === "awaitingInputs" ? life.succeed() : life.wait()));
      case "cancel":
        return void life.cancel();
      case "pause":
        return void life.send({ type: "job.pause" });
      case "resume":
        return void life.send({ type: "job.resume" });
      case "prioritise":
        return void life.send({ type: "job.prioritise", priority: step.priority, rank: 0 });
      case "replace":
        return void life.send({ type: "job.replace", order: { ...life.context.order, hash: "9".repeat(64) } });
      case "junk":
        return void life.send({ type: "unheard.of", slot: "studio-9", progress: 5 });
      case "time":
        life.now += step.ms;
    }
  };

  test("there is no dead end, attempts are bounded, at most one slot is held and none at the end, and all of it is JSON", () => {
    fc.assert(
      fc.property(changes, fc.array(move, { maxLength: 60 }), (order, moves) => {
        const life = new Life(order);
        for (const step of moves) {
          const before = { state: life.state, context: life.context, over: life.over };
          play(life, step);
          const { state, context } = life;
          expect(context.attempt).toBeLessThanOrEqual(context.maxAttempts);
          expect(JSON.parse(JSON.stringify(life.resident.snapshot.context))).toEqual(life.resident.snapshot.context);
          expect(context.progress).toBeGreaterThanOrEqual(0);
          expect(context.progress).toBeLessThanOrEqual(1);
          // What was put in its place begins anew.
          const isSame =
            step.type !== "replace" &&
            context.attempt === before.context.attempt &&
            context.order.provider === before.context.order.provider;
          if (isSame) expect(context.progress).toBeGreaterThanOrEqual(before.context.progress);
          if (context.slot !== null) expect(["submitting", "processing", "cancelling"]).toContain(state);
          if (state === "submitting" || state === "processing") expect(context.slot).not.toBeNull();
          if (state === "paused") expect(context).toMatchObject({ unanswered: false, leasedAt: null });
          expect(context.pausedAt !== null).toBe(state === "paused");
          if (before.over) expect(state).toBe(before.state);
          expect(life.over).toBe(finalJobStates.has(state));
          if (life.over) {
            expect(life.resident.effects).toEqual([]);
            expect(life.resident.timers).toEqual([]);
            expect(context).toMatchObject({ slot: null, waitingFor: null, etaAt: null });
            expect(context.finishedAt).not.toBeNull();
            expect(context.assetId !== null).toBe(state === "completed");
          } else {
            // Something will happen by itself, and it is bounded in time; unless a person holds it, or it waits for a job that is.
            const waits = state === "paused" || state === "awaitingInputs";
            expect(life.resident.timers.length > 0).toBe(!waits);
            if (waits) expect(life.effects).toEqual(state === "paused" ? [] : ["awaitInputs"]);
          }
          if (step.type === "cancel" && !before.over) {
            const late = before.state === "downloading" || before.state === "ingesting" ? [before.state] : [];
            expect(["cancelling", "cancelled", ...late]).toContain(state);
          }
        }
      }),
      { numRuns: 600 },
    );
  });

  test("a key is used again only while the provider has not answered it", () => {
    fc.assert(
      fc.property(changes, fc.array(move, { maxLength: 60 }), (order, moves) => {
        const life = new Life(order);
        const answered = new Set<string>();
        for (const step of moves) {
          const key = life.keys.at(-1);
          const asked = life.keys.length;
          if (key !== undefined && isAnswer(life, step)) answered.add(key);
          play(life, step);
          for (const fresh of life.keys.slice(asked)) expect(answered.has(fresh)).toBe(false);
          if (!(order.resendable ?? true)) expect(new Set(life.keys).size).toBe(life.keys.length);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("none ends without a result before the provider was told of a submission that it may have taken", () => {
    fc.assert(
      fc.property(changes, fc.array(move, { maxLength: 60 }), (order, moves) => {
        const life = new Life(order);
        /** Keys for which something may be going on at the provider. */
        const going = new Set<string>();
        // The first timer may come late, and then only gives it more time.
        const wait = { type: "wait" } as const;
        for (const step of [...moves, { type: "cancel" } as const, wait, wait, wait]) {
          const { state } = life;
          const key = life.keys.at(-1) ?? "";
          const told = life.calledOff.length;
          const answer = isAnswer(life, step);
          const unsent = isUnsent(life, step);
          play(life, step);
          if (state === "submitting" && life.state !== "submitting" && !unsent) {
            if (answer && step.type === "fail") going.delete(key);
            else going.add(key);
          }
          // Back from the provider to the queue, or at the end: it said that the generation is over, or what it delivered was taken.
          if (
            ["processing", "downloading", "ingesting"].includes(state) &&
            ["queued", "waitingForSlot", "failed", "filtered", "completed"].includes(life.state)
          ) {
            going.delete(key);
          }
          if (life.calledOff.length > told) expect(life.calledOff.at(-1)?.key).toBe(key);
        }
        expect(life.over).toBe(true);
        const last = life.keys.at(-1);
        if (last === undefined) return;
        // Of what cannot be asked for by its key a person is told instead.
        const isLeft = life.state === "failed" && order.resendable === false;
        expect(life.calledOff.map(({ key }) => key)).toEqual(going.has(last) && !isLeft ? [last] : []);
      }),
      { numRuns: 600 },
    );
  });

  test("every job ends, however unlucky, when effects take their time and answer", () => {
    fc.assert(
      fc.property(changes, fc.array(fc.constantFrom("succeed", ...kinds), { minLength: 1, maxLength: 12 }), (order, outcomes) => {
        const life = new Life(order);
        const pace = 600_000;
        let steps = 0;
        while (!life.over) {
          if (++steps > 20_000) throw new Error(`it does not end: ${life.state}`);
          const outcome = outcomes[steps % outcomes.length]!;
          if (life.state === "awaitingInputs") {
            life.succeed();
            continue;
          }
          const due = Math.min(...life.resident.timers.map(({ dueAt }) => dueAt));
          if (life.effects.length === 0 || due <= life.now + pace) {
            life.wait();
            continue;
          }
          life.now += pace;
          if (outcome === "succeed") life.succeed();
          else life.fail(outcome);
        }
        const most = jobLimits.firstSlot + jobLimits.generationWithFullDisk + jobLimits.cancellingUnanswered;
        const providers = 1 + (life.context.order.fallback?.switches.length ?? 0);
        expect(life.now - Math.max(start, order.scheduledFor ?? 0)).toBeLessThanOrEqual(providers * most);
      }),
      { numRuns: 40 },
    );
  });

  test("no two providers are ever paid for it, whatever they say and whatever gets lost", () => {
    /** What one submission came to, as the provider knows it. */
    interface Taken {
      readonly provider: string;
      paid: number;
    }
    type Deed =
      | { readonly type: "grant" | "hopeless" | "wait" | "cancel" | "succeed" }
      | {
          readonly type: "submit";
          readonly takes: boolean;
          readonly answer: "accepted" | "lost" | "refused";
          readonly kind: string;
          readonly tells: boolean;
        }
      | { readonly type: "fail"; readonly kind: string; readonly charged: number | null };
    const told = fc.constantFrom("filtered", "provider", "lost", "parameters", "credits", "limit", "authentication", "internal");
    const submit = fc.record({
      type: fc.constant("submit" as const),
      takes: fc.boolean(),
      answer: fc.constantFrom("accepted" as const, "lost" as const, "refused" as const),
      kind: told,
      tells: fc.boolean(),
    });
    const deed: fc.Arbitrary<Deed> = fc.oneof(
      { weight: 5, arbitrary: fc.constant<Deed>({ type: "grant" }) },
      { weight: 5, arbitrary: submit },
      { weight: 4, arbitrary: fc.record({ type: fc.constant("fail" as const), kind: told, charged: fc.constantFrom(null, 0, 10) }) },
      { weight: 3, arbitrary: fc.constant<Deed>({ type: "wait" }) },
      { weight: 2, arbitrary: fc.constant<Deed>({ type: "succeed" }) },
      { weight: 1, arbitrary: fc.constant<Deed>({ type: "hopeless" }) },
      { weight: 1, arbitrary: fc.constant<Deed>({ type: "cancel" }) },
    );
    const rule = fc.record({
      on: fc.subarray(["unavailable", "refused", "rejected", "filtered"] as const),
      afterMs: fc.option(fc.integer({ min: 1000, max: 7_200_000 })),
      resendable: fc.boolean(),
    });
    let switches = 0;
    fc.assert(
      fc.property(rule, fc.array(deed, { maxLength: 60 }), ({ on, afterMs, resendable }, deeds) => {
        const paid = { pooled: true, credits: 10, creditType: "credits", resendable };
        const orders = ["second", "third"].map((id) => elsewhere(id, paid));
        const life = new Life({ ...paid, provider: "first", fallback: { on, afterMs, orders, switches: [] } });
        const taken = new Map<string, Taken>();
        /** Keys of which the job knows that they were taken. */
        const heard = new Set<string>();
        for (const step of deeds) {
          if (life.over) break;
          const { state } = life;
          const [effect] = life.resident.effects;
          const key = life.keys.at(-1) ?? "";
          const { provider } = life.context.order;
          switch (step.type) {
            case "grant": {
              const granted = { type: "slot.granted", accountId: `acc_${provider}`, accountTitle: provider, expectedMs: null };
              life.send({ ...granted, key: `job_test-${life.context.submission}` });
              break;
            }
            case "submit": {
              if (state !== "submitting") break;
              const known = taken.get(key);
              // What was taken under this key is answered by what it has become; what was accepted was taken.
              const accepts = known !== undefined || step.answer === "accepted";
              if (known === undefined && (accepts || (step.answer === "lost" && step.takes))) taken.set(key, { provider, paid: 10 });
              const atTheDoor = step.answer === "refused" && ["limit", "authentication", "credits"].includes(step.kind);
              if (step.answer === "lost") life.fail("network");
              // Whoever is turned away there is not asked for its key.
              else if (atTheDoor) life.fail(step.kind);
              else if (accepts) {
                heard.add(key);
                life.succeed({ providerJobId: `p-${key}`, charged: step.tells ? 10 : null });
              } else life.fail(step.kind);
              break;
            }
            case "fail": {
              if (state !== "processing" || effect?.name !== "track") break;
              const goesOn = ["limit", "authentication", "internal"].includes(step.kind);
              const now = taken.get(key);
              // It gives back what it does not keep, and one that says nothing has told before what it took.
              if (now !== undefined && !goesOn) now.paid = step.charged ?? life.context.charged ?? 0;
              life.fail(step.kind, undefined, false, goesOn ? null : step.charged);
              break;
            }
            case "succeed":
              if (effect === undefined || ["acquireSlot", "submit"].includes(effect.name)) break;
              if (effect.name === "cancelAtProvider") taken.delete(key);
              life.succeed(effect.name === "track" ? { charged: null } : undefined);
              break;
            case "hopeless":
              life.send({ type: "slot.waits", reason: "None.", heldBack: false, hopeless: true });
              break;
            case "wait":
              life.wait();
              break;
            case "cancel":
              life.cancel();
          }
          expect(new Set([...taken.values()].filter((each) => each.paid > 0).map((each) => each.provider)).size).toBeLessThanOrEqual(1);
          // What nobody has heard of since it was taken is the last: nothing is sent anew until it is known.
          if (life.state === "submitting") {
            for (const each of taken.keys()) if (!heard.has(each)) expect(each).toBe(life.keys.at(-1));
          }
        }
        switches += life.context.order.fallback?.switches.length ?? 0;
      }),
      { numRuns: 1500 },
    );
    expect(switches).toBeGreaterThan(100);
  });
});
