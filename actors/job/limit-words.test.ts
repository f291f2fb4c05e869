import { expect, it } from "vitest";
import { dayWords, openWords } from "./limit-words.ts";

it.each([
  [
    5,
    1,
    3,
    "At most 3 of your jobs may be open and 1 is, so 5 videos more cannot be asked for: ask for at most 2 now, or wait for some to end.",
  ],
  [1, 3, 3, "At most 3 of your jobs may be open and 3 are, so one video more cannot be asked for: wait for some to end or cancel some."],
  [4, 5, 3, "At most 3 of your jobs may be open and 5 are, so 4 videos more cannot be asked for: ask for at most 3 once these have ended."],
])("%d more beside %d open of at most %d", (jobs, open, limit, words) => expect(openWords(jobs, open, limit)).toBe(words));

it.each([
  [
    5,
    98,
    100,
    "At most 100 jobs a day are allowed and you have asked for 98 today, so 5 videos more cannot be asked for: ask for at most 2 today, or again after midnight UTC.",
  ],
  [
    1,
    100,
    100,
    "At most 100 jobs a day are allowed and you have asked for 100 today, so one video more cannot be asked for: ask again after midnight UTC.",
  ],
])("%d more on a day with %d of at most %d", (jobs, made, limit, words) => expect(dayWords(jobs, made, limit)).toBe(words));
