import { expect, test } from "vitest";
import { withNewer, withOlder, type Used } from "./used.ts";

/** Named like the job that each was used for last. */
const page = (names: string, next: string | null): Used => ({
  used: [...names].map((text) => ({ text: text.toLowerCase(), negative: "", jobs: 1, lastUsedAt: 1, jobId: `job_${text}` })),
  next,
});
const told = ({ used, next }: Used) => [used.map(({ jobId }) => jobId.slice(4)).join(""), next];

test("older ones stand behind what is there", () => {
  expect(told(withOlder(page("abc", "c"), page("de", null)))).toEqual(["abcde", null]);
});

test("what was used meanwhile stands first, once, before what was read behind the first page", () => {
  expect(told(withNewer(page("abcdef", "f"), page("xab", "b")))).toEqual(["xabcdef", "f"]);
  // One that was used again has another job.
  expect(told(withNewer(page("abcdef", "f"), page("Eab", "b")))).toEqual(["Eabcdf", "f"]);
  expect(told(withNewer(page("abc", null), page("xab", "b")))).toEqual(["xabc", null]);
  expect(told(withNewer(page("abc", "c"), page("Cab", "b")))).toEqual(["Cab", "b"]);
  expect(told(withNewer(page("", null), page("x", null)))).toEqual(["x", null]);
});

test("where more came than a page has, what is behind is read again, so that nothing is missing in between", () => {
  expect(told(withNewer(page("abcdef", "f"), page("xyz", "z")))).toEqual(["xyz", "z"]);
  expect(told(withNewer(page("abcdef", "f"), page("ABC", "C")))).toEqual(["ABC", "C"]);
});

test("what is as it was is the same object, what was used again is not", () => {
  const before = page("abc", null);
  const after = withNewer(before, page("Cab", null));
  expect(after.used.map((each) => before.used.includes(each))).toEqual([false, true, true]);
});
