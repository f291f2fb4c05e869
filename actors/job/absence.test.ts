// Time that passes while nobody works on a job: it ends nothing that is under way, and not for ever is it given back.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JobState } from "#protocol/job.ts";
import { jobLimits, type JobOrder, recoveries, submitKeyOf } from "./context.ts";
import { elsewhere, Life, start } from "./life.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const paid: Partial<JobOrder> = { pooled: true, credits: 10, creditType: "credits" };
const granted = { type: "slot.granted", key: "job_test-1", accountId: "acc_1", accountTitle: "Main", expectedMs: null };
const impatient: Partial<JobOrder> = {
  fallback: { on: ["unavailable"], afterMs: 15 * minute, orders: [elsewhere("Other")], switches: [] },
};
const dues = (life: Life) => life.resident.timers.map(({ dueAt }) => dueAt - life.now).toSorted((a, b) => a - b);

describe.each([
  ["that is told of", (life: Life, ms: number) => life.away(ms)],
  ["that is noticed by late timers alone", (life: Life, ms: number) => life.sleep(ms)],
])("after an absence %s", (_, absent) => {
  test.each<JobState>(["waitingForSlot", "submitting", "processing", "downloading", "ingesting"])(
    "what is %s goes on to its end",
    (state) => {
      for (const ms of [16 * minute, 3 * hour, 30 * day]) {
        const life = new Life().until(state);
        const { effects, keys } = life;
        expect(absent(life, ms).state).toBe(state);
        // The same run: nothing is begun anew, nor sent twice.
        expect([life.effects, life.keys]).toEqual([effects, keys]);
        expect(life.until("completed").context).toMatchObject({ attempt: 1, failure: null, waitingFor: null });
      }
    },
  );

  test("what pauses before its next try goes on, and so does what waits for another attempt", () => {
    for (const state of ["processing", "downloading", "ingesting"] as const) {
      const life = absent(new Life().until(state).fail("network"), 3 * hour);
      expect(life.state).toBe(state);
      expect(life.until("completed").context.attempt).toBe(1);
      // It comes late to its next try, and has hardly any time for it.
      const short = absent(new Life().until(state).fail("network"), 2 * hour - minute);
      expect([short.state, dues(short)]).toEqual([state, [jobLimits.generation]]);
    }
    expect(absent(new Life().until("submitting").fail("provider"), 8 * day).until("completed").context.attempt).toBe(2);
    expect(absent(new Life().until("submitting").fail("network"), 8 * day).until("completed").keys).toEqual(["job_test-1", "job_test-1"]);
  });

  test("a wait that got more time has it also where the next answer is that there is no room", () => {
    const refused = (life: Life) => life.until("submitting").fail("limit", "Later.");
    const waited = new Life();
    waited.now += jobLimits.firstSlot - 3 * hour;
    for (const life of [refused(absent(new Life(), 8 * day)), refused(absent(waited, 4 * hour))]) {
      const { deadlineAt } = life.context;
      expect(deadlineAt).toBeGreaterThanOrEqual(life.now + 23 * hour);
      expect(refused(life.wait()).context.deadlineAt).toBe(deadlineAt);
      expect(life.wait().until("completed").context.attempt).toBe(1);
    }
    const sent = absent(new Life().until("submitting"), 8 * day).fail("limit");
    expect([sent.state, sent.context.deadlineAt]).toEqual(["queued", sent.now + jobLimits.waitingAnew]);
    // It is held back: this counts for no limit.
    const held = refused(absent(new Life(), 8 * day)).wait();
    const { deadlineAt } = held.context;
    held.send({ type: "slot.waits", reason: "Paused.", heldBack: true });
    held.now += 3 * day;
    expect(refused(held).context.deadlineAt).toBe(deadlineAt + 3 * day);
    while (!held.over) {
      if (held.state === "waitingForSlot") refused(held);
      else held.wait();
    }
    expect(held).toMatchObject({ state: "timedOut", now: deadlineAt + 3 * day });
  });

  test("patience with a provider is whole again where most of it went by, up to twenty times", () => {
    const life = absent(new Life(impatient), hour);
    expect([life.state, life.context.order.provider, dues(life)]).toEqual(["waitingForSlot", "studio", [15 * minute]]);
    expect(life.wait().context.order).toMatchObject({
      provider: "Other",
      fallback: { switches: [{ provider: "studio", reason: "waited" }] },
    });
    const between = absent(new Life(impatient).until("submitting").fail("limit"), hour);
    expect([between.state, between.context.order.provider, dues(between)]).toEqual(["waitingForSlot", "studio", [15 * minute]]);
    // It is over before the next try.
    const nearly = new Life({ ...impatient, ...paid });
    nearly.now += 15 * minute - 1;
    absent(nearly.send(granted).fail("limit"), hour);
    expect([nearly.state, nearly.context.order.provider, dues(nearly)]).toEqual(["waitingForSlot", "studio", [15 * minute]]);
    const looping = new Life(impatient);
    let times = 0;
    while (looping.context.order.provider === "studio" && times < 100) {
      absent(looping, hour);
      times++;
    }
    expect(times).toBe(jobLimits.absences + 1);
  });

  test("what is called off is told to the provider before it ends", () => {
    for (const ms of [33_000, 90_000, 3 * hour]) {
      const known = absent(new Life().until("processing").cancel(), ms);
      expect([known.state, dues(known)]).toEqual(["cancelling", [jobLimits.cancelling]]);
      expect(known.succeed().state).toBe("cancelled");
    }
    for (const ms of [16 * minute, 3 * hour]) {
      const unknown = absent(new Life({ ...paid }).send(granted).cancel(), ms);
      expect([unknown.state, dues(unknown)]).toEqual(["cancelling", [jobLimits.cancellingUnanswered]]);
      expect(unknown.wait().context.charges).toMatchObject([{ outcome: "unknown" }]);
    }
  });

  test("it says for what it waits, until there is word", () => {
    for (const state of ["submitting", "processing"] as const) {
      const life = absent(new Life().until(state), 3 * hour);
      expect(life.context.waitingFor).toBe("Word from Studio of what became of it: nobody worked on it for a while.");
      expect(life.succeed().context.waitingFor).toBeNull();
    }
    const going = absent(new Life().until("processing"), 3 * hour).send({ type: "provider.progress", fraction: 0.5 });
    expect(going.context.waitingFor).toBeNull();
    const untold = absent(new Life().until("processing"), 3 * hour).send({ type: "provider.progress", fraction: 0 });
    expect(untold.context.waitingFor).toBeNull();
  });

  test("it has its two hours anew, also for the day of a full disk, and ends when that is over", () => {
    const life = absent(new Life().until("processing"), 2 * hour + minute);
    expect(dues(life)).toEqual([jobLimits.generation]);
    expect(life.wait().state).toBe("cancelling");
    expect(life.context.failure?.message).toBe("It was not done within 2 hours. Times in which nobody worked on it are not counted.");

    const full = absent(new Life().until("processing"), 5 * hour).until("ingesting");
    while (!full.over) {
      if (full.effects[0] === "ingest") full.fail("storage", "The disk is full.");
      else if (full.state === "cancelling") full.succeed();
      else full.wait();
    }
    expect(full.context.failure?.message).toContain("It was not done within 24 hours: the disk was full.");
    expect(full.now - start).toBeGreaterThan(jobLimits.generationWithFullDisk);
  });
});

test("what was scheduled for a time at which nobody was there waits for its slot from then on", () => {
  const life = new Life({ scheduledFor: start + hour }).sleep(30 * day);
  expect(life.state).toBe("waitingForSlot");
  expect(dues(life)).toEqual([jobLimits.firstSlot]);
  expect(life.until("completed").context.attempt).toBe(1);
  const nearly = new Life({ scheduledFor: start + hour }).sleep(hour + jobLimits.firstSlot - minute);
  expect([nearly.state, dues(nearly)]).toEqual(["waitingForSlot", [jobLimits.waitingAnew]]);
});

test("patience that is over with nobody away is over, whenever that comes up", () => {
  const life = new Life({ ...impatient, ...paid });
  life.now += 14 * minute;
  life.send(granted);
  life.now += 3 * minute;
  expect(life.fail("limit").sleep(0).context.order.provider).toBe("Other");
  // Half of it is enough.
  expect(dues(new Life(impatient).away(7 * minute))).toEqual([8 * minute]);
  expect(dues(new Life(impatient).away(8 * minute))).toEqual([15 * minute]);
  // What was kept from a place in the meantime waited for none.
  const held = new Life(impatient).away(10 * minute).send({ type: "slot.waits", reason: "Paused.", heldBack: true });
  held.now += 3 * hour;
  held.send({ type: "slot.waits", reason: "Room.", heldBack: false });
  expect(dues(held.sleep(0))).toEqual([15 * minute]);
});

test("a pause takes no patience, is no absence, and leaves a fair chance", () => {
  const pauses = { minute, moment: 10_000, hours: 5 * hour };
  for (const [name, pausedMs] of Object.entries(pauses)) {
    for (const left of [10, 30_000, 5 * minute]) {
      const fair = Math.max(left, jobLimits.fairChance);
      const life = new Life({ ...impatient, ...paid });
      life.now += 15 * minute - left;
      life.send({ type: "slot.waits", reason: "Paused.", heldBack: true });
      const until = life.now + pausedMs;
      while (Math.min(...life.resident.timers.map(({ dueAt }) => dueAt)) <= until) life.wait();
      life.now = until;
      life.send({ type: "slot.waits", reason: "Room.", heldBack: false });
      expect([name, left, dues(life)]).toEqual([name, left, [fair]]);
      expect(life.wait().context.order.provider).toBe("Other");
      expect([life.now - until, life.context.absences]).toEqual([fair, undefined]);

      const held = new Life({ ...impatient, ...paid });
      held.now += 15 * minute - left;
      held.send({ type: "job.pause" });
      held.now += pausedMs;
      held.send({ type: "job.resume" });
      expect([held.state, dues(held)]).toEqual(["waitingForSlot", [fair]]);
      expect(held.wait().context.order.provider).toBe("Other");
    }
  }
});

test("however often it is held back, it goes on elsewhere after its patience and one fair chance, and not before its patience", () => {
  const hold: Record<string, readonly [hold: (life: Life) => Life, free: (life: Life) => Life]> = {
    budget: [
      (life) => life.send({ type: "slot.waits", reason: "Your budget is used up.", heldBack: true }),
      (life) => life.send({ type: "slot.waits", reason: "Room.", heldBack: false }),
    ],
    pause: [(life) => life.send({ type: "job.pause" }), (life) => life.send({ type: "job.resume" })],
    refusal: [(life) => life, (life) => life.send({ ...granted, key: submitKeyOf(life.context) }).fail("limit")],
  };
  const isThere = (life: Life): boolean => life.context.order.provider === "studio";
  /** So long passes, or as long as it is at its first provider; answers how long that was, ms. */
  const pass = (life: Life, ms: number): number => {
    const from = life.now;
    while (isThere(life) && Math.min(Infinity, ...life.resident.timers.map(({ dueAt }) => dueAt)) <= from + ms) life.wait();
    if (isThere(life)) life.now = from + ms;
    return life.now - from;
  };
  const turns = fc.array(fc.record({ by: fc.constantFrom("budget", "pause", "refusal"), held: fc.nat(2 * minute), free: fc.nat(70_000) }), {
    minLength: 20,
    maxLength: 60,
    size: "max",
  });
  fc.assert(
    fc.property(fc.integer({ min: 10_000, max: 20 * minute }), turns, (afterMs, each) => {
      const life = new Life({ ...impatient, ...paid, fallback: { ...impatient.fallback!, afterMs } });
      let lived = 0;
      for (const { by, held, free } of each) {
        lived += pass(life, free);
        if (!isThere(life)) break;
        const isHeld = life.state === "waitingForSlot" && by !== "refusal";
        if (life.state === "waitingForSlot") hold[by]![0](life);
        if (isHeld) pass(life, held);
        if (life.state === "waitingForSlot" || life.state === "paused") hold[by]![1](life);
      }
      lived += pass(life, Infinity);
      expect(life.context.order.provider).toBe("Other");
      expect(lived).toBeGreaterThanOrEqual(afterMs);
      expect(lived).toBeLessThanOrEqual(afterMs + jobLimits.fairChance);
    }),
  );
});

test("a wait for another attempt is told of an absence, as its two hours go on", () => {
  const life = new Life().until("submitting");
  life.now += 20 * minute;
  life.fail("provider").wait();
  expect([life.state, life.context.attempt]).toEqual(["waitingForSlot", 2]);
  expect(dues(life.away(95 * minute))).toEqual([jobLimits.generation]);
  // One that has days left is not, unless it was begun when nobody noted how long it has.
  expect(new Life().away(day).steps).toHaveLength(1);
  expect(recoveries.acquireSlot({}, start)).not.toBeNull();
});

test("what the host had given up on until a person looked goes on once it is resumed", () => {
  for (const state of ["submitting", "processing"] as const) {
    const life = new Life().until(state).park("A bug.");
    life.now += 3 * day;
    expect(life.resume().away(0).state).toBe(state);
    expect(life.until("completed").keys).toEqual(["job_test-1"]);
  }
});

test("a timer that is late by less than that ends what it is for", () => {
  const late = (life: Life, ms: number) => life.sleep(ms + jobLimits.late);
  expect(late(new Life().until("submitting"), jobLimits.submission).state).toBe("queued");
  expect(late(new Life().until("processing"), jobLimits.generation).state).toBe("cancelling");
  expect(late(new Life().until("processing").cancel(), jobLimits.cancelling).state).toBe("cancelled");
  expect(late(new Life(), jobLimits.firstSlot).state).toBe("timedOut");
  expect(new Life().until("processing").sleep(jobLimits.generation + jobLimits.late + 1).state).toBe("processing");
});

test("a short absence gives what has a limit of its own its whole time, and others only what they are short of", () => {
  const submitting = new Life().until("submitting").away(14 * minute);
  expect(dues(submitting)).toEqual([jobLimits.submission, jobLimits.generation]);
  const processing = new Life().until("processing");
  for (let time = 0; time < 30; time++) processing.away(minute);
  expect(dues(processing)).toEqual([jobLimits.shortOfTime]);
  expect(processing.context.absences).toBeUndefined();
  expect(dues(processing.away(minute))).toEqual([jobLimits.generation]);
  expect(processing.context.absences).toBe(1);
  expect(dues(new Life().away(jobLimits.firstSlot - jobLimits.shortOfWaiting))).toEqual([jobLimits.shortOfWaiting]);
  expect(dues(new Life().away(jobLimits.firstSlot - jobLimits.shortOfWaiting + minute))).toEqual([jobLimits.waitingAnew]);
  const waiting = new Life().sleep(jobLimits.firstSlot + 3 * day);
  expect(dues(waiting)).toEqual([3 * day]);
  expect(dues(waiting.sleep(30 * day))).toEqual([jobLimits.firstSlot]);
});

test("a submission that is taken up and has no answer for another 15 minutes is treated as any", () => {
  const life = new Life().until("submitting").away(3 * hour);
  expect(dues(life)[0]).toBe(jobLimits.submission);
  expect(life.wait().state).toBe("queued");
  expect(life.wait().until("completed").keys).toEqual(["job_test-1", "job_test-1"]);
});

test("no job goes on without end, however often its process goes", () => {
  for (const state of ["waitingForSlot", "submitting", "processing", "downloading", "ingesting"] as const) {
    for (const each of ["away", "sleep"] as const) {
      const life = new Life().until(state);
      let times = 0;
      while (!life.over && times++ < 100) life[each](8 * day);
      expect([life.over, life.context.absences]).toEqual([true, jobLimits.absences]);
      expect(life.context.failure?.message).toContain("Times in which nobody worked on it are not counted.");
    }
  }
  // One that goes down again and again before anything comes of it does not keep a submission for ever.
  const looping = new Life().until("submitting");
  for (let time = 0; time < 100 && looping.state === "submitting"; time++) looping.away(minute);
  expect(looping.state).not.toBe("submitting");
});

test("what is called off may go on for the rest of twice what was expected, and for all of it where nobody knows how much has passed", () => {
  const ended = (life: Life) => life.cancel().succeed({ stopped: false }).context.lastEnd;
  const at = () => new Life({ ...paid }).send({ ...granted, expectedMs: 5 * minute }).until("processing");
  const life = at();
  life.now += minute;
  expect(ended(life)).toMatchObject({ outcome: "goes on", goesOnMs: 9 * minute });
  for (const ms of [minute, 5 * hour]) expect(ended(at().away(ms))).toMatchObject({ outcome: "goes on", goesOnMs: 10 * minute });
});

test("a place at an account says when nobody worked on its job for a part of the time", () => {
  const at = () => new Life({ ...paid }).send(granted);
  expect(at().until("completed").context.lastEnd?.absence).toBeUndefined();
  expect(at().until("processing").away(minute).until("completed").context.lastEnd?.absence).toBe(true);
  // Before this place was taken.
  const later = at().away(minute).fail("provider").wait();
  expect(later.context.lastEnd?.absence).toBe(true);
  later.now += 1;
  later.send({ ...granted, key: "job_test-2" });
  expect(later.until("completed").context.lastEnd?.absence).toBeUndefined();
});

test("a job that is held back by a pause for longer than its time is not counted as absent", () => {
  const life = new Life().send({ type: "slot.waits", reason: "Your budget is used up.", heldBack: true });
  while (life.now < start + 20 * day) life.wait();
  expect(life.until("completed").context.absences).toBeUndefined();
});

/** What happens to a process, and when after the last time. */
interface Absence {
  readonly after: number;
  readonly ms: number;
  readonly dies: boolean;
}

/** One submission as the provider knows it. */
interface Made {
  readonly key: string;
  /** When it will have been made, ms epoch. */
  readonly doneAt: number;
}

/** How long each step takes while somebody is there, ms. */
interface Pace {
  readonly slot: number;
  /** Until the provider has it, and from then until its answer is here. */
  readonly sending: number;
  readonly answer: number;
  readonly generation: number;
  readonly download: number;
  readonly ingest: number;
  /** Submissions that find no room, before one is taken. */
  readonly refusals: number;
}

/**
 * A job at a provider that makes what it took whether anybody is here or not. Of a process that dies only what is stored outlives it: what
 * was under way is taken up again, and a submission asks first whether it was taken.
 */
class World {
  readonly life: Life;
  readonly made: Array<Made> = [];
  readonly #pace: Pace;
  /** The run under way: of which effect, when the provider will have it, when it will be over, and whether there is no room for it. */
  #run: { readonly seq: number; readonly sentAt: number; readonly endsAt: number; refused: boolean } | null = null;
  /** So many submissions to come find no room. */
  #refusals: number;

  constructor(pace: Pace, order: Partial<JobOrder>) {
    this.#pace = pace;
    this.#refusals = pace.refusals;
    this.life = new Life(order);
  }

  #takes(name: string): number {
    const { slot, sending, answer, generation, download, ingest } = this.#pace;
    switch (name) {
      case "submit":
        return sending + answer;
      case "track":
        return Math.max(0, (this.made.at(-1)?.doneAt ?? this.life.now + generation) - this.life.now) + 1000;
      case "download":
        return download;
      case "ingest":
        return ingest;
      default:
        return slot;
    }
  }

  /** Begins what is not under way yet. */
  #begin(): void {
    const [effect] = this.life.resident.effects;
    if (effect === undefined) return void (this.#run = null);
    if (this.#run?.seq === effect.seq) return;
    const { now } = this.life;
    this.#run = { seq: effect.seq, sentAt: now + this.#pace.sending, endsAt: now + this.#takes(effect.name), refused: false };
  }

  /** Lets the outside go on to `at`: what was sent arrives there. */
  #arrive(at: number): void {
    const [effect] = this.life.resident.effects;
    if (effect?.name !== "submit" || this.#run === null || this.#run.sentAt > at) return;
    const { key } = effect.input as { readonly key: string };
    if (this.#run.refused || this.made.some((each) => each.key === key)) return;
    if (this.#refusals > 0) {
      this.#refusals--;
      this.#run.refused = true;
      return;
    }
    this.made.push({ key, doneAt: this.#run.sentAt + this.#pace.generation });
  }

  /** Goes on until a moment, or its end. */
  until(moment: number): void {
    const { life } = this;
    for (let steps = 0; !life.over; steps++) {
      if (steps > 10_000) throw new Error(`it does not end: ${life.state}`);
      this.#begin();
      const due = Math.min(...life.resident.timers.map(({ dueAt }) => dueAt));
      const ends = this.#run?.endsAt ?? Infinity;
      const next = Math.max(life.now, Math.min(due, ends));
      if (next > moment) break;
      this.#arrive(next);
      if (due < ends) {
        life.wait();
        continue;
      }
      life.now = next;
      if (life.effects[0] === "acquireSlot" && life.context.order.pooled) life.send({ ...granted, key: submitKeyOf(life.context) });
      else if (this.#run?.refused === true) life.fail("limit");
      else life.succeed();
    }
    life.now = Math.max(life.now, moment);
  }

  absent({ after, ms, dies }: Absence): void {
    const { life } = this;
    this.until(life.now + after);
    if (life.over) return;
    if (!dies) {
      this.#arrive(life.now + ms);
      if (ms < 10_000) life.sleep(ms);
      else life.away(ms);
      return;
    }
    this.#arrive(life.now);
    this.#run = null;
    life.away(ms);
  }
}

const pace: fc.Arbitrary<Pace> = fc.record({
  slot: fc.integer({ min: 0, max: hour }),
  sending: fc.integer({ min: 0, max: 4 * minute }),
  answer: fc.integer({ min: 0, max: 4 * minute }),
  generation: fc.integer({ min: 0, max: hour }),
  download: fc.integer({ min: 0, max: 4 * minute }),
  ingest: fc.integer({ min: 0, max: 4 * minute }),
  refusals: fc.integer({ min: 0, max: 4 }),
});
const absence: fc.Arbitrary<Absence> = fc.record({
  after: fc.oneof(fc.integer({ min: 0, max: 10 * minute }), fc.integer({ min: 0, max: hour })),
  ms: fc.oneof(fc.integer({ min: 0, max: 20 * minute }), fc.integer({ min: 0, max: 3 * hour }), fc.integer({ min: 0, max: 10 * day })),
  dies: fc.boolean(),
});
const order = fc.record({ resendable: fc.boolean(), pooled: fc.boolean() });

describe("whatever happens to its process", () => {
  test("a job whose provider makes it is completed, and is made once", () => {
    fc.assert(
      fc.property(pace, order, fc.array(absence, { maxLength: 8 }), (each, changes, absences) => {
        const world = new World(each, { ...changes, credits: 10, creditType: "credits" });
        for (const one of absences) world.absent(one);
        world.until(world.life.now + 10 * day);
        expect([world.life.state, world.life.context.failure]).toEqual(["completed", null]);
        expect(world.made).toHaveLength(1);
      }),
      { numRuns: 1500 },
    );
  });

  test("a job that is called off ends only once its provider was told of what it may have taken", () => {
    fc.assert(
      fc.property(pace, order, fc.array(absence, { maxLength: 4 }), fc.array(absence, { maxLength: 8 }), (each, changes, before, after) => {
        const world = new World({ ...each, slot: 20_000 }, { ...changes, credits: 10, creditType: "credits" });
        for (const one of before) world.absent(one);
        const isToTell = world.life.cancel().calledOff.length > 0;
        for (const one of after) world.absent({ ...one, after: one.after % 15_000 });
        world.until(world.life.now + hour);
        expect(world.life.over).toBe(true);
        if (isToTell) expect(world.life.context).toMatchObject({ ending: "cancelled", stopped: true });
      }),
      { numRuns: 500 },
    );
  });

  test("a job to which its provider never answers ends all the same", () => {
    fc.assert(
      fc.property(order, fc.array(absence, { minLength: 1, maxLength: 10 }), (changes, absences) => {
        const life = new Life(changes).until("submitting");
        for (let turn = 0; !life.over; turn++) {
          expect(turn).toBeLessThan(2000);
          const { ms, dies } = absences[turn % absences.length]!;
          if (dies) life.away(ms);
          else life.sleep(ms);
          if (!life.over) life.wait();
        }
      }),
      { numRuns: 200 },
    );
  });
});
