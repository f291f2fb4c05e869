import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock, Effect, Result } from "effect";
import { afterAll, expect, test } from "vitest";
import type { ProviderFailure, ProviderInput, ProviderRequest } from "../provider.ts";
import { asTheyAre } from "../testing.ts";
import { falModels, falOperations } from "./fal.ts";
import { type Catalogue, expected, isSame, prepare, sentSince } from "./submission.ts";

const folder = mkdtempSync(join(tmpdir(), "pixsim-submission-"));
afterAll(() => rmSync(folder, { recursive: true }));

const catalogue: Catalogue = { operations: falOperations, models: falModels };
const picture = (role: ProviderInput["role"], name: string): ProviderInput => {
  const path = join(folder, `${name}.png`);
  writeFileSync(path, name);
  return { role, name, path, mime: "image/png", mediaType: "image", sha256: name, timeMs: null, made: null };
};
const order: ProviderRequest = {
  operation: "fusion",
  params: { prompt: "@a and @b", model: "seedance-2.0" },
  inputs: [picture("subject", "a"), picture("subject", "b")],
};
const placed = (input: ProviderInput) => Effect.succeed(`https://files/${input.name}`);

test("the same submission is known by what was sent, wherever its files were put", async () => {
  const sent = await Effect.runPromise(prepare(catalogue, "key/1", order, asTheyAre, placed));
  const again = await Effect.runPromise(expected(catalogue, "key/1", order));
  expect(sent.input["image_urls"]).toEqual(["https://files/a", "https://files/b"]);
  expect(isSame(again, sent.input)).toBe(true);
  expect(isSame(again, { ...sent.input, image_urls: ["data:…", "https://elsewhere"], fps: 24 })).toBe(true);
});

test("another submission is another: another key, prompt, number of files, or one that says less", async () => {
  const { input } = await Effect.runPromise(prepare(catalogue, "key/1", order, asTheyAre, placed));
  const again = await Effect.runPromise(expected(catalogue, "key/1", order));
  const { seed: _, ...less } = input;
  const others: ReadonlyArray<unknown> = [
    (await Effect.runPromise(prepare(catalogue, "key/2", order, asTheyAre, placed))).input,
    { ...input, prompt: "else" },
    { ...input, image_urls: ["https://files/a"] },
    less,
    {},
    null,
    "text",
  ];
  for (const other of others) expect(isSame(again, other)).toBe(false);
});

test("a file that cannot be put where the provider finds it means that nothing was asked for", async () => {
  const failure: ProviderFailure = { kind: "network", message: "It broke." };
  const result = await Effect.runPromise(Effect.result(prepare(catalogue, "key", order, asTheyAre, () => Effect.fail(failure))));
  expect(Result.isFailure(result) ? result.failure : null).toEqual({ ...failure, unsent: true });
});

test("the provider's clock decides what is old, where it is behind ours", async () => {
  const since = (headers: Readonly<Record<string, string>>): Promise<number> =>
    Effect.runPromise(
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis;
        const date = headers["date"] === undefined ? {} : { date: new Date(now + Number(headers["date"])).toUTCString() };
        return (yield* sentSince({ status: 200, headers: date, body: null }, now)) - now;
      }),
    );
  // Where it is ahead ours may have been set back since.
  for (const headers of [{}, { date: "3600000" }]) expect(await since(headers)).toBe(-300_000);
  const behind = await since({ date: "-3600000" });
  expect(behind).toBeGreaterThan(-3_600_000 - 302_000);
  expect(behind).toBeLessThanOrEqual(-3_600_000 - 300_000);
});
