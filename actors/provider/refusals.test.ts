import { Effect } from "effect";
import { expect, test } from "vitest";
import * as z from "zod";
import type { ProviderFailure } from "./provider.ts";
import { notYet, readAnswer, undecided } from "./refusals.ts";

test("an unreadable answer leaves open whether it was taken, a definite one does not", () => {
  expect(undecided({ kind: "provider", message: "A web page." }).kind).toBe("network");
  expect(undecided({ kind: "provider", message: "No URL.", unsent: true }).kind).toBe("provider");
  expect(undecided({ kind: "credits", message: "None." }).kind).toBe("credits");
});

test("the file of a finished video that is not there may come yet; every other failure stays what it is", () => {
  const lost: ProviderFailure = { kind: "lost", message: "404" };
  expect(notYet(lost)).toEqual({ kind: "network", message: "404" });
  expect(notYet(lost, "Not there yet.")).toEqual({ kind: "network", message: "Not there yet." });
  expect(notYet({ kind: "filtered", message: "Refused." }, "Not there yet.")).toEqual({ kind: "filtered", message: "Refused." });
});

test("an answer is what its schema makes of it, or the failure that was named", async () => {
  const schema = z.object({ id: z.string(), name: z.string().default("none") });
  const odd: ProviderFailure = { kind: "provider", message: "It is not as documented." };
  const read = (body: unknown) => readAnswer(schema, { status: 200, headers: {}, body }, odd);
  expect(await Effect.runPromise(read({ id: "a", more: 1 }))).toEqual({ id: "a", name: "none" });
  for (const body of [{ id: 1 }, null, "text"]) expect(await Effect.runPromise(Effect.flip(read(body)))).toBe(odd);
});
