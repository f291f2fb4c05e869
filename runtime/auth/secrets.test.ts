import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, Layer } from "effect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSettings, Settings } from "../config/settings.ts";
import { Secrets } from "./secrets.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-secrets-"));
});
afterEach(() => rm(folder, { recursive: true }));

const secrets = Effect.suspend(() =>
  Effect.provide(Secrets, Secrets.layer.pipe(Layer.provide(Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder }))))),
);
const file = (name: string) => join(folder, "secrets", name);

test("secrets are different, random, of this user only, and stay the same", async () => {
  const made = await Effect.runPromise(secrets);
  expect(made.accessKey).toHaveLength(32);
  expect(made.mediaKey).not.toEqual(made.accessKey);
  expect((await readdir(join(folder, "secrets"))).sort()).toEqual(["access.key", "media.key"]);
  expect((await stat(file("access.key"))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, "secrets"))).mode & 0o777).toBe(0o700);
  expect(await Effect.runPromise(secrets)).toEqual(made);
});

test("processes that start at the same time get the same secrets", async () => {
  const [first, ...others] = await Effect.runPromise(
    Effect.all(
      Array.from({ length: 6 }, () => secrets),
      { concurrency: "unbounded" },
    ),
  );
  for (const other of others) expect(other).toEqual(first);
});

test("a secret that others may read is closed to them and goes on", async () => {
  const made = await Effect.runPromise(secrets);
  await chmod(file("media.key"), 0o644);
  expect(await Effect.runPromise(secrets)).toEqual(made);
  expect((await stat(file("media.key"))).mode & 0o777).toBe(0o600);
});

test("a damaged secret is not replaced quietly: a person is told what deleting it does", async () => {
  await Effect.runPromise(secrets);
  await writeFile(file("access.key"), "short");
  const error = await Effect.runPromise(Effect.flip(secrets));
  expect(error.message).toContain(`${file("access.key")} is damaged. Delete it to get a new one: everybody must sign in again`);
  expect(await readFile(file("access.key"), "utf8")).toBe("short");
});

test("a folder that cannot be made is told", async () => {
  await writeFile(join(folder, "secrets"), "");
  expect((await Effect.runPromise(Effect.flip(secrets))).message).toContain("cannot be read or made");
});
