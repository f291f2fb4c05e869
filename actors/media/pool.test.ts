// Real children, killed and starved on purpose: what the pool promises whatever happens to them.
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Deferred, Effect, Exit, Fiber, Layer, Logger, References, type Scope } from "effect";
import { TestClock } from "effect/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import type { MediaChild } from "./child-process.ts";
import { makeLane, type Share, type Turn } from "./lane.ts";
import { Media, MediaError, type RenderSpec } from "./media.ts";
import { mediaPool, turnsOf } from "./pool.ts";
import { makeClip } from "./testing.ts";

const order = (prompt: string, params: Readonly<Record<string, unknown>> = {}): RenderSpec => ({
  operation: "text_to_video",
  params: { prompt, duration: 1, quality: "360p", ...params },
  inputs: [],
});

const quiet = Logger.layer([]);

/** The pids of this process' children that run the media child. */
const mediaChildren = async (): Promise<ReadonlyArray<number>> => {
  const found: Array<number> = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = await readFile(`/proc/${name}/stat`, "utf8");
      const command = await readFile(`/proc/${name}/cmdline`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(parent) === process.pid && state !== "Z" && command.includes("actors/media/child.ts")) found.push(Number(name));
    } catch {
      // It ended while it was looked at.
    }
  }
  return found;
};

describe("the media pool", () => {
  let folder: string;
  const clip = () => join(folder, "clip.mp4");

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-pool-"));
    await makeClip(clip());
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const withMedia = <A, E>(use: (media: Media["Service"]) => Effect.Effect<A, E, Scope.Scope>, renderers = "1"): Promise<A> =>
    Effect.runPromise(
      Effect.scoped(Effect.flatMap(Media, use)).pipe(
        Effect.provide(
          mediaPool().pipe(
            Layer.provide(Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder, PIXSIM_RENDERERS: renderers }))),
            Layer.merge(quiet),
          ),
        ),
      ),
    );

  it("probes, derives, takes frames and renders in children, and ends them with itself", async () => {
    let stage = 0;
    await withMedia((media) =>
      Effect.gen(function* () {
        const output = join(folder, "drawn.mp4");
        const told: Array<number> = [];
        yield* media.render(order("a boat"), output, (fraction) => told.push(fraction));
        expect(told.at(-1)).toBe(1);
        const facts = yield* media.probe(output);
        expect(facts).toMatchObject({ width: 640, height: 360, durationMs: 1000, fps: 24, audioCodec: null });
        const derived = yield* media.derive(output, facts, (name) => join(folder, `${name}-${++stage}`));
        expect(derived.files.map(({ role }) => role)).toContain("poster");
        const picture = join(folder, "frame.png");
        expect(yield* media.frame(output, 500, picture)).toMatchObject({ timeMs: 500, width: 640, height: 360 });
        expect((yield* media.probe(picture)).mediaType).toBe("image");
        expect((yield* Effect.promise(mediaChildren)).length).toBeGreaterThan(0);
      }),
    );
    expect(await mediaChildren()).toEqual([]);
  });

  it("tells what is wrong with a file that is no video", async () => {
    const path = join(folder, "text.mp4");
    await writeFile(path, "not a video at all, whatever its name says");
    const error = await withMedia((media) => Effect.flip(media.probe(path)));
    expect(error).toMatchObject({ reason: "unsupported" });
  });

  it("does short tasks while a render goes on, and stops the render when it is interrupted, leaving no file", async () => {
    const output = join(folder, "stopped.mp4");
    await withMedia((media) =>
      Effect.gen(function* () {
        const begun = yield* Deferred.make<void>();
        const rendering = yield* Effect.forkChild(
          media.render(order("a long one", { duration: 15, quality: "540p" }), output, () => Deferred.doneUnsafe(begun, Effect.void)),
        );
        yield* Deferred.await(begun);
        expect((yield* media.probe(clip())).mediaType).toBe("video");
        yield* Fiber.interrupt(rendering);
        expect((yield* Effect.promise(() => readdir(folder))).filter((name) => name.startsWith("stopped"))).toEqual([]);
        // The lane is free again.
        yield* media.render(order("a short one"), join(folder, "after.mp4"), () => {});
      }),
    );
  });

  it("renders no more at a time than there are cores, whatever is set", async () => {
    const concurrency = (renderers: string) =>
      Effect.runPromise(
        Effect.scoped(Effect.map(Media, (media) => media.concurrency)).pipe(
          Effect.provide(
            mediaPool().pipe(Layer.provide(Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder, PIXSIM_RENDERERS: renderers })))),
          ),
        ),
      );
    expect(await concurrency("0")).toBe(availableParallelism());
    expect(await concurrency("64")).toBe(availableParallelism());
    expect(await concurrency("1")).toBe(1);
  });

  it("has no more children than there are cores, whatever they do", async () => {
    await withMedia(
      (media) =>
        Effect.gen(function* () {
          const long = order("a long one", { duration: 15, quality: "540p" });
          const drawing = yield* Effect.forEach(Array.from({ length: media.concurrency }), (_, index) =>
            Effect.gen(function* () {
              const begun = yield* Deferred.make<void>();
              const output = join(folder, `full${index}.mp4`);
              const fiber = yield* Effect.forkChild(media.render(long, output, () => Deferred.doneUnsafe(begun, Effect.void)));
              yield* Deferred.await(begun);
              return fiber;
            }),
          );
          const probing = yield* Effect.forkChild(media.probe(clip()), { startImmediately: true });
          expect(yield* Effect.promise(mediaChildren)).toHaveLength(availableParallelism());
          yield* Effect.forEach(drawing, Fiber.interrupt, { concurrency: "unbounded" });
          expect((yield* Fiber.join(probing)).mediaType).toBe("video");
          expect((yield* Effect.promise(mediaChildren)).length).toBeLessThanOrEqual(availableParallelism());
        }),
      "0",
    );
  });

  it("fails a task whose child was killed, starts another, and refuses the file that ended two", async () => {
    // Reading from a pipe waits until something comes: a file that hangs its reader.
    const trap = join(folder, "trap");
    execFileSync("/usr/bin/env", ["mkfifo", trap]);
    const facts = { mediaType: "image", mime: "image/png", width: 1, height: 1 } as const;
    const deriveOf = (media: Media["Service"]) => media.derive(trap, facts, () => join(folder, "trapped"));
    const workAndKill = (media: Media["Service"]) =>
      Effect.gen(function* () {
        const working = yield* Effect.forkChild(Effect.flip(deriveOf(media)));
        // Opening the other end completes once the child reads.
        const writer = yield* Effect.promise(() => open(trap, "w"));
        for (const pid of yield* Effect.promise(mediaChildren)) process.kill(pid, "SIGKILL");
        const error = yield* Fiber.join(working);
        yield* Effect.promise(() => writer.close());
        return error;
      });
    await withMedia((media) =>
      Effect.gen(function* () {
        expect(yield* workAndKill(media)).toMatchObject({ reason: "crashed" });
        expect((yield* media.probe(clip())).mediaType).toBe("video");
        expect(yield* workAndKill(media)).toMatchObject({ reason: "unsupported" });
        expect(yield* Effect.flip(deriveOf(media))).toMatchObject({ reason: "unsupported" });
        expect((yield* media.probe(clip())).mediaType).toBe("video");
      }),
    );
  });

  it("leaves no child behind when the server is killed", async () => {
    const server: ChildProcess = fork(new URL("./pool-victim.ts", import.meta.url), [folder], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const [pids] = (await once(server, "message")) as [ReadonlyArray<number>];
    expect(pids.length).toBeGreaterThan(0);
    server.kill("SIGKILL");
    const gone = async (pid: number): Promise<boolean> => {
      try {
        const stat = await readFile(`/proc/${pid}/stat`, "utf8");
        return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
      } catch {
        return true;
      }
    };
    for (const pid of pids) while (!(await gone(pid))) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("a lane of children", () => {
  const idleChild = (): MediaChild => ({ alive: () => true, run: () => Effect.never, kill: Effect.void });
  const lane = makeLane({ size: 1, bound: 2, idleMs: 60_000, spawn: idleChild });
  const share = { most: 8 };
  const turn = (priority: number, of: Share = share): Turn => ({ task: "test", share: of, priority });
  const inLane = <A, E>(work: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
    Effect.runPromise(Effect.provide(Effect.scoped(work), quiet));

  it("lets the more urgent go first, and refuses more than may wait", async () => {
    const done: Array<string> = [];
    await inLane(
      Effect.gen(function* () {
        const { use } = yield* lane;
        const gate = yield* Deferred.make<void>();
        const first = yield* Effect.forkChild(
          use(turn(1), () => Deferred.await(gate)),
          { startImmediately: true },
        );
        const note = (name: string) => () => Effect.sync(() => void done.push(name));
        const late = yield* Effect.forkChild(use(turn(2), note("late")), { startImmediately: true });
        const urgent = yield* Effect.forkChild(use(turn(0), note("urgent")), { startImmediately: true });
        expect(yield* Effect.flip(use(turn(0), note("refused")))).toBeInstanceOf(MediaError);
        yield* Deferred.succeed(gate, undefined);
        yield* Effect.forEach([first, late, urgent], Fiber.join);
      }),
    );
    expect(done).toEqual(["urgent", "late"]);
  });

  it("never has more children than its size, and gives each one task at a time, whatever their shares", async () => {
    let spawned = 0;
    let working = 0;
    let most = 0;
    const counted = makeLane({ size: 2, bound: 10, idleMs: 60_000, spawn: () => (spawned++, idleChild()) });
    await inLane(
      Effect.gen(function* () {
        const { use } = yield* counted;
        const busy = new Set<MediaChild>();
        const task = (child: MediaChild) =>
          Effect.gen(function* () {
            expect(busy.has(child)).toBe(false);
            busy.add(child);
            most = Math.max(most, ++working);
            yield* Effect.yieldNow;
            working--;
            busy.delete(child);
          });
        const shares = [{ most: 2 }, { most: 2 }, { most: 1 }];
        const first = Array.from({ length: 12 }, (_, index) =>
          Effect.forkChild(use(turn(index % 4, shares[index % 3]), task), { startImmediately: true }),
        );
        yield* Effect.forEach(yield* Effect.all(first), Fiber.join);
      }),
    );
    expect({ spawned, most }).toEqual({ spawned: 2, most: 2 });
  });

  it("gives a child to tasks like those that it did before, and any child where there is no such", async () => {
    const on = new Map<string, MediaChild>();
    await inLane(
      Effect.gen(function* () {
        const { use } = yield* makeLane({ size: 2, bound: 10, idleMs: 60_000, spawn: idleChild });
        const note = (name: string) => (child: MediaChild) => Effect.sync(() => void on.set(name, child));
        const [drawing, reading, other] = [{ most: 2 }, { most: 2 }, { most: 2 }];
        yield* use(turn(0, drawing), note("drawing"));
        yield* use(turn(0, reading), note("reading"));
        yield* use(turn(0, drawing), note("drawing again"));
        yield* use(turn(0, other), note("other"));
      }),
    );
    expect(on.get("reading")).not.toBe(on.get("drawing"));
    expect(on.get("drawing again")).toBe(on.get("drawing"));
    expect([on.get("drawing"), on.get("reading")]).toContain(on.get("other"));
  });

  it("gives its place to the next when one that waits is interrupted", async () => {
    const exit = await Effect.runPromiseExit(
      Effect.scoped(
        Effect.gen(function* () {
          const { use } = yield* lane;
          const gate = yield* Deferred.make<void>();
          const first = yield* Effect.forkChild(
            use(turn(1), () => Deferred.await(gate)),
            { startImmediately: true },
          );
          const waiting = yield* Effect.forkChild(
            use(turn(1), () => Effect.never),
            { startImmediately: true },
          );
          yield* Fiber.interrupt(waiting);
          yield* Deferred.succeed(gate, undefined);
          yield* Fiber.join(first);
          return yield* use(turn(1), () => Effect.succeed("served"));
        }),
      ),
    );
    expect(exit).toEqual(Exit.succeed("served"));
  });

  it("logs each task once when it begins and once when it ends, with how and after what time", async () => {
    const lines: Array<unknown> = [];
    const record = Logger.make<unknown, void>(({ message, fiber }) => {
      lines.push([...(message as ReadonlyArray<unknown>), fiber.getRef(References.CurrentLogAnnotations)]);
    });
    await inLane(
      Effect.gen(function* () {
        const { use } = yield* lane;
        yield* Effect.annotateLogs(
          use({ ...turn(0), task: "probe" }, () => TestClock.adjust("250 millis")),
          { job: "job_1" },
        );
        yield* Effect.flip(use({ ...turn(0), task: "derive" }, () => Effect.fail(new MediaError({ reason: "storage", message: "full" }))));
        const begun = yield* Deferred.make<void>();
        const stopped = yield* Effect.forkChild(
          use({ ...turn(0), task: "render" }, () => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)),
        );
        yield* Deferred.await(begun);
        yield* Fiber.interrupt(stopped);
      }).pipe(Effect.provide([Logger.layer([record]), TestClock.layer()]), Effect.provideService(References.MinimumLogLevel, "Debug")),
    );
    expect(lines).toEqual([
      ["worker:start", { task: "probe" }, { job: "job_1" }],
      ["worker:complete", { task: "probe", outcome: "done", durationMs: 250 }, { job: "job_1" }],
      ["worker:start", { task: "derive" }, {}],
      ["worker:complete", { task: "derive", outcome: "storage", durationMs: 0 }, {}],
      ["worker:start", { task: "render" }, {}],
      ["worker:complete", { task: "render", outcome: "stopped", durationMs: 0 }, {}],
    ]);
  });

  describe("shared as the pool shares it", () => {
    type Name = keyof ReturnType<typeof turnsOf>;

    /** Begins tasks in a lane for so many cores that end when they are told to; answers which are at work. */
    const shared = (cores: number, renders: number) =>
      Effect.gen(function* () {
        const { use } = yield* makeLane({ size: cores, bound: 100, idleMs: 60_000, spawn: idleChild });
        const turns = turnsOf(cores, renders);
        const working: Array<{ readonly name: Name; readonly gate: Deferred.Deferred<void> }> = [];
        return {
          begin: (...names: ReadonlyArray<Name>) =>
            Effect.forEach(
              names,
              (name) => {
                const gate = Deferred.makeUnsafe<void>();
                const entry = { name, gate };
                const work = Effect.andThen(
                  Effect.sync(() => working.push(entry)),
                  Deferred.await(gate),
                ).pipe(Effect.ensuring(Effect.sync(() => working.splice(working.indexOf(entry), 1))));
                return Effect.forkChild(
                  use(turns[name], () => work),
                  { startImmediately: true },
                );
              },
              { discard: true },
            ),
          end: (name: Name) =>
            Effect.gen(function* () {
              const at = working.find((each) => each.name === name);
              expect(at).toBeDefined();
              const before = working.length;
              if (at !== undefined) yield* Deferred.succeed(at.gate, undefined);
              while (at !== undefined && working.includes(at)) yield* Effect.yieldNow;
              for (let turn = 0; turn < 10 && working.length < before; turn++) yield* Effect.yieldNow;
            }),
          working: () => working.map(({ name }) => name).sort(),
        };
      });

    it("never has more at work than there are cores", () =>
      inLane(
        Effect.gen(function* () {
          for (const cores of [1, 2, 4]) {
            const { begin, working } = yield* shared(cores, cores);
            yield* begin("film", "film", "film", "render", "render", "render", "render", "derive", "probe", "frame", "derive");
            expect(working()).toHaveLength(cores);
          }
        }),
      ));

    it("takes files in beside a film, and films one after another, on two cores", () =>
      inLane(
        Effect.gen(function* () {
          const { begin, end, working } = yield* shared(2, 2);
          yield* begin("film", "film");
          expect(working()).toEqual(["film"]);
          for (const task of ["probe", "derive", "frame"] as const) {
            yield* begin(task);
            expect(working()).toEqual(["film", task].sort());
            yield* end(task);
          }
          yield* begin("render");
          expect(working()).toEqual(["film", "render"]);
          yield* begin("probe", "render");
          yield* end("render");
          expect(working()).toEqual(["film", "probe"]);
        }),
      ));

    it("checks a file while what follows for another is made, on two cores, and goes on drawing beside both", () =>
      inLane(
        Effect.gen(function* () {
          const { begin, end, working } = yield* shared(2, 2);
          yield* begin("later", "later", "probe", "render");
          expect(working()).toEqual(["later", "probe"]);
          yield* end("probe");
          expect(working()).toEqual(["later", "render"]);
          yield* end("later");
          expect(working()).toEqual(["later", "render"]);
        }),
      ));

    it("goes on drawing beside a flood of files", () =>
      inLane(
        Effect.gen(function* () {
          const { begin, end, working } = yield* shared(2, 2);
          yield* begin("derive", "derive", "probe", "probe", "render", "render");
          expect(working()).toEqual(["derive", "render"]);
          yield* end("render");
          expect(working()).toEqual(["derive", "render"]);
          yield* end("derive");
          expect(working()).toEqual(["probe", "render"]);
        }),
      ));

    it.each(["later", "laterFilm"] as const)("draws in its turn beside a flood of files and of what follows for others (%s)", (follows) =>
      inLane(
        Effect.gen(function* () {
          const { begin, end, working } = yield* shared(2, 2);
          yield* begin(follows, "derive", follows, "render", follows, follows, "probe", "probe");
          expect(working()).toEqual(["derive", follows]);
          yield* end(follows);
          expect(working()).toEqual(["derive", follows]);
          yield* end(follows);
          expect(working()).toEqual(["derive", "render"]);
          yield* end("derive");
          expect(working()).toEqual(["probe", "render"]);
          yield* end("render");
          expect(working()).toEqual([follows, "probe"].sort());
        }),
      ),
    );
  });
});
