import { Effect, Stream } from "effect";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { testDatabases } from "#db/client/testing.ts";
import { type Grid, type JobRequest, jobs as domain } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { request, TestDatabase, TestServer } from "./testing.ts";

const issuesOf = (error: unknown): ReadonlyArray<{ readonly path: ReadonlyArray<string | number>; readonly message: string }> =>
  error instanceof CallError && error.code === "invalid_input" ? (error.details as { issues: [] }).issues : [];

describe.each(testDatabases)("the jobs calls, $engine", ({ layer }) => {
  const database = new TestDatabase(layer);
  const server = new TestServer(database, { PIXSIM_OPEN_JOBS_PER_USER: "50", PIXSIM_ASSETS_PER_USER: "58" });
  const { studio } = server;
  let other: string;
  let tests = 0;

  const create = (changes: Parameters<typeof request>[0], count = 1, user = server.user, key?: string) =>
    server.call("jobs.create", { request: request(changes), count }, user, key);
  const refused = async (changes: Parameters<typeof request>[0]) =>
    issuesOf(await create(changes).catch((error: unknown) => error)).map(({ path }) => path.join("."));
  const codeOf = async (call: Promise<unknown>) => {
    const error = await call.then(() => undefined).catch((failure: unknown) => failure);
    return error instanceof CallError ? error.code : error;
  };

  beforeAll(() => server.start());
  beforeEach(() => {
    server.user = `usr_${++tests}`;
    other = `${server.user}_other`;
    studio.reset();
    // Jobs stay open unless a test says otherwise.
    studio.script.otherwise.set("track", Effect.never);
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  test("a generation that a restart left alone for a while goes on, says so in its journal, and teaches nothing of how long any takes", async () => {
    const estimate = async () => (await server.call("jobs.estimate", { request: request(), count: 1 })).durationMs;
    const release = studio.script.hold("track");
    const job = await server.create();
    await studio.script.begun("track");
    await server.stop();
    studio.script.next("track", Effect.void);
    release();
    await server.start();
    const watch = await server.watch();
    const done = await watch.ended(job.id);
    expect(done).toMatchObject({ state: "completed", attempt: 1, waitingFor: null });
    const journal = await server.run(Effect.flatMap(Actors, (actors) => Stream.runCollect(actors.history(`job/${job.id}`, 0))));
    expect(journal.filter(({ event }) => event.type === "step.recovered")).toHaveLength(1);
    expect(await estimate()).toBe(2000);
    await server.restart();
    expect(await estimate()).toBe(2000);
  });

  test("an estimate follows the provider, then what generations took, and the queue", async () => {
    const ask = (params: Record<string, unknown>) => server.call("jobs.estimate", { request: request({ params }), count: 1 });
    expect(await ask({ prompt: "x" })).toEqual({
      credits: 0,
      durationMs: 2000,
      waitMs: 0,
      jobs: 1,
      parts: [{ provider: "test", jobs: 1, credits: 0, creditType: null, durationMs: 2000, waitMs: 0 }],
      accounts: [],
      refusals: [],
      waits: [],
      fallbacks: [],
    });
    expect(await ask({ prompt: "x", duration: 10 })).toMatchObject({ durationMs: 4000 });
    expect(await codeOf(ask({ prompt: "" }))).toBe("invalid_input");
    studio.script.next("track", Effect.void);
    const watch = await server.watch();
    const job = await watch.ended((await server.create()).id);
    const took = job.finishedAt! - job.submittedAt!;
    expect((await ask({ prompt: "x" })).durationMs).toBe(took);
    await server.restart();
    expect((await ask({ prompt: "x", duration: 10 })).durationMs).toBe(took * 2);
    await create({}, 4);
    await studio.script.begun("track", 3);
    expect((await ask({ prompt: "x" })).waitMs).toBe(Math.round(1.5 * took));
  });

  test("what each provider can do is told with everything a form needs", async () => {
    const { providers } = await server.call("jobs.providers", {});
    domain.calls.providers.output.parse({ providers });
    const [operation] = providers[0]!.operations;
    expect(operation).toMatchObject({
      operation: "text_to_video",
      params: {
        required: ["prompt"],
        properties: { prompt: { title: "Prompt", "x-widget": "prompt" }, duration: { default: 5, minimum: 1, maximum: 15 } },
      },
    });
  });

  test("an accepted job is stored, with its defaults and a seed", async () => {
    const { jobs } = await create({ name: "  Fox  ", priority: 3 });
    const [job] = jobs;
    domain.calls.create.output.parse({ jobs });
    expect(job).toMatchObject({
      state: "waitingForSlot",
      name: "Fox",
      prompt: "a fox in the snow",
      priority: 3,
      params: { prompt: "a fox in the snow", duration: 5, seed: expect.any(Number) },
      attempt: 1,
      batchId: null,
      parentJobId: null,
    });
    expect(job?.etaAt).toBeGreaterThan(job!.createdAt);
    const stored = await server.call("jobs.get", { id: job!.id });
    expect(stored).toMatchObject({ id: job!.id, params: job!.params, hash: job!.hash, createdAt: job!.createdAt });
  });

  test("wrong parameters are refused, each at its place", async () => {
    expect(await refused({ params: {} })).toEqual(["request.params.prompt"]);
    expect(await refused({ params: { prompt: "x", duration: 99, sed: 1 } })).toEqual(["request.params.duration", "request.params.sed"]);
    expect(await refused({ params: { prompt: "a\0b" } })).toEqual(["request.params.prompt"]);
    expect(await refused({ params: { prompt: "\ud800" } })).toEqual(["request.params.prompt"]);
    expect(await refused({ operation: "video_extend" })).toEqual(["request.operation"]);
    expect(await refused({ scheduledFor: Date.now() * 2 })).toEqual(["request.scheduledFor"]);
    expect(await codeOf(create({ provider: "nobody" }))).toBe("not_found");
    expect((await server.call("jobs.list", list())).jobs).toEqual([]);
  });

  test("wrong inputs are refused, each at its place", async () => {
    server.shelf.put("ast_mine", server.user);
    server.shelf.put("ast_video", server.user, { mediaType: "video", durationMs: 5000 });
    server.shelf.put("ast_trash", server.user, { deletedAt: 1 });
    server.shelf.put("ast_other", other);
    const image = { operation: "image_to_video" as const };
    expect(await refused(image)).toEqual(["request.inputs"]);
    const one = (assetId: string, more = {}) => ({ ...image, inputs: [{ assetId, role: "image" as const, ...more }] });
    expect(await refused(one("ast_video"))).toEqual(["request.inputs.0.assetId"]);
    await expect(create(one("ast_video"))).rejects.toMatchObject({
      details: {
        issues: [
          {
            message: "Input: a picture is needed, and this is a video. Choose a picture, or capture a frame of the video and use that.",
          },
        ],
      },
    });
    expect(await refused(one("ast_trash"))).toEqual(["request.inputs.0.assetId"]);
    await expect(create(one("ast_trash"))).rejects.toMatchObject({
      message: "Input: it is in the trash. Restore it first, or choose another.",
    });
    expect(await refused(one("ast_mine", { timeMs: 5 }))).toEqual(["request.inputs.0.timeMs"]);
    expect(await refused(one("ast_mine", { role: "background" }))).toEqual(["request.inputs", "request.inputs.0.role"]);
    expect(await codeOf(create(one("ast_other")))).toBe("not_found");
    expect(await codeOf(create(one("ast_nowhere")))).toBe("not_found");
    const subject = (name?: string) => ({ assetId: "ast_mine", role: "subject" as const, ...(name === undefined ? {} : { name }) });
    const fusion = { operation: "fusion" as const };
    expect(await refused({ ...fusion, inputs: [subject("fox"), subject("fox")] })).toEqual(["request.inputs.1.name"]);
    expect(await refused({ ...fusion, inputs: [subject()] })).toEqual(["request.inputs.0.name"]);
    expect(await refused({ ...fusion, inputs: ["a", "b", "c"].map(subject) })).toEqual(["request.inputs"]);
    const late = { assetId: "ast_video", role: "background" as const, timeMs: 6000 };
    expect(await refused({ ...fusion, inputs: [subject("fox"), late] })).toEqual(["request.inputs.1.timeMs"]);
    const good = await create({ ...fusion, inputs: [subject("fox"), { ...late, timeMs: 400 }] });
    expect(good.jobs[0]?.inputs).toEqual([subject("fox"), { ...late, timeMs: 400 }]);
  });

  test("equal requests have equal hashes, whatever the order of their keys; other seeds or bytes have others", async () => {
    server.shelf.put("ast_1", server.user, { sha256: "1".repeat(64) });
    server.shelf.put("ast_2", server.user, { sha256: "1".repeat(64) });
    server.shelf.put("ast_3", server.user, { sha256: "3".repeat(64) });
    const hash = async (params: Record<string, unknown>, assetId: string) => {
      const { jobs } = await create({ operation: "image_to_video", params, inputs: [{ assetId, role: "image" }] });
      return jobs[0]!.hash;
    };
    const first = await hash({ prompt: "fox", seed: 1, duration: 5 }, "ast_1");
    expect(await hash({ duration: 5, seed: 1, prompt: "fox" }, "ast_2")).toBe(first);
    expect(await hash({ prompt: "fox", seed: 2 }, "ast_1")).not.toBe(first);
    expect(await hash({ prompt: "fox", seed: 1 }, "ast_3")).not.toBe(first);
  });

  test("a batch has one id and different seeds; a chosen seed is counted on from", async () => {
    const seeds = (jobs: ReadonlyArray<{ readonly params: Record<string, unknown> }>) => jobs.map(({ params }) => params["seed"]);
    const { jobs } = await create({}, 5);
    expect(new Set(jobs.map(({ batchId }) => batchId)).size).toBe(1);
    expect(new Set(seeds(jobs)).size).toBe(5);
    expect(seeds((await create({ params: { prompt: "fox", seed: 999 } }, 3)).jobs)).toEqual([999, 1000, 0]);
    const found = await server.call("jobs.list", list({ batchId: jobs[0]!.batchId! }));
    expect(found.jobs.map(({ id }) => id).sort()).toEqual(jobs.map(({ id }) => id).sort());
  });

  test("a grid is a job of each cell, which knows where it stands; the same take has the same seed everywhere", async () => {
    const duration = { by: "param" as const, param: "duration", values: [3, 7, 9] };
    const prompts = { by: "provider" as const, values: [{ provider: "test" }, { provider: "test", params: { prompt: "a wolf" } }] };
    const batch = { request: request(), count: 2, grid: { axes: [duration, prompts], without: [[1, 0]] } };
    const estimated = await server.call("jobs.estimate", batch);
    const single = async (seconds: number) =>
      (await server.call("jobs.estimate", { request: request({ params: { prompt: "x", duration: seconds } }), count: 1 })).durationMs;
    const [short, middle, long] = [await single(3), await single(7), await single(9)];
    expect(estimated).toMatchObject({ jobs: 10, durationMs: long, parts: [{ jobs: 10, durationMs: 2 * (2 * short + middle + 2 * long) }] });
    const { jobs } = await server.call("jobs.create", batch, server.user, "key-grid");
    expect(jobs.map(({ cell }) => cell!.map(({ index }) => index).join(""))).toEqual([
      "000",
      "001",
      "010",
      "011",
      "110",
      "111",
      "200",
      "201",
      "210",
      "211",
    ]);
    for (const { params, prompt, cell, batchId } of jobs) {
      expect(batchId).toBe(jobs[0]!.batchId);
      expect(cell).toEqual([
        { axis: "duration", index: expect.any(Number), value: params["duration"] },
        { axis: "provider", index: prompt === "a wolf" ? 1 : 0, value: "test/text_to_video" },
        { axis: "seed", index: expect.any(Number), value: params["seed"] },
      ]);
    }
    const seeds = (take: number) => new Set(jobs.filter(({ cell }) => cell!.at(-1)!.index === take).map(({ params }) => params["seed"]));
    expect(seeds(0).size).toBe(1);
    expect(seeds(1).size).toBe(1);
    expect(seeds(0)).not.toEqual(seeds(1));
    expect((await server.call("jobs.get", { id: jobs[3]!.id })).cell).toEqual(jobs[3]!.cell);
    const again = await server.call("jobs.create", batch, server.user, "key-grid");
    expect(again.jobs.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
    const bySeed = await server.call("jobs.create", {
      request: request(),
      count: 1,
      grid: { axes: [{ by: "seed", values: [5, 8] }], without: [] },
    });
    expect(bySeed.jobs.map(({ params }) => params["seed"])).toEqual([5, 8]);
  });

  test("a grid is accepted whole or not at all, and each fault is named with its cell", async () => {
    const grid = (...axes: ReadonlyArray<readonly [string, ReadonlyArray<unknown>]>) => ({
      axes: axes.map(([param, values]) => ({ by: "param" as const, param, values: [...values] })),
      without: [],
    });
    const refusal = async (asked: Grid) => {
      const call = { request: request(), count: 1, grid: asked };
      const estimated: unknown = await server.call("jobs.estimate", call).catch((error: unknown) => error);
      const created: unknown = await server.call("jobs.create", call).catch((error: unknown) => error);
      expect(issuesOf(estimated)).toEqual(issuesOf(created));
      return issuesOf(created).map(({ path, message }) => `${path.join(".")}: ${message}`);
    };
    const late = await refusal(grid(["duration", [5, 99]], ["prompt", ["a fox", "a wolf"]]));
    expect(late).toEqual([expect.stringMatching(/^grid\.axes\.0\.values\.1: At duration 99, prompt a fox \(and 1 more\): /)]);
    expect(await refusal(grid(["durtion", [5, 6]]))).toEqual([
      "grid.axes.0.values.0: At durtion 5: There is no such parameter.",
      "grid.axes.0.values.1: At durtion 6: There is no such parameter.",
    ]);
    const variants = {
      by: "provider" as const,
      values: [{ provider: "test" }, { provider: "test", params: { prompt: "x", duration: 99 } }],
    };
    expect(await refusal({ axes: [variants], without: [] })).toEqual([
      expect.stringMatching(/^grid\.axes\.0\.values\.1\.params\.duration: At Test studio: /),
    ]);
    expect(await refusal(grid(["duration", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]], ["seed", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]))).toEqual([
      "grid: 11 × 10 are 110 videos, and one call takes 100: shorten an axis or leave cells out.",
    ]);
    expect((await server.call("jobs.list", list())).jobs).toEqual([]);
  });

  test("an estimate says what a batch costs, what it would wait for, and why it would be refused", async () => {
    studio.settings.pooled = true;
    const axes = [{ by: "param" as const, param: "duration", values: [5, 10] }];
    const ask = (count: number) => server.call("jobs.estimate", { request: request(), count, grid: { axes, without: [] } });
    const waits = ["There is no account at Test studio: add one under Providers & accounts."];
    expect(await ask(2)).toMatchObject({ credits: 20, parts: [{ jobs: 4, credits: 60, creditType: "credits" }], refusals: [], waits });
    await create({ scheduledFor: Date.now() + 3_600_000 }, 7);
    expect((await ask(22)).refusals).toEqual([
      "At most 50 of your jobs may be open and 7 are, so 44 videos more cannot be asked for: ask for at most 43 now, or wait for some to end.",
    ]);
  });

  test("each job draws its words by its own seed, and keeps all that they were made from", async () => {
    const library = (kind: "prompt" | "style" | "list", title: string, text: string, negative = "") =>
      server.call("prompts.create", { kind, title, text, negative, note: "" });
    const colours = await library("list", "Colours", "red\ngrey");
    const oil = await library("style", "Oil", "oil painting of {prompt}", "photo");
    const text = "a __colours__ ${who:fox} in {the snow|{rain|fog}|a wood|a town|a cave|the sea}";
    const fox = await library("prompt", "Fox", text, "{blurry|dark}");
    const prompt = { versionId: fox.latest.id, styleVersionId: oil.latest.id, variables: { who: "wolf {1|2}" }, seed: 7 };
    const params = { prompt: text, negativePrompt: "{blurry|dark}" };
    const { jobs } = await create({ params, prompt }, 8, server.user, "key-words");
    const words = jobs.map((job) => [job.prompt, job.params["negativePrompt"]]);
    for (const [said, avoided] of words) {
      expect(said).toMatch(/^oil painting of a (?:red|grey) wolf \{1\|2\} in (?:the snow|rain|fog|a wood|a town|a cave|the sea)$/);
      expect(avoided).toMatch(/^(?:blurry|dark), photo$/);
    }
    expect(new Set(words.map(([said]) => said)).size).toBeGreaterThan(3);
    jobs.forEach(({ template }, index) =>
      expect(template).toEqual({
        text,
        negative: "{blurry|dark}",
        versionId: fox.latest.id,
        styleVersionId: oil.latest.id,
        lists: { colours: colours.latest.id },
        variables: { who: "wolf {1|2}" },
        seed: 7 + index,
      }),
    );
    const stored = await server.call("jobs.get", { id: jobs[2]!.id });
    expect([stored.template, stored.prompt]).toEqual([jobs[2]!.template, jobs[2]!.prompt]);
    // The third once more, to the letter.
    const [again] = (await create({ params, prompt: { ...prompt, seed: jobs[2]!.template!.seed } })).jobs;
    expect([again!.prompt, again!.params["negativePrompt"]]).toEqual(words[2]);
    const { jobs: retried } = await server.call("jobs.retry", { ids: [jobs[2]!.id], newSeed: true });
    expect(retried[0]).toMatchObject({ prompt: jobs[2]!.prompt, template: jobs[2]!.template });
    const { versions } = await server.call("prompts.get", { id: fox.id });
    expect(versions[0]!.results).toMatchObject({ jobs: 10, completed: 0 });
    // Without a seed one is drawn, by a key the same again.
    const drawn = () => create({ params: { prompt: text }, prompt: { variables: {} } }, 2, server.user, "key-drawn");
    const seeds = (await drawn()).jobs.map(({ template }) => template!.seed);
    expect(seeds[1]).toBe((seeds[0]! + 1) % 2 ** 31);
    expect((await drawn()).jobs.map(({ template }) => template!.seed)).toEqual(seeds);
    expect((await server.call("prompts.history", { limit: 10 })).used).toMatchObject([{ text, negative: "", jobs: 12 }]);
  });

  test("each cell of a varied prompt takes of the values what it needs, and one that needs none is sent as it stands", async () => {
    const said = ["a fox", "a ${colour} wolf", String.raw`a \{red\} {hare}`, "a ${animal:bear|bear}"];
    const grid = { axes: [{ by: "param" as const, param: "prompt", values: said }], without: [] };
    const asked = {
      request: request({ params: { prompt: said[0] }, prompt: { variables: { colour: "red", animal: "hen" } } }),
      count: 1,
      grid,
    };
    expect(await server.call("jobs.estimate", asked)).toMatchObject({ jobs: 4 });
    const { jobs } = await server.call("jobs.create", asked);
    expect(jobs.map(({ prompt }) => prompt)).toEqual(["a fox", "a red wolf", "a {red} {hare}", "a hen"]);
    expect(jobs.map(({ template }) => template?.text)).toEqual(said);
  });

  test("a dry run checks the inputs too, is refused for what creating would be, and makes nothing", async () => {
    const asked = (inputs: ReadonlyArray<object>) =>
      ({ request: request({ operation: "image_to_video", inputs: inputs as never }), count: 1 }) as const;
    const dry = (inputs: ReadonlyArray<object>) => server.call("jobs.estimate", { ...asked(inputs), dryRun: true });
    const issues = async (call: Promise<unknown>) => issuesOf(await call.catch((error: unknown) => error));
    const made = studio.keys.length;
    // While they are still being chosen it is priced.
    expect(await server.call("jobs.estimate", asked([]))).toMatchObject({ jobs: 1 });
    for (const wrong of [[], [{ role: "video" }], [{ role: "image", assetId: "ast_dry", frame: "last" }]]) {
      const found = await issues(dry(wrong));
      expect(found.length).toBeGreaterThan(0);
      expect(found).toEqual(await issues(server.call("jobs.create", asked(wrong))));
    }
    server.shelf.put("ast_dry", server.user);
    expect(await dry([{ role: "image", assetId: "ast_dry" }])).toMatchObject({ jobs: 1, refusals: [] });
    expect(studio.keys.length).toBe(made);
  });

  test("words that cannot be made are refused at their place, in an estimate too, and so is a version that says something else", async () => {
    const fox = await server.call("prompts.create", { kind: "prompt", title: "Fox", text: "a fox", negative: "", note: "" });
    const style = await server.call("prompts.create", { kind: "style", title: "S", text: "{prompt} ${light}", negative: "", note: "" });
    const faults = async (said: string, prompt: Partial<NonNullable<JobRequest["prompt"]>> = {}) => {
      const asked = { request: request({ params: { prompt: said }, prompt: { variables: {}, ...prompt } }), count: 2 };
      const created: unknown = await server.call("jobs.create", asked).catch((error: unknown) => error);
      const estimated: unknown = await server.call("jobs.estimate", asked).catch((error: unknown) => error);
      expect(issuesOf(estimated)).toEqual(issuesOf(created));
      return issuesOf(created).map(({ path, message }) => `${path.join(".")}: ${message}`);
    };
    expect(await faults("a {b|c")).toEqual([expect.stringMatching(/^request\.params\.prompt: Character 3: This \{ is never closed\./)]);
    expect(await faults("a __b__ ${c}")).toEqual([
      'request.params.prompt: Character 3: There is no list "b". There are no lists yet: make it under Prompts.',
      "request.params.prompt: Character 9: The variable c needs a value.",
    ]);
    expect(await faults("a wolf", { versionId: fox.latest.id })).toEqual([
      "request.prompt.versionId: The prompt is not what version 1 says: name no version, or save it as a new one.",
    ]);
    expect(await faults("a fox", { styleVersionId: style.latest.id })).toEqual([
      "request.prompt.styleVersionId: With the style: The variable light needs a value.",
    ]);
    // What is too long once it is made, or says nothing.
    expect(await faults("${a}", { variables: { a: "x".repeat(201) } })).toEqual([expect.stringContaining("request.params.prompt: ")]);
    expect(await faults("{|}")).toEqual([expect.stringContaining("request.params.prompt: ")]);
    const theirs = create({ params: { prompt: "a fox" }, prompt: { versionId: fox.latest.id, variables: {} } }, 1, other);
    expect(await codeOf(theirs)).toBe("not_found");
    expect((await server.call("jobs.list", list())).jobs).toEqual([]);
    // Without the reference the same characters are words.
    expect((await create({ params: { prompt: "a {b|c" } })).jobs[0]).toMatchObject({ prompt: "a {b|c", template: null });
  });

  test("a key makes a call happen once, also when it is sent twice at the same moment", async () => {
    const [first, second] = await Promise.all([create({}, 3, server.user, "key-1"), create({}, 3, server.user, "key-1")]);
    const ids = first.jobs.map(({ id }) => id);
    expect(second.jobs.map(({ id }) => id)).toEqual(ids);
    expect((await create({}, 3, server.user, "key-1")).jobs.map(({ params }) => params)).toEqual(first.jobs.map(({ params }) => params));
    expect((await server.call("jobs.list", list())).jobs).toHaveLength(3);
    expect(await codeOf(create({ params: { prompt: "a wolf" } }, 3, server.user, "key-1"))).toBe("idempotency_conflict");
    expect(await codeOf(create({}, 4, server.user, "key-1"))).toBe("idempotency_conflict");
    const theirs = await create({}, 3, other, "key-1");
    expect(ids).not.toContain(theirs.jobs[0]?.id);
  });

  test("a call that broke off half-way is completed by its repeat", async () => {
    const whole = (await create({}, 3, server.user, "key-2")).jobs;
    // As if the server had died before one of the jobs was stored.
    const { sql } = await database.service;
    const listed = async () => (await server.call("jobs.list", list())).jobs.map(({ id }) => id);
    const before = await listed();
    await server.stop();
    for (const table of ["actor", "actor_event"]) {
      await sql`delete from ${sql(table)} where ${sql(table.length > 5 ? "actor_id" : "id")} = ${`job/${whole[1]!.id}`}`;
    }
    await sql`delete from job where id = ${whole[1]!.id}`;
    await server.start();
    const repeated = (await create({}, 3, server.user, "key-2")).jobs;
    expect(repeated.map(({ id, params }) => ({ id, params }))).toEqual(whole.map(({ id, params }) => ({ id, params })));
    expect(await listed()).toEqual(before);
  });

  test("the limit of open jobs holds however many calls come at once, and ended jobs do not count", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => create({}, 20)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    const error: unknown = await create({}, 11).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "quota_exceeded", details: { quota: "openJobs", limit: 50 } });
    expect((await create({}, 10)).jobs).toHaveLength(10);
    expect((await create({}, 5, other)).jobs).toHaveLength(5);
    const watch = await server.watch();
    const waiting = [...watch.jobs.values()].filter(({ state }) => state === "waitingForSlot").slice(0, 2);
    await server.call("jobs.cancel", { ids: waiting.map(({ id }) => id) });
    expect((await create({}, 2)).jobs).toHaveLength(2);
    expect(await codeOf(create({}))).toBe("quota_exceeded");
  });

  test("no job is let in whose asset would be one too many, and what was refused holds no place", async () => {
    const { query } = await database.service;
    await Effect.runPromise(
      query(
        (sql) => sql`
          insert into asset (id, owner_id, media_type, mime, name, size, width, height, sha256, origin, created_at)
          select ${`ast_${server.user}_`} || n, ${server.user}, 'image', 'image/png', 'one', 1, 1, 1, 'none', 'generation', n
          from generate_series(1, 10) n`,
      ),
    );
    expect((await create({}, 20)).jobs).toHaveLength(20);
    expect((await create({}, 20)).jobs).toHaveLength(20);
    const error: unknown = await create({}, 9).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "quota_exceeded", details: { quota: "assets", limit: 58 } });
    expect((await create({}, 8)).jobs).toHaveLength(8);
    expect(await codeOf(create({}))).toBe("quota_exceeded");
    expect((await create({}, 10, other)).jobs).toHaveLength(10);
  });

  test("an administrator limits one user: jobs a day however many calls come at once, open jobs, assets and accounts", async () => {
    const { query } = await database.service;
    await Effect.runPromise(
      query((sql) => sql`insert into app_user (id, username, role, created_at) values (${server.user}, ${server.user}, 'user', 0)`),
    );
    const none = { openJobs: null, jobsADay: null, assets: null, storage: null, accounts: null };
    const set = (changes: Partial<typeof none | Record<keyof typeof none, number>>) =>
      server.call("quotas.set", { userId: server.user, ...none, ...changes });
    expect(await set({ jobsADay: 7 })).toMatchObject({
      limits: { openJobs: 50, jobsADay: 7, assets: 58, accounts: 5 },
      own: { jobsADay: 7 },
    });
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => create({}, 3)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    const message =
      "At most 7 jobs a day are allowed and you have asked for 6 today, so 2 videos more cannot be asked for: ask for at most 1 today, or again after midnight UTC.";
    const error: unknown = await create({}, 2).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "quota_exceeded", message, details: { quota: "jobsADay", limit: 7 } });
    expect((await server.call("jobs.estimate", { request: request({}), count: 2 })).refusals).toEqual([message]);
    // What is refused for another reason is not counted.
    await set({ jobsADay: 100, assets: 6 });
    expect(await codeOf(create({}, 1))).toBe("quota_exceeded");
    expect((await server.call("quotas.get", {})).used).toMatchObject({ openJobs: 6, jobsADay: 6 });
    await set({ openJobs: 6 });
    expect(await codeOf(create({}))).toBe("quota_exceeded");
    await set({});
    expect((await create({}, 20)).jobs).toHaveLength(20);
    expect((await server.call("quotas.get", {})).used).toMatchObject({ openJobs: 26, jobsADay: 26, assets: 0, storage: 0, accounts: 0 });
    await set({ accounts: 0 });
    const { everybody, users } = await server.call("quotas.all", {});
    expect(everybody).toMatchObject({ openJobs: 50, assets: 58, accounts: 5 });
    expect(users).toContainEqual({ username: server.user, role: "user", ...(await server.call("quotas.get", {})) });
    expect(users.find(({ userId }) => userId === server.user)).toMatchObject({
      limits: { accounts: 0 },
      used: { openJobs: 26, jobsADay: 26 },
    });
    expect(await codeOf(server.call("quotas.get", { userId: server.user }, other))).toBe("forbidden");
    expect(await codeOf(server.call("quotas.set", { userId: "usr_nobody", ...none }))).toBe("not_found");
  });

  test("the list pages without gap or repeat, newest first", async () => {
    for (const count of [3, 2, 4]) await create({}, count);
    const seen: Array<string> = [];
    let cursor: string | undefined;
    do {
      const page = await server.call("jobs.list", { ...list(), limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.jobs.length).toBeLessThanOrEqual(2);
      seen.push(...page.jobs.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    const all = (await server.call("jobs.list", list())).jobs;
    expect(seen).toEqual(all.map(({ id }) => id));
    expect(all.map(({ createdAt }) => createdAt)).toEqual(all.map(({ createdAt }) => createdAt).sort((a, b) => b - a));
    expect(await codeOf(server.call("jobs.list", { ...list(), cursor: "!" }))).toBe("invalid_input");
  });

  test("the jobs of one call are listed in the order in which they were asked for, page by page, to followers, and where all of a batch are meant", async () => {
    const alone = (await create({})).jobs[0]!.id;
    const grid: Grid = {
      axes: [
        { by: "param", param: "duration", values: [3, 7, 9] },
        { by: "seed", values: [5, 6, 7, 8] },
      ],
      without: [],
    };
    const batch = { request: request({ scheduledFor: Date.now() + 3_600_000 }), count: 1, grid };
    const made = (await server.call("jobs.create", batch, server.user, "key-order")).jobs;
    const ids = made.map(({ id }) => id);
    expect(made.map(({ ordinal }) => ordinal)).toEqual(ids.map((_, index) => index));
    expect(new Set(made.map(({ createdAt }) => createdAt)).size).toBe(1);
    const again = (await server.call("jobs.retry", { ids, newSeed: false })).jobs.map(({ id }) => id);
    const newestFirst = [...ids.toReversed(), alone];
    const seen: Array<string> = [];
    let cursor: string | undefined;
    do {
      const page = await server.call("jobs.list", { ...list(), limit: 5, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.jobs.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual([...again.toReversed(), ...newestFirst]);
    const followed = domain.topics.jobs.snapshot.parse((await server.watch()).snapshots[0]);
    expect(followed.jobs.map(({ id }) => id)).toEqual(seen);
    const { batchId } = made[0]!;
    expect((await server.call("jobs.list", list({ batchId }))).jobs.map(({ id }) => id)).toEqual(ids.toReversed());
    expect((await server.call("jobs.prioritise", { ids: [], batchId: batchId!, priority: "next" })).done).toEqual(ids);
    // From where a list gave no more than the time and the id.
    const before = `${made[0]!.createdAt.toString(36)}.${ids[0]}`;
    expect((await server.call("jobs.list", { ...list(), cursor: before })).jobs.map(({ id }) => id)).toEqual([alone]);
  });

  test("the list filters by state, operation and words", async () => {
    server.shelf.put("ast_1", server.user);
    const fox = await create({ params: { prompt: "A fox in the SNOW" } });
    const later = await create({ params: { prompt: "100% wolf_cub" }, scheduledFor: Date.now() + 3_600_000, name: "Winter" });
    const image = await create({
      operation: "image_to_video",
      params: { prompt: "雪の狐" },
      inputs: [{ assetId: "ast_1", role: "image" }],
    });
    const found = async (filter: Parameters<typeof list>[0]) => (await server.call("jobs.list", list(filter))).jobs.map(({ id }) => id);
    expect(await found({ states: ["scheduled"] })).toEqual([later.jobs[0]!.id]);
    expect(await found({ operation: "image_to_video" })).toEqual([image.jobs[0]!.id]);
    expect(await found({ search: "snow fo" })).toEqual([fox.jobs[0]!.id]);
    expect(await found({ search: "0% winter" })).toEqual([later.jobs[0]!.id]);
    expect(await found({ search: "f_c" })).toEqual([later.jobs[0]!.id]);
    expect(await found({ search: "f%c" })).toEqual([]);
    expect(await found({ search: "狐" })).toEqual([image.jobs[0]!.id]);
    expect(await found({ search: "  " })).toHaveLength(3);
  });

  test("what belongs to another does not exist", async () => {
    const mine = (await create({})).jobs[0]!.id;
    expect(await codeOf(server.call("jobs.get", { id: mine }, other))).toBe("not_found");
    expect(await codeOf(server.call("jobs.cancel", { ids: [mine] }, other))).toBe("not_found");
    expect(await codeOf(server.call("jobs.retry", { ids: [mine], newSeed: false }, other))).toBe("not_found");
    const theirs = (await create({}, 1, other)).jobs[0]!.id;
    const outcome = await server.call("jobs.cancel", { ids: [theirs, mine] }, other);
    expect(outcome).toEqual({ done: [theirs], failed: [{ id: mine, message: "There is no such job." }] });
    expect((await server.call("jobs.list", list(), other)).jobs.map(({ id }) => id)).toEqual([theirs]);
    expect((await server.watch(other)).jobs.has(mine)).toBe(false);
  });

  test("many are cancelled with one call", async () => {
    const ids = (await create({}, 40)).jobs.map(({ id }) => id);
    const { done, failed } = await server.call("jobs.cancel", { ids: [...ids, ids[0]!] });
    expect(done.sort()).toEqual(ids.sort());
    expect(failed).toEqual([]);
    // Cancelling again changes nothing and is no error.
    expect((await server.call("jobs.cancel", { ids })).failed).toEqual([]);
  });

  test("nobody but an administrator asks for more urgency than the installation allows, however it is asked for", async () => {
    const refusal = async (call: Promise<unknown>) => issuesOf(await call.catch((error: unknown) => error));
    const words = "The most urgent priority that you may ask for is 1, and this is 0: an administrator may ask for it.";
    const inRequest = [{ path: ["request", "priority"], message: words }];
    expect(await refusal(create({ priority: 0 }))).toEqual(inRequest);
    expect(await refusal(server.call("jobs.estimate", { request: request({ priority: 0 }), count: 1 }))).toEqual(inRequest);
    const ids = (await create({ scheduledFor: Date.now() + 3_600_000 }, 2)).jobs.map(({ id }) => id);
    for (const call of ["jobs.prioritise", "jobs.arrange"] as const) {
      expect(await refusal(server.call(call, { ids, priority: 0 }))).toEqual([{ path: ["priority"], message: words }]);
      expect((await server.call(call, { ids, priority: 1 })).done).toEqual(ids);
    }
    expect(await server.call("quotas.get", {})).toMatchObject({ topPriority: 1 });
    // What was allowed stays, and is asked for again only as far as that is allowed still.
    server.admins.add(server.user);
    expect(await server.call("quotas.get", {})).toMatchObject({ topPriority: 0 });
    expect((await server.call("jobs.prioritise", { ids, priority: 0 })).done).toEqual(ids);
    server.admins.delete(server.user);
    // Nor is one put before the others by what was allowed to them.
    const next = (await create({ scheduledFor: Date.now() + 3_600_000 })).jobs[0]!;
    await server.call("jobs.prioritise", { ids: [next.id], priority: "next" });
    expect(await server.call("jobs.get", { id: next.id })).toMatchObject({ priority: 1 });
    expect((await server.call("jobs.arrange", { ids: ids.toReversed(), priority: 0 })).done).toEqual(ids.toReversed());
    expect((await server.call("jobs.retry", { ids: [ids[0]!], newSeed: false })).jobs).toMatchObject([{ priority: 1 }]);
  });

  test("a job that waits is replaced in its place, checked as when it was asked for, and not once it was sent", async () => {
    const scheduledFor = Date.now() + 3_600_000;
    const made = (await create({ scheduledFor, name: "Fox" }, 3)).jobs;
    const [first, job, later] = made.map(({ id }) => id) as [string, string, string];
    await server.call("jobs.prioritise", { ids: [job], priority: 3 });
    const before = await server.call("jobs.get", { id: job });
    const replace = (changes: Parameters<typeof request>[0], user = server.user) =>
      server.call("jobs.replace", { id: job, request: request(changes) }, user);
    const params = { prompt: "a hare {in the grass|in the snow}", duration: 3 };
    const now = await replace({ params, prompt: { variables: {}, seed: 7 }, priority: 5 });
    expect(now).toMatchObject({ id: job, state: "scheduled", priority: 3, scheduledFor, batchId: before.batchId, cell: null, name: null });
    expect(now.ordinal).toBe(1);
    expect(now.prompt).toMatch(/^a hare in the (?:grass|snow)$/);
    expect(now).toMatchObject({ template: { text: params.prompt }, params: { duration: 3 }, createdAt: before.createdAt });
    expect(await server.call("jobs.get", { id: job })).toEqual(now);

    const paths = async (changes: Parameters<typeof request>[0]) =>
      issuesOf(await replace(changes).catch((error: unknown) => error)).map(({ path }) => path.join("."));
    expect(await paths({ params: { prompt: "", duration: 99 } })).toEqual(["request.params.prompt", "request.params.duration"]);
    const from = (jobId: string) => ({
      operation: "image_to_video" as const,
      inputs: [{ jobId, frame: "last" as const, role: "image" as const }],
    });
    for (const id of [job, later]) expect(await paths(from(id))).toEqual(["request.inputs"]);
    expect(await replace(from(first))).toMatchObject({ operation: "image_to_video", inputs: [{ jobId: first }] });
    expect(await codeOf(replace({}, other))).toBe("not_found");
    expect((await server.call("jobs.get", { id: job })).operation).toBe("image_to_video");
    // Nor can one come to wait for itself where clocks differ: the other says that it came before.
    const { sql } = await database.service;
    await sql`update job set created_at = 0 where id = ${job}`;
    const error = await server.call("jobs.replace", { id: first, request: request(from(job)) }).catch((e: unknown) => e);
    expect(issuesOf(error).map(({ path }) => path.join("."))).toEqual(["request.inputs"]);

    // What somebody plays with is the story's.
    await sql`insert into scene (id, owner_id, title, format, body, nodes, edges, created_at, changed_at)
      values (${later}, ${server.user}, 'Story', 1, '{}', 0, 0, 0, 0)`;
    await sql`insert into scene_version (id, scene_id, owner_id, number, format, story, note, created_at)
      values (${later}, ${later}, ${server.user}, 1, 1, '{}', '', 0)`;
    await sql`
      insert into play_generation (job_id, result, round, attempt, asset_id, owner_id, version_id, scene_id, in_scene, node, session_id, player_id,
        credits, created_at)
      values (${later}, ${later}, 1, 1, 'ast_played', ${server.user}, ${later}, ${later}, 'scene', 'node', 'play', ${other}, 0, 0)`;
    expect(await codeOf(server.call("jobs.replace", { id: later, request: request({}) }))).toBe("conflict");

    // Those of other tests hold places still.
    studio.settings.concurrency = 1000;
    const seeded = { prompt: "a hare", seed: 5 };
    const sent = (await create({ params: seeded })).jobs[0]!;
    await (await server.watch()).state(sent.id, "processing");
    // Not even by the very same.
    for (const again of [{ prompt: "a hare" }, seeded]) {
      const late = await server.call("jobs.replace", { id: sent.id, request: request({ params: again }) }).catch((e: unknown) => e);
      expect(late).toMatchObject({ code: "conflict", message: "It has been sent already, and is made as it was: cancel it and ask anew." });
    }
  });

  test("a retry is a new job with the old one as its parent", async () => {
    server.shelf.put("ast_1", server.user);
    const source = {
      operation: "image_to_video" as const,
      inputs: [{ assetId: "ast_1", role: "image" as const }],
      name: "Fox",
      priority: 2,
    };
    const old = (await create({ ...source, scheduledFor: Date.now() + 60_000 })).jobs[0]!;
    const again = await server.call("jobs.retry", { ids: [old.id], newSeed: false });
    expect(again.jobs[0]).toMatchObject({
      parentJobId: old.id,
      hash: old.hash,
      params: old.params,
      name: "Fox",
      priority: 2,
      scheduledFor: null,
    });
    const fresh = await server.call("jobs.retry", { ids: [old.id], newSeed: true }, server.user, "key-3");
    expect(fresh.jobs[0]?.params["seed"]).not.toBe(old.params["seed"]);
    expect(fresh.jobs[0]?.hash).not.toBe(old.hash);
    const repeat = await server.call("jobs.retry", { ids: [old.id], newSeed: true }, server.user, "key-3");
    expect(repeat.jobs.map(({ id }) => id)).toEqual(fresh.jobs.map(({ id }) => id));
    expect(await codeOf(server.call("jobs.retry", { ids: [old.id], newSeed: false }, server.user, "key-3"))).toBe("idempotency_conflict");
    server.shelf.assets.delete("ast_1");
    const gone = await server.call("jobs.retry", { ids: [old.id, "job_nowhere"], newSeed: false });
    expect(gone.jobs).toEqual([]);
    expect(gone.failed.map(({ id }) => id).sort()).toEqual([old.id, "job_nowhere"].sort());
  });

  test("followers get counts and the newest page, then each changed row, newer with each step", async () => {
    const before = (await create({}, 3)).jobs;
    const watch = await server.watch();
    const parsed = domain.topics.jobs.snapshot.parse(watch.snapshots[0]);
    expect(Object.values(parsed.counts).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(parsed.jobs.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    const added = (await create({})).jobs[0]!;
    await watch.until(added.id, () => true);
    await server.call("jobs.cancel", { ids: [added.id] });
    await watch.ended(added.id);
    for (const change of watch.changes) domain.topics.jobs.delta.parse(change);
    const revs = watch.changes.filter(({ id }) => id === added.id).map(({ rev }) => rev);
    expect(revs).toEqual([...revs].sort((a, b) => a - b));
    expect(new Set(revs).size).toBe(revs.length);
  });
});

const list = (filter: Readonly<Record<string, unknown>> = {}) => domain.calls.list.input.parse({ filter });
