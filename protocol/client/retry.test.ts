import fc from "fast-check";
import { expect, test } from "vitest";
import { CallError, errorCatalogue, type ErrorCode } from "../wire/errors.ts";
import { retryWait } from "./retry.ts";

const codes = Object.keys(errorCatalogue) as Array<ErrorCode>;

test("only refusals of work that was not begun are tried again, a few times, after growing waits", () => {
  fc.assert(
    fc.property(fc.constantFrom(...codes), fc.nat(8), fc.double({ min: 0, max: 1, noNaN: true }), (code, tries, random) => {
      const wait = retryWait(new CallError(code, "m"), tries, random);
      const retried = ["overloaded", "unavailable", "rate_limited"].includes(code) && tries < 5;
      expect(wait !== null).toBe(retried);
      if (wait !== null) expect(wait).toBeGreaterThanOrEqual(125);
      if (wait !== null) expect(wait).toBeLessThanOrEqual(4000);
      if (retried) expect(errorCatalogue[code].retryable).toBe(true);
    }),
  );
});

test("a server that says how long to wait is believed, unless it says nothing of use", () => {
  expect(retryWait(new CallError("rate_limited", "m", { retryAfterMs: 9000 }), 0, 0)).toBe(9000);
  for (const details of [undefined, null, {}, { retryAfterMs: "soon" }, 3])
    expect(retryWait(new CallError("rate_limited", "m", details ?? undefined), 0, 0)).toBe(125);
});
