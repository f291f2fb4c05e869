import { expect, test } from "vitest";
import { allEnded } from "./all-ended.ts";

test("gives all results, and a failure only when the other parts have ended", async () => {
  expect(await allEnded([Promise.resolve(1), "a"])).toEqual([1, "a"]);
  let end = (): void => {};
  let ended = false;
  const slow = new Promise<void>((resolve) => (end = resolve)).then(() => void (ended = true));
  const outcome = allEnded([slow, Promise.reject(new Error("full"))]).catch((error: unknown) => ({ error, ended }));
  await new Promise((resolve) => setImmediate(resolve));
  end();
  expect(await outcome).toEqual({ error: new Error("full"), ended: true });
});
