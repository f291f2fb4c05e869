import { Effect, Stream } from "effect";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { testDatabases } from "#db/client/testing.ts";
import type { FailureKind, Job } from "#protocol/job.ts";
import { MaySend } from "#actors/provider/tools.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { damagedCopy } from "#runtime/blobs/archive.ts";
import { jobActor } from "./actor.ts";
import { assetIdOf } from "./canonical.ts";
import type { JobContext } from "./context.ts";
import { Life } from "./life.ts";
import { Slots } from "./slots.ts";
import { type JobWatch, request, TestDatabase, TestServer } from "./testing.ts";

describe.each(testDatabases)("jobs on the actor host ($engine)", ({ layer }) => {
  const database = new TestDatabase(layer);
  const server = new TestServer(database);
  const { studio } = server;
  let watch: JobWatch;
  let tests = 0;

  const restart = async (): Promise<void> => {
    await server.restart();
    watch = await server.watch();
  };
  const cancel = (job: Job) => server.call("jobs.cancel", { ids: [job.id] });
  const load = () => server.run(Effect.map(Slots, (slots) => slots.load("test", 9)));
  const create = (changes: Parameters<typeof request>[0], count = 1, user = server.user) =>
    server.call("jobs.create", { request: request(changes), count }, user);
  const failureOf = (call: Promise<unknown>) => call.then(() => undefined).catch((error: unknown) => error);
  const codeOf = async (call: Promise<unknown>) => {
    const error = await failureOf(call);
    return error instanceof CallError ? error.code : error;
  };
  const states = (id: string) => watch.changes.filter((job) => job.id === id).map(({ state }) => state);

  beforeAll(() => server.start());
  beforeEach(async () => {
    server.user = `usr_${++tests}`;
    studio.reset();
    watch = await server.watch();
  });
  afterEach(async () => {
    const open = [...watch.jobs.values()].filter(({ finishedAt }) => finishedAt === null).map(({ id }) => id);
    if (open.length > 0) await server.call("jobs.cancel", { ids: open });
    await Promise.all(open.map((id) => watch.ended(id)));
    // The end may have been read from the database, a moment before this process hears that it has written it.
    const allGivenBack = async (): Promise<void> => {
      if ((await load()).busy > 0) throw new Error("a slot is held by a job that has ended");
    };
    await vi.waitFor(allGivenBack, { timeout: 10_000 });
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  test("a job goes its way, is watched on it, and becomes an asset", async () => {
    const release = studio.script.hold("track");
    const job = await server.create();
    const moving = await watch.until(job.id, ({ progress }) => progress > 0.2);
    expect(moving).toMatchObject({ state: "processing", attempt: 1 });
    expect(moving.etaAt).not.toBeNull();
    expect((await load()).busy).toBe(1);
    release();
    const done = await watch.ended(job.id);
    expect(done).toMatchObject({
      state: "completed",
      progress: 1,
      failure: null,
      waitingFor: null,
      etaAt: null,
      prompt: "a fox in the snow",
    });
    expect(server.shelf.assets.get(done.assetId!)?.origin).toEqual({ kind: "generation", jobId: job.id });
    expect((await load()).busy).toBe(0);
    expect(await server.call("jobs.get", { id: job.id })).toEqual(done);
    const revs = watch.changes.filter(({ id }) => id === job.id).map(({ rev }) => rev);
    expect(revs).toEqual([...new Set(revs)].sort((a, b) => a - b));
  });

  test("only as many run at the provider as it takes, and none is left holding a place", async () => {
    const users = ["x", "y", "z"].map((name) => `${server.user}${name}`);
    const watches = await Promise.all(users.map((user) => server.watch(user)));
    const before = server.shelf.ingested.length;
    const jobs = await Promise.all(Array.from({ length: 12 }, (_, index) => server.create({}, users[index % 3])));
    await Promise.all(jobs.map((job, index) => watches[index % 3]!.ended(job.id)));
    expect(studio.running.most).toBeLessThanOrEqual(2);
    expect(await load()).toEqual({ concurrency: 2, busy: 0, ahead: 0 });
    expect(server.shelf.ingested.length - before).toBe(12);
  });

  test("each kind of failure leads where it should", async () => {
    // One job a failure, all at once: their waits pass side by side.
    studio.settings.concurrency = 20;
    const outcomes: ReadonlyArray<readonly ["submit" | "track" | "download" | "ingest", FailureKind, Job["state"], number]> = [
      ["submit", "filtered", "filtered", 1],
      ["submit", "parameters", "failed", 1],
      ["submit", "limit", "completed", 1],
      ["submit", "credits", "completed", 2],
      ["submit", "network", "completed", 2],
      ["track", "filtered", "filtered", 1],
      ["track", "provider", "completed", 2],
      ["track", "lost", "completed", 2],
      ["track", "network", "completed", 1],
      ["download", "network", "completed", 1],
      ["download", "lost", "completed", 2],
      ["ingest", "storage", "completed", 1],
      ["ingest", "input", "completed", 1],
    ];
    const seen: Array<Promise<unknown>> = [];
    for (const [step, kind] of outcomes) {
      const taken = studio.script.failNew(step, kind);
      const job = await server.create();
      await taken;
      seen.push(watch.ended(job.id).then(({ state, attempt }) => [step, kind, state, attempt]));
    }
    expect(await Promise.all(seen)).toEqual(outcomes);
    expect((await load()).busy).toBe(0);
    // No answer to a submission: the same key; nothing that was accepted was asked for a second time but where it was lost.
    expect(new Set(studio.keys).size).toBe(studio.keys.length - 1);
  });

  test.each(["submit", "track"] as const)("cancelling during %s ends it in one step", async (step) => {
    const release = studio.script.hold(step);
    const job = await server.create();
    await studio.script.begun(step);
    expect(await cancel(job)).toEqual({ done: [job.id], failed: [] });
    expect(["cancelling", "cancelled"]).toContain((await server.call("jobs.get", { id: job.id })).state);
    // A submission under way is waited for, so that what it starts can be called off.
    if (step === "submit") release();
    const end = await watch.ended(job.id);
    expect(end).toMatchObject({ state: "cancelled", assetId: null, failure: null });
    expect(studio.calledOff).toEqual([`p-${job.id}-1`]);
  });

  test.each(["download", "ingest"] as const)("cancelling during %s is too late: what was made is kept", async (step) => {
    const release = studio.script.hold(step);
    const job = await server.create();
    await studio.script.begun(step);
    const message = "Too late: it is made already, and is kept. Should it not come after all, the job ends as cancelled.";
    expect(await cancel(job)).toEqual({ done: [], failed: [{ id: job.id, message }] });
    release();
    expect(await watch.ended(job.id)).toMatchObject({ state: "completed", assetId: assetIdOf(job.id) });
    expect(studio.calledOff).toEqual([]);
  });

  test("who waits for a provider's word after an absence is told the first one, also if it does not say how far it is, and then none of those", async () => {
    const actor = await server.run(jobActor);
    const { track } = actor.effects;
    const meta = { seq: 9, at: 0, parked: null };
    const told: Array<unknown> = [];
    const follow = async (life: Life) => {
      const order = { ...life.context.order, provider: "test" };
      const committed = () => actor.committed?.(life.resident.snapshot as never, { ...meta, id: order.id } as never);
      committed();
      studio.settings.fractions = [0, 0, 0.01];
      const send = (event: { readonly type: string }) =>
        Effect.sync(() => {
          told.push(event);
          life.send(event);
          committed();
        });
      await server.run(track.run({ ...callOf({ order, providerJobId: "p-word", accountId: null }), send }));
      await server.run(Effect.map(Slots, (slots) => slots.release(order.id)));
      return [told.splice(0), life.context.waitingFor];
    };
    const word = { type: "provider.progress", fraction: 0 };
    expect(await follow(new Life().until("processing"))).toEqual([[], null]);
    // Also where its process went on, and only timers came late.
    for (const life of [new Life().until("processing").away(3 * 3_600_000), new Life().until("processing").sleep(3 * 3_600_000)]) {
      expect(life.context.waitingFor).toContain("Word from Studio");
      expect(await follow(life)).toEqual([[word], null]);
    }
  });

  test("where a provider knows keys and keeps books, these are asked before another key is made, or one is sent only to be called off", async () => {
    studio.settings.ledger = true;
    const { submit, cancelAtProvider } = (await server.run(jobActor)).effects;
    const order = {
      id: "job_ledger",
      resendable: true,
      provider: "test",
      providerTitle: "Test studio",
      ownerId: server.user,
      inputs: [],
      priority: 5,
      params: {},
    };
    const sent = (key: string, unanswered: boolean, recovered = false) =>
      server.run(Effect.result(submit.run(callOf({ key, accountId: null, since: 0, order, unanswered }, recovered))));
    const taken = (key: string) => studio.accepted.set(key, { operation: "text_to_video", params: {}, inputs: [] });
    const limited = { kind: "limit", message: "it was limit" };

    // Its answer is lost, and it is in the books: it is not sent again.
    studio.script.next(
      "submit",
      Effect.suspend(() => (taken("a"), Effect.fail({ kind: "network", message: "no answer" } as const))),
    );
    expect(await sent("a", false)).toMatchObject({ _tag: "Success", success: { providerJobId: "p-a" } });
    // Refused at the door, after one of which nobody knows: what the books say.
    studio.script.fail("submit", "limit", "limit", "limit", "limit");
    taken("b");
    expect(await sent("b", true)).toMatchObject({ _tag: "Success", success: { providerJobId: "p-b" } });
    expect(await sent("c", true)).toMatchObject({ _tag: "Failure", failure: { ...limited, notTaken: true } });
    studio.script.fail("lookup", "internal");
    const open = await sent("d", true);
    expect(open).toMatchObject({ _tag: "Failure", failure: limited });
    expect(open).not.toMatchObject({ failure: { notTaken: true } });
    studio.script.otherwise.set("lookup", Effect.die("nobody is to be asked about a first submission that was refused"));
    expect(await sent("e", false)).toMatchObject({ _tag: "Failure", failure: limited });
    studio.script.otherwise.delete("lookup");
    // The same after a run that broke off, of which the job knows nothing: it learns that there was no answer.
    studio.script.fail("submit", "limit", "limit");
    studio.script.fail("lookup", "internal");
    expect(await sent("j", false, true)).toMatchObject({ _tag: "Failure", failure: { kind: "network", message: limited.message } });
    expect(await sent("k", false, true)).toMatchObject({ _tag: "Failure", failure: { ...limited, notTaken: true } });
    const unmade = callOf({ key: "l", accountId: null, since: 0, order: { ...order, inputs: [{ role: "image" }] }, unanswered: false });
    const unsent = await server.run(Effect.result(submit.run(unmade)));
    expect(unsent).toMatchObject({ _tag: "Failure", failure: { kind: "network" } });
    expect(unsent).not.toMatchObject({ failure: { unsent: true } });

    const calledOff = (key: string) =>
      server.run(cancelAtProvider.run(callOf({ key, accountId: null, since: 0, order, providerJobId: null, file: null })));
    const asked = studio.keys.length;
    taken("f");
    expect(await calledOff("f")).toEqual({ stopped: true });
    expect(studio.calledOff).toEqual(["p-f"]);
    expect(await calledOff("g")).toEqual({ stopped: true });
    studio.settings.unstoppable = true;
    studio.script.fail("lookup", "internal");
    expect(await calledOff("h")).toEqual({ stopped: null });
    expect(studio.keys.length).toBe(asked);
    studio.settings.unstoppable = false;
    studio.script.fail("lookup", "internal");
    expect(await calledOff("i")).toEqual({ stopped: true });
    expect(studio.calledOff).toEqual(["p-f", "p-i"]);
    await server.run(Effect.map(Slots, (slots) => slots.release(order.id)));
  });

  test("a submission whose answer was lost is found by its key and called off when the job is cancelled", async () => {
    studio.script.fail("submit", "network");
    const job = await server.create();
    await watch.until(job.id, ({ state, attempt }) => state === "queued" && attempt === 2);
    await cancel(job);
    expect(await watch.ended(job.id)).toMatchObject({ state: "cancelled", assetId: null, failure: null });
    expect(states(job.id).slice(-2)).toEqual(["cancelling", "cancelled"]);
    expect(studio.keys).toEqual([`${job.id}-1`, `${job.id}-1`]);
    expect(studio.calledOff).toEqual([`p-${job.id}-1`]);
  });

  test("a submission that is not answered three times in a row is called off before the job fails", async () => {
    studio.script.fail("submit", "network", "timeout", "network");
    const job = await server.create();
    expect(await watch.ended(job.id)).toMatchObject({ state: "failed", attempt: 3, failure: { kind: "network" } });
    expect(states(job.id).slice(-2)).toEqual(["cancelling", "failed"]);
    // Asked for by its key once more: that tells what it had led to.
    expect(studio.keys).toEqual(Array.from({ length: 4 }, () => `${job.id}-1`));
    expect(studio.calledOff).toEqual([`p-${job.id}-1`]);
  });

  test("a submission that was begun before a restart is called off too", async () => {
    studio.script.hold("submit");
    const job = await server.create();
    await studio.script.begun("submit");
    await cancel(job);
    await restart();
    expect((await watch.ended(job.id)).state).toBe("cancelled");
    expect(studio.calledOff).toEqual([`p-${job.id}-1`]);
  });

  test("a submission that was begun before a restart is never made a second time, whatever is answered to it when it is sent again", async () => {
    studio.script.hold("submit");
    const job = await server.create();
    await studio.script.begun("submit");
    studio.script.fail("submit", "limit");
    await restart();
    expect(await watch.ended(job.id)).toMatchObject({ state: "completed", attempt: 2 });
    expect(studio.keys).toEqual(Array.from({ length: 3 }, () => `${job.id}-1`));
  });

  test("one that the provider refused is not asked for again to call it off", async () => {
    studio.script.fail("submit", "credits");
    const job = await server.create();
    await watch.until(job.id, ({ state, attempt }) => state === "queued" && attempt === 2);
    await cancel(job);
    expect((await watch.ended(job.id)).state).toBe("cancelled");
    expect([studio.keys, studio.calledOff]).toEqual([[`${job.id}-1`], []]);
  });

  test("what was stored in the moment of cancelling is not kept", async () => {
    studio.script.fail("ingest", "storage");
    const job = await server.create();
    await watch.until(job.id, ({ state, waitingFor }) => state === "ingesting" && waitingFor !== null);
    const assetId = assetIdOf(job.id);
    server.shelf.put(assetId, server.user);
    expect((await cancel(job)).done).toEqual([job.id]);
    expect(await watch.ended(job.id)).toMatchObject({ state: "cancelled", assetId: null });
    expect(server.shelf.assets.has(assetId)).toBe(false);
  });

  test("a job that waits for a place is cancelled at once and asks for nothing", async () => {
    studio.script.hold("track");
    studio.script.hold("track");
    await Promise.all([server.create(), server.create()]);
    await studio.script.begun("track", 2);
    const waiting = await server.create();
    expect(await watch.state(waiting.id, "waitingForSlot")).toMatchObject({ waitingFor: expect.stringContaining("Test studio") });
    await cancel(waiting);
    expect(states(waiting.id).at(-1)).toBe("cancelled");
    expect(studio.accepted.size).toBe(2);
    expect(await load()).toMatchObject({ busy: 2, ahead: 0 });
  });

  test("cancelling what has completed changes nothing", async () => {
    const job = await server.create();
    await watch.ended(job.id);
    expect(await cancel(job)).toEqual({ done: [], failed: [{ id: job.id, message: "It has already ended: completed." }] });
    expect((await server.call("jobs.get", { id: job.id })).state).toBe("completed");
  });

  test("a scheduled job starts at its time, also over a restart", async () => {
    const job = await server.create({ scheduledFor: Date.now() + 700 });
    expect(job.state).toBe("scheduled");
    await restart();
    const done = await watch.ended(job.id);
    expect(done.state).toBe("completed");
    expect(done.submittedAt!).toBeGreaterThanOrEqual(job.scheduledFor!);
  });

  test.each(["submit", "track", "download", "ingest"] as const)(
    "a restart during %s loses nothing and asks for nothing twice",
    async (step) => {
      studio.script.hold(step);
      const job = await server.create();
      await studio.script.begun(step);
      await restart();
      const done = await watch.ended(job.id);
      expect(done).toMatchObject({ state: "completed", attempt: 1 });
      expect([...studio.accepted.keys()]).toEqual([`${job.id}-1`]);
      expect(server.shelf.ingested.filter((id) => id === done.assetId)).toHaveLength(1);
      expect((await load()).busy).toBe(0);
    },
  );

  test("a restart while jobs wait and while one is called off leaves none behind", async () => {
    studio.script.hold("track");
    studio.script.hold("track");
    const running = await Promise.all([server.create(), server.create()]);
    await studio.script.begun("track", 2);
    const waiting = await server.create();
    studio.script.hold("cancel");
    await cancel(running[0]!);
    await studio.script.begun("cancel");
    await restart();
    expect((await watch.ended(running[0]!.id)).state).toBe("cancelled");
    expect((await watch.ended(running[1]!.id)).state).toBe("completed");
    expect((await watch.ended(waiting.id)).state).toBe("completed");
    expect((await load()).busy).toBe(0);
  });

  test("a provider that does not know keys is not asked again when its answer was lost: a person decides", async () => {
    studio.settings.recovery = "none";
    studio.script.fail("submit", "network");
    const lost = await watch.ended((await server.create()).id);
    expect(lost).toMatchObject({ state: "failed", failure: { kind: "network" } });
    expect(lost.failure?.message).toContain("not asked again");

    studio.script.next("submit", Effect.die(new Error("a bug")));
    expect(await watch.ended((await server.create()).id)).toMatchObject({ state: "failed", attempt: 1, failure: { kind: "network" } });

    // After a crash during the submission.
    const { submit } = (await server.run(jobActor)).effects;
    const recovery = (resendable: boolean, key = "k") => {
      const order = { resendable, provider: "test", ownerId: server.user, inputs: [] };
      return submit.recovery === "lookup" ? submit.lookup(callOf({ key, accountId: null, since: 0, order })) : null;
    };
    const recovered = (key: string) => server.run(recovery(true, key) ?? Effect.die("it is always sent again"));
    expect(recovery(false)).toBeNull();
    studio.settings.recovery = "idempotencyKey";
    expect(await recovered("k")).toBeUndefined();
    studio.accepted.set("known", { operation: "text_to_video", params: {}, inputs: [] });
    expect(await recovered("known")).toBeUndefined();
    studio.settings.ledger = true;
    expect(await recovered("known")).toEqual({ providerJobId: "p-known", charged: null });
    studio.script.fail("lookup", "internal");
    expect(await recovered("known")).toBeUndefined();
  });

  test("a provider that can be asked what a key has led to is asked when its answer was lost, and sent another only if it took none", async () => {
    studio.settings.recovery = "lookup";
    const lostAnswer = (taken: boolean) =>
      studio.script.next(
        "submit",
        Effect.suspend(() => {
          const key = studio.keys.at(-1)!;
          if (taken) studio.accepted.set(key, { operation: "text_to_video", params: {}, inputs: [] });
          return Effect.fail({ kind: "network", message: "no answer" } as const);
        }),
      );
    lostAnswer(true);
    expect(await watch.ended((await server.create()).id)).toMatchObject({ state: "completed", attempt: 1 });
    expect(studio.keys.length).toBe(1);

    lostAnswer(false);
    expect(await watch.ended((await server.create()).id)).toMatchObject({ state: "completed", attempt: 2 });
    expect(new Set(studio.keys).size).toBe(3);

    // After a crash during the submission.
    studio.accepted.set("k", { operation: "text_to_video", params: {}, inputs: [] });
    const { submit } = (await server.run(jobActor)).effects;
    const recover = (key: string) => {
      const order = { resendable: false, provider: "test", ownerId: server.user, inputs: [] };
      const look = submit.recovery === "lookup" ? submit.lookup(callOf({ key, accountId: null, since: 0, order })) : null;
      return server.run(look ?? Effect.die("nobody to ask"));
    };
    expect(await recover("k")).toEqual({ providerJobId: "p-k", charged: null });
    expect(await recover("another")).toBeUndefined();
  });

  test("a parked job gives its place to others and queues anew when it is resumed", async () => {
    studio.script.hold("track");
    const job = await server.create();
    await studio.script.begun("track");
    expect(await load()).toMatchObject({ busy: 1 });
    const definition = await server.run(jobActor);
    const view = await server.run(Effect.flatMap(Actors, (actors) => actors.view(`job/${job.id}`)));
    const snapshot = { value: view.value, context: view.context as unknown as JobContext };
    definition.committed?.(snapshot as never, { id: job.id, seq: view.seq + 1, at: view.at, parked: "a bug" });
    expect(await load()).toMatchObject({ busy: 0 });
    await watch.until(job.id, ({ parked }) => parked);
    const { order, providerJobId } = snapshot.context;
    await server.run(definition.effects.track.run(callOf({ order, accountId: null, providerJobId: providerJobId ?? "" })));
    expect(await load()).toMatchObject({ busy: 1 });
  });

  test("what waits is paused and resumed by ids or as a batch, over a restart too; what is under way goes on", async () => {
    studio.script.otherwise.set("track", Effect.never);
    const batch = (await create({}, 4)).jobs;
    await studio.script.begun("track", 2);
    const batchId = batch[0]!.batchId!;
    const paused = await server.call("jobs.pause", { ids: [], batchId });
    expect(paused.done).toHaveLength(2);
    expect(paused.failed.map(({ message }) => message)).toEqual(Array(2).fill("It is under way already, and goes on."));
    await restart();
    const [first, second] = paused.done as [string, string];
    expect(await server.call("jobs.get", { id: first })).toMatchObject({ state: "paused", waitingFor: "Being resumed: it is paused." });
    // Two places are taken by the two others; when these end, nobody takes their place.
    await server.call("jobs.cancel", { ids: paused.failed.map(({ id }) => id) });
    const late = (await create({}, 1)).jobs[0]!;
    await watch.state(late.id, "processing");
    expect((await server.call("jobs.get", { id: second })).state).toBe("paused");
    expect(await server.call("jobs.resume", { ids: [first, late.id, "job_nowhere"] })).toEqual({
      done: [first],
      failed: [
        { id: late.id, message: "It was not paused." },
        { id: "job_nowhere", message: "There is no such job." },
      ],
    });
    await watch.state(first, "processing");
    expect((await server.call("jobs.cancel", { ids: [second] })).done).toEqual([second]);
    expect((await server.call("jobs.pause", { ids: [second] })).failed).toEqual([
      { id: second, message: "It has already ended: cancelled." },
    ]);
    expect(await codeOf(server.call("jobs.pause", { ids: [] }))).toBe("invalid_input");
    expect(await codeOf(server.call("jobs.pause", { ids: [], batchId: "bat_nowhere" }))).toBe("not_found");
    expect(await codeOf(server.call("jobs.resume", { ids: [], batchId }, "usr_other"))).toBe("not_found");
  });

  test("a job whose input is out of reach waits for it, uses up no attempt, and says why; one whose input is damaged fails at once", async () => {
    const away = new CallError("unavailable", "The archive of originals cannot be reached just now.");
    server.shelf.put("ast_away", server.user);
    server.shelf.unreadable.set("ast_away", away);
    const request = { operation: "image_to_video" as const, inputs: [{ assetId: "ast_away", role: "image" as const }] };
    const job = (await create(request)).jobs[0]!;
    expect(await watch.until(job.id, ({ state, waitingFor }) => state === "queued" && waitingFor !== null)).toMatchObject({
      attempt: 1,
      waitingFor: `Another try: An input cannot be read just now. ${away.message}`,
    });
    expect(studio.keys).toEqual([]);
    server.shelf.unreadable.delete("ast_away");
    expect(await watch.ended(job.id)).toMatchObject({ state: "completed", attempt: 1 });
    server.shelf.unreadable.set("ast_away", damagedCopy);
    const damaged = (await create(request)).jobs[0]!;
    expect(await watch.ended(damaged.id)).toMatchObject({ state: "failed", failure: { kind: "input", message: damagedCopy.message } });
  });

  test("a job goes on from the results of others, over restarts: as the video or a frame of it, and only once they are done", async () => {
    studio.script.otherwise.set("track", Effect.never);
    const first = await server.create({ params: { prompt: "a fox" }, name: "Fox" });
    await watch.state(first.id, "processing");
    const fusion = {
      operation: "fusion" as const,
      inputs: [
        { jobId: first.id, frame: "last" as const, role: "subject" as const, name: "fox" },
        { jobId: first.id, role: "background" as const },
      ],
    };
    const second = (await create(fusion)).jobs[0]!;
    expect(second).toMatchObject({ state: "awaitingInputs", waitingFor: "“Fox” to be done.", inputs: fusion.inputs, etaAt: null });
    const third = (await create({ operation: "image_to_video", inputs: [{ jobId: second.id, frame: "first", role: "image" }] })).jobs[0]!;
    expect((await create(fusion)).jobs[0]!.hash).not.toBe(third.hash);
    await server.stop();
    studio.script.otherwise.delete("track");
    await server.start();
    watch = await server.watch();
    for (const id of [first.id, second.id, third.id]) expect(await watch.ended(id)).toMatchObject({ state: "completed", failure: null });
    const made = watch.jobs.get(second.id)!;
    const video = watch.jobs.get(first.id)!.assetId!;
    expect(made.inputs).toEqual([
      { ...fusion.inputs[0], assetId: `${video}_at_end` },
      { ...fusion.inputs[1], assetId: video },
    ]);
    expect(watch.jobs.get(third.id)!.inputs).toMatchObject([{ assetId: `${made.assetId}_at_0` }]);
    const { parents } = server.shelf;
    expect(parents.get(video)).toEqual([]);
    expect(parents.get(made.assetId!)).toEqual([
      { assetId: `${video}_at_end`, relation: "FUSION_CHARACTER", operation: "fusion", timeMs: null },
      { assetId: video, relation: "FUSION_BACKGROUND", operation: "fusion", timeMs: null },
    ]);
    expect(parents.get(watch.jobs.get(third.id)!.assetId!)).toEqual([
      { assetId: `${made.assetId}_at_0`, relation: "SOURCE_IMAGE", operation: "image_to_video", timeMs: null },
    ]);
    expect(made.submittedAt!).toBeGreaterThanOrEqual(watch.jobs.get(first.id)!.finishedAt!);
    // Made again it asks for the very same: not for what that job would make now.
    const again = (await server.call("jobs.retry", { ids: [second.id], newSeed: false })).jobs[0]!;
    expect(again).toMatchObject({ params: made.params, inputs: [{ assetId: `${video}_at_end` }, { assetId: video }] });
    expect(again.inputs[1]).not.toHaveProperty("jobId");
    // Of what is done already the asset goes in at once.
    const late = (await create({ ...fusion, inputs: [{ ...fusion.inputs[0]!, frame: "first" }, fusion.inputs[1]!] })).jobs[0]!;
    expect(late.inputs[1]).toEqual({ ...fusion.inputs[1], assetId: video });
    expect((await watch.ended(late.id)).inputs[0]).toMatchObject({ assetId: `${video}_at_0` });
  });

  const refused = async (changes: Parameters<typeof request>[0]) => {
    const error = await failureOf(create(changes));
    const { issues } = (error as CallError).details as { readonly issues: ReadonlyArray<{ readonly path: ReadonlyArray<unknown> }> };
    return issues.map(({ path }) => path.join("."));
  };

  test("what waits for a job that comes to nothing fails with it, and so on; nobody waits for what is not there", async () => {
    studio.script.otherwise.set("track", Effect.never);
    const first = await server.create({ name: "Fox" });
    const from = (jobId: string) => ({
      operation: "image_to_video" as const,
      inputs: [{ jobId, frame: "last" as const, role: "image" as const }],
    });
    const second = await server.create({ ...from(first.id), name: "Second" });
    const third = await server.create(from(second.id));
    const [fourth, fifth] = [await server.create(from(first.id)), await server.create(from(first.id))];
    await server.call("jobs.cancel", { ids: [fourth.id] });
    expect((await server.call("jobs.pause", { ids: [fifth.id] })).done).toEqual([fifth.id]);
    await server.call("jobs.cancel", { ids: [first.id] });
    expect((await watch.ended(second.id)).failure).toEqual({
      kind: "input",
      message: "“Fox” was cancelled, so there is no result of it to go on from.",
    });
    expect((await watch.ended(third.id)).failure).toEqual({
      kind: "input",
      message:
        "“Second” failed, so there is no result of it to go on from. “Fox” was cancelled, so there is no result of it to go on from.",
    });
    expect(watch.jobs.get(fourth.id)?.state).toBe("cancelled");
    expect(watch.jobs.get(fifth.id)?.state).toBe("paused");
    expect(await refused(from(first.id))).toEqual(["request.inputs.0.jobId"]);
    expect(await codeOf(create(from("job_nowhere")))).toBe("not_found");
    expect(await codeOf(create(from((await create({ scheduledFor: Date.now() + 3_600_000 }, 1, "usr_other")).jobs[0]!.id)))).toBe(
      "not_found",
    );
    const open = await server.create();
    const wrong = (input: object) => refused({ operation: "image_to_video", inputs: [{ role: "image", ...input }] });
    expect(await wrong({})).toEqual(["request.inputs.0.assetId"]);
    expect(await wrong({ jobId: open.id, assetId: "ast_x" })).toEqual(["request.inputs.0.assetId"]);
    expect(await wrong({ jobId: open.id })).toEqual(["request.inputs.0.jobId"]);
    expect(await wrong({ jobId: open.id, frame: "last", timeMs: 5 })).toEqual(["request.inputs.0.timeMs"]);
  });

  test("who is put first runs next among the jobs of the same user, and goes before no other's for it", async () => {
    studio.settings.concurrency = 1;
    const release = studio.script.hold("track");
    const running = await server.create();
    await watch.state(running.id, "processing");
    const urgent = await server.create({ priority: 2 });
    const waiting = (await create({}, 3)).jobs.map(({ id }) => id);
    const [a, b, c] = waiting as [string, string, string];
    expect(await server.call("jobs.prioritise", { ids: [c, b], priority: "next" })).toEqual({ done: [c, b], failed: [] });
    expect((await server.call("jobs.prioritise", { ids: [a], priority: 1 })).done).toEqual([a]);
    // As urgent as the most urgent of this user, and no more.
    expect((await server.call("jobs.get", { id: c })).priority).toBe(2);
    expect((await server.call("jobs.get", { id: urgent.id })).priority).toBe(2);
    expect((await server.call("jobs.prioritise", { ids: [running.id], priority: 1 })).failed).toEqual([
      { id: running.id, message: "Its turn has come already." },
    ]);
    release();
    const order = [running.id, a, c, b, urgent.id];
    for (const id of order) await watch.ended(id);
    const started = (id: string) => watch.jobs.get(id)!.submittedAt!;
    expect(order.toSorted((x, y) => started(x) - started(y))).toEqual(order);
  });

  test("jobs that wait are taken in the order in which their owner puts them, and what came later after them", async () => {
    studio.settings.concurrency = 1;
    const release = studio.script.hold("track");
    const running = await server.create();
    await watch.state(running.id, "processing");
    const [a, b, c] = (await create({}, 3)).jobs.map(({ id }) => id) as [string, string, string];
    const urgent = await server.create({ priority: 2 });
    const arrange = (ids: Array<string>, user?: string) => server.call("jobs.arrange", { ids, priority: 5 }, user);
    expect(await arrange([c, a, running.id, urgent.id, b])).toEqual({
      done: [c, a, urgent.id, b],
      failed: [{ id: running.id, message: "Its turn has come already." }],
    });
    const places = [c, a, urgent.id, b].map((id) => watch.jobs.get(id)!);
    expect(places.map(({ priority }) => priority)).toEqual([5, 5, 5, 5]);
    expect(places.map(({ rank }) => rank)).toEqual(places.map(({ rank }) => rank).toSorted((x, y) => x - y));
    const late = await server.create();
    expect(await codeOf(arrange([a], "usr_other"))).toBe("not_found");
    release();
    const order = [running.id, c, a, urgent.id, b, late.id];
    for (const id of order) await watch.ended(id);
    const started = (id: string) => watch.jobs.get(id)!.submittedAt!;
    expect(order.toSorted((x, y) => started(x) - started(y))).toEqual(order);
    expect(await arrange([c, a])).toMatchObject({ done: [], failed: [{ message: "It has already ended: completed." }, {}] });
  });

  test.each(["submit", "cancelAtProvider"] as const)("what %s sends may be sent only under the lease of its run", async (name) => {
    const effect = (await server.run(jobActor)).effects[name];
    const order = { id: "job_leased", resendable: true, provider: "test", providerTitle: "Test studio", ownerId: server.user, inputs: [] };
    const input = { key: `leased-${name}`, accountId: null, since: 0, order, providerJobId: null, file: null };
    const answers: Array<boolean> = [];
    let isLeased = true;
    studio.script.next(
      "submit",
      Effect.gen(function* () {
        const maySend = yield* MaySend;
        answers.push(maySend());
        isLeased = false;
        answers.push(maySend());
      }),
    );
    await server.run(Effect.asVoid<unknown, unknown, Actors>(effect.run({ ...callOf(input), isLeased: () => isLeased })));
    expect(answers).toEqual([true, false]);
    await server.run(Effect.map(Slots, (slots) => slots.release(order.id)));
  });

  test("the journal of a job tells its story and folds to its state", async () => {
    const job = await server.create();
    const done = await watch.ended(job.id);
    const entries = await server.run(Effect.flatMap(Actors, (actors) => Stream.runCollect(actors.history(`job/${job.id}`, 0))));
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index));
    expect(entries.at(-1)).toMatchObject({ seq: done.rev, value: "completed", status: "done" });
    const view = await server.run(Effect.flatMap(Actors, (actors) => actors.view(`job/${job.id}`)));
    expect(view.context).toEqual(entries.at(-1)?.context);
  });
});

/** What the host gives an effect. */
const callOf = (input: unknown, recovered = true) => ({
  input: input as never,
  address: "job/j",
  key: "job/j/e/1",
  recovered,
  send: () => Effect.void,
  isLeased: () => true,
});
