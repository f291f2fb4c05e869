import { spawn } from "node:child_process";
import { Cause, Effect, Layer } from "effect";
import { describe, expect, test } from "vitest";
import { readSettings, Settings } from "../config/settings.ts";
import { Log, logLayer } from "./log.ts";
import { streamOutput } from "./output.ts";

type Line = Readonly<Record<string, unknown>>;

/** What is written and queued while an effect runs. */
const logged = async (effect: Effect.Effect<unknown, unknown>, environment: Readonly<Record<string, string>> = {}) => {
  const lines: Array<Line> = [];
  const layer = logLayer({
    service: "test",
    output: streamOutput({ write: (line) => lines.push(JSON.parse(line) as Line) }),
  }).pipe(Layer.provide(Layer.succeed(Settings, readSettings({ PIXSIM_ENV: "tests", ...environment }))));
  const queued = await Effect.runPromise(
    Effect.provide(
      Effect.gen(function* () {
        yield* Effect.exit(effect);
        const { queue } = yield* Log;
        return queue.peek(100);
      }),
      layer,
    ),
  );
  return { lines, queued };
};

describe("a line", () => {
  test("has the fields that every line has, its context, and the rest as it was given", async () => {
    const { lines, queued } = await logged(
      Effect.logInfo("provider:submit", { provider: "studio", account: null, attempt: 2 }).pipe(
        Effect.annotateLogs({ job: "job_1", user: "usr_1", connection: "con_1", durationMs: 12.5 }),
      ),
    );
    expect(lines).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        service: "test",
        env: "tests",
        msg: "provider:submit",
        stage: "provider:submit",
        job: "job_1",
        user: "usr_1",
        provider: "studio",
        durationMs: 12.5,
        connection: "con_1",
        attempt: 2,
      },
    ]);
    expect(queued).toMatchObject([{ level: "info", msg: "provider:submit", context: { job: "job_1" }, fields: { attempt: 2 } }]);
  });

  test("of a job's actor is found by the job; of a span, has its duration", async () => {
    const { lines } = await logged(
      Effect.logWarning("stepped", "twice", 3).pipe(Effect.annotateLogs("actor", "job/job_7"), Effect.withLogSpan("step")),
    );
    expect(lines).toMatchObject([
      { level: "warn", msg: "stepped twice 3", job: "job_7", actor: "job/job_7", durationMs: expect.any(Number) },
    ]);
  });

  test("tells an error from wherever it came", async () => {
    const error = new TypeError("no such place");
    const { lines } = await logged(
      Effect.gen(function* () {
        yield* Effect.logError("by cause", Cause.die(error));
        yield* Effect.logError("by value", error);
        yield* Effect.annotateLogs(Effect.logError("by name"), { error });
        yield* Effect.annotateLogs(Effect.logError("by text"), { error: "no such place" });
        yield* Effect.logError("tagged", Cause.fail({ _tag: "DatabaseError", reason: "full" }));
      }),
    );
    for (const line of lines.slice(0, 3))
      expect(line["error"]).toMatchObject({ type: "TypeError", message: "no such place", stack: expect.stringContaining("log.test.ts") });
    expect(lines[3]!["error"]).toEqual({ type: "string", message: "no such place" });
    expect(lines[4]!["error"]).toMatchObject({ type: "DatabaseError", message: expect.stringContaining("full") });
  });

  test("carries no secret, wherever one hides, on either way", async () => {
    const secret = "hunter22hunter22";
    const { lines, queued } = await logged(
      Effect.logInfo(`opened postgres://me:${secret}@db/x`, { nested: [{ refreshToken: secret }] }).pipe(
        Effect.annotateLogs({
          password: secret,
          headers: { Authorization: `Bearer ${secret}` },
          error: new Error(`token=${secret}`),
          user: `Bearer ${secret}`,
        }),
      ),
    );
    expect(JSON.stringify(lines) + JSON.stringify(queued)).not.toContain(secret);
    expect(lines).toHaveLength(1);
  });

  test("cannot be broken by names that lines have themselves", async () => {
    const { lines } = await logged(Effect.annotateLogs(Effect.logInfo("m"), { level: "fake", time: 0, msg: "other", env: "e", stage: 5 }));
    expect(lines).toMatchObject([{ level: "info", msg: "m", env: "tests", level_: "fake", time_: 0, msg_: "other", env_: "e" }]);
  });

  test("that cannot be written disturbs nobody and is counted", async () => {
    const layer = logLayer({
      output: streamOutput({
        write: () => {
          throw new Error("no");
        },
      }),
    }).pipe(Layer.provide(Layer.succeed(Settings, readSettings({}))));
    const dropped = await Effect.runPromise(
      Effect.provide(
        Effect.andThen(
          Effect.logInfo("m"),
          Effect.map(Log, (log) => log.dropped()),
        ),
        layer,
      ),
    );
    expect(dropped).toBe(1);
  });
});

describe("levels", () => {
  const all = Effect.all([Effect.logTrace("t"), Effect.logDebug("d"), Effect.logInfo("i"), Effect.logWarning("w"), Effect.logError("e")]);
  test.each([
    ["trace", 5],
    ["debug", 4],
    ["info", 3],
    ["warn", 2],
    ["error", 1],
    ["silent", 0],
  ])("%s lets %d of five lines through, and only info and above are stored", async (PIXSIM_LOG_LEVEL, count) => {
    const { lines, queued } = await logged(all, { PIXSIM_LOG_LEVEL });
    expect(lines).toHaveLength(count);
    expect(queued).toHaveLength(Math.min(count, 3));
  });

  test("nothing is queued where nothing is stored", async () => {
    const { lines, queued } = await logged(all, { PIXSIM_LOG_DATABASE: "0" });
    expect(lines).toHaveLength(3);
    expect(queued).toEqual([]);
  });
});

describe("the standard output of a process", () => {
  const source = (body: string) => `
    import { Effect, Layer } from "effect";
    import { readSettings, Settings } from "#runtime/config/settings.ts";
    import { logLayer } from "#runtime/observe/log.ts";
    const log = logLayer().pipe(Layer.provide(Layer.succeed(Settings, readSettings({}))));
    await Effect.runPromise(Effect.provide(${body}, log));
    process.stderr.write("done");`;
  const run = (body: string, read: (child: ReturnType<typeof spawn>) => void) =>
    new Promise<{ readonly code: number | null; readonly errors: string }>((resolve) => {
      const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", source(body)], { stdio: ["ignore", "pipe", "pipe"] });
      let errors = "";
      child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
      read(child);
      child.on("close", (code) => resolve({ code, errors }));
    });

  test("has every line by the end of the process", async () => {
    let text = "";
    const { code, errors } = await run(`Effect.forEach(Array.from({ length: 2000 }), (_, n) => Effect.logInfo("line", { n }))`, (child) =>
      child.stdout!.on("data", (chunk: Buffer) => (text += chunk.toString())),
    );
    expect({ code, errors }).toEqual({ code: 0, errors: "done" });
    const numbers = text
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly n: number }).n);
    expect(numbers).toEqual(Array.from({ length: 2000 }, (_, n) => n));
  });

  test("may be closed by its reader without an end to the work", async () => {
    const { code, errors } = await run(
      `Effect.logInfo("line").pipe(Effect.andThen(Effect.sleep(2)), Effect.repeat({ times: 100 }))`,
      (child) => child.stdout!.once("data", () => child.stdout!.destroy()),
    );
    expect({ code, errors }).toEqual({ code: 0, errors: "done" });
  });
});
