import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Effect, Layer } from "effect";
import { TestClock } from "effect/testing";
import { afterAll, expect, test } from "vitest";
import { readSettings, Settings } from "../config/settings.ts";
import { Pool } from "../pool/pool.ts";
import { Blobs } from "./blobs.ts";
import { diskError } from "./disk.ts";
import { hashFile } from "./hash.ts";
import { localBlobs } from "./local.ts";
import { Parts } from "./parts.ts";
import { removeStaged } from "./staged.ts";

const root = mkdtempSync(join(tmpdir(), "pixsim-blobs-"));
afterAll(() => rmSync(root, { recursive: true }));

let count = 0;
const freshFolder = (): string => join(root, `data-${++count}`);

/** `beside`: settings of the database whose rows tell of the blobs. */
const run = <A, E>(folder: string, effect: Effect.Effect<A, E, Blobs | Parts | Pool>, beside = {}): Promise<A> =>
  Effect.runPromise(
    Effect.provide(
      effect,
      Layer.mergeAll(localBlobs, Parts.layer, TestClock.layer()).pipe(
        Layer.provideMerge(Pool.layer),
        Layer.provide(Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder, ...beside }))),
      ),
    ),
  );

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const adopt = Effect.fnUntraced(function* (bytes: Uint8Array) {
  const blobs = yield* Blobs;
  const path = blobs.stage("file.bin");
  writeFileSync(path, bytes);
  return { path, ref: yield* blobs.adopt(path) };
});

test("a file moves in under its hash", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      const bytes = randomBytes(3_000_000);
      const { path, ref } = yield* adopt(bytes);
      expect(ref).toEqual({ sha256: sha256(bytes), size: bytes.length });
      expect(existsSync(path)).toBe(false);
      expect(readFileSync(blobs.path(ref.sha256)).equals(bytes)).toBe(true);
      expect(blobs.path(ref.sha256)).toContain(join("blobs", ref.sha256.slice(0, 2), ref.sha256.slice(2)));
      expect(yield* blobs.has(ref.sha256)).toBe(true);
      expect(yield* blobs.has("0".repeat(64))).toBe(false);
    }),
  ));

const postgres = { DATABASE_URL: "postgres://nobody@127.0.0.1/pixsim" };
test.each([
  ["embedded", {}],
  ["postgres", postgres],
])("a file that was settled before moves in, and one that is gone is not (%s)", (_, beside) =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      const path = blobs.stage("file.bin");
      writeFileSync(path, "bytes");
      yield* blobs.settle(path);
      const { sha256: name } = yield* blobs.adopt(path, undefined, true);
      expect(readFileSync(blobs.path(name), "utf8")).toBe("bytes");
      expect(yield* Effect.flip(blobs.adopt(path))).toMatchObject({ code: "unavailable" });
    }),
    beside,
  ),
);

test("beside PostgreSQL the disk is waited for, and says what it lacks", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      expect(yield* Effect.flip(blobs.settle(blobs.stage("gone.bin")))).toMatchObject({ code: "unavailable" });
    }),
    postgres,
  ));

test("a second copy of the same bytes makes no second file", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      const [a, b] = yield* Effect.all([adopt(Buffer.from("same")), adopt(Buffer.from("same"))], { concurrency: "unbounded" });
      expect(a.ref).toEqual(b.ref);
      expect(existsSync(b.path)).toBe(false);
      expect((yield* blobs.list).map((blob) => blob.sha256)).toEqual([a.ref.sha256]);
    }),
  ));

test("a damaged blob is replaced when its bytes come again", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      const { ref } = yield* adopt(Buffer.from("whole"));
      writeFileSync(blobs.path(ref.sha256), "wh");
      yield* adopt(Buffer.from("whole"));
      expect(readFileSync(blobs.path(ref.sha256), "utf8")).toBe("whole");
    }),
  ));

test("what a killed server was making is swept at the next start; what a living one makes, blobs and parts stay", async () => {
  const folder = freshFolder();
  const staging = join(folder, "blobs", "staging");
  const ref = await run(
    folder,
    Effect.gen(function* () {
      mkdirSync(join(staging, "of-a-dead-one"));
      writeFileSync(join(staging, "of-a-dead-one", "half.mp4"), "half");
      const part = yield* (yield* Parts).open("upl_1");
      yield* part.append(Buffer.from("first bytes"));
      yield* part.close;
      return (yield* adopt(Buffer.from("kept"))).ref;
    }),
  );
  await run(
    folder,
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      const making = blobs.stage("half.mp4");
      writeFileSync(making, "half");
      yield* Effect.promise(() => run(folder, Effect.void));
      expect(readFileSync(making, "utf8")).toBe("half");
      expect(readdirSync(staging)).toEqual([basename(dirname(making))]);
      expect(yield* blobs.has(ref.sha256)).toBe(true);
      const parts = yield* Parts;
      expect(yield* parts.size("upl_1")).toBe(11);
      const part = yield* parts.open("upl_1");
      yield* part.append(Buffer.from(", more"));
      expect(part.size()).toBe(17);
      yield* part.close;
      expect(readFileSync(parts.path("upl_1"), "utf8")).toBe("first bytes, more");
      expect(yield* parts.list).toEqual(["upl_1"]);
      yield* parts.remove("upl_1");
      expect(yield* parts.size("upl_1")).toBeUndefined();
    }),
  );
});

test("a blob that was stored again is not taken for an old one", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      const { ref } = yield* adopt(Buffer.from("once"));
      yield* TestClock.adjust("2 hours");
      const cutoff = 3_600_000;
      yield* adopt(Buffer.from("once"));
      yield* blobs.remove(ref.sha256, cutoff);
      expect(yield* blobs.has(ref.sha256)).toBe(true);
      expect(yield* blobs.list).toEqual([{ ...ref, adoptedAt: 7_200_000 }]);
      yield* blobs.remove(ref.sha256, 7_200_001);
      expect(yield* blobs.has(ref.sha256)).toBe(false);
      yield* blobs.remove(ref.sha256);
    }),
  ));

test("a name with folders in it does not leave the staging folder", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      expect(blobs.stage("../../etc/passwd")).toMatch(/staging\/[0-9a-f-]{36}\/[0-9a-f-]{36}-passwd$/);
    }),
  ));

test("clears a staged file and those made from it, and no others", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      const [mine, other] = [blobs.stage("derived"), blobs.stage("derived")];
      for (const path of [mine, `${mine}-poster.webp`, `${other}-poster.webp`]) writeFileSync(path, "x");
      yield* removeStaged(mine);
      expect([existsSync(mine), existsSync(`${mine}-poster.webp`), existsSync(`${other}-poster.webp`)]).toEqual([false, false, true]);
    }),
  ));

test("a file that is gone is an error to try again, not a blob", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const error = yield* Effect.flip((yield* Blobs).adopt("/nowhere/file"));
      expect(error).toMatchObject({ code: "unavailable" });
      expect(yield* Effect.flip(hashFile(yield* Pool, "/nowhere/file"))).toMatchObject({ code: "unavailable" });
    }),
  ));

test("a large file is hashed in a thread, a small one in place", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const pool = yield* Pool;
      const path = join(root, "large.bin");
      const large = Buffer.alloc(8 * 1024 * 1024 + 1, "large");
      writeFileSync(path, large.subarray(1));
      expect(yield* hashFile(pool, path)).toEqual({ sha256: sha256(large.subarray(1)), size: large.length - 1 });
      expect(pool.stats().ended.done).toBe(0);
      writeFileSync(path, large);
      expect(yield* hashFile(pool, path)).toEqual({ sha256: sha256(large), size: large.length });
      expect(pool.stats().ended.done).toBe(1);
    }),
  ));

test("a data folder that cannot be made says so at start", async () => {
  const folder = freshFolder();
  mkdirSync(root, { recursive: true });
  writeFileSync(folder, "a file where the folder should be");
  await expect(run(folder, Effect.void)).rejects.toMatchObject({ code: "unavailable" });
});

test("each refusal of the disk says what a person can do", () => {
  for (const code of ["ENOSPC", "EROFS", "EACCES", "EPERM", "EDQUOT"]) {
    const error = diskError(Object.assign(new Error("no"), { code }));
    expect(error.code).toBe("storage_full");
    expect(error.message).toMatch(/then try again\.$/);
  }
  expect(diskError(Object.assign(new Error("no"), { code: "EIO" }))).toMatchObject({ code: "unavailable" });
});

test("asks for room before an upload begins", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const parts = yield* Parts;
      expect(yield* Effect.flip(parts.room(Number.MAX_SAFE_INTEGER))).toMatchObject({ code: "storage_full" });
      yield* parts.room(1);
    }),
  ));

test.runIf(existsSync("/proc/self/comm"))("bytes that come leave the room alone that is kept for others", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const parts = yield* Parts;
      // It takes all that is written, on a disk that has no room.
      symlinkSync("/proc/self/comm", parts.path("upl_1"));
      const part = yield* parts.open("upl_1");
      const bytes = Buffer.alloc(17 * 1024 * 1024, "n");
      expect(yield* Effect.flip(part.append(bytes))).toMatchObject({ code: "storage_full", message: expect.stringContaining("no room") });
      expect(part.size()).toBe(0);
      yield* part.close;
    }),
  ),
);

test.runIf(existsSync("/dev/full"))("a disk that fills up while bytes come is a storage_full", () =>
  run(
    freshFolder(),
    Effect.gen(function* () {
      const parts = yield* Parts;
      symlinkSync("/dev/full", parts.path("upl_1"));
      const part = yield* parts.open("upl_1");
      expect(yield* Effect.flip(part.append(Buffer.from("bytes")))).toMatchObject({
        code: "storage_full",
        message: expect.stringContaining("full"),
      });
      expect(part.size()).toBe(0);
      yield* part.close;
    }),
  ),
);
