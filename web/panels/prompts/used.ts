// The history of used prompts as it is shown: pages that follow one another, and what is used meanwhile. Pure.
import type { CallOutput } from "#protocol/contract.ts";

export type Used = CallOutput<"prompts.history">;

/** With the page behind what is there. */
export const withOlder = ({ used }: Used, page: Used): Used => ({ used: [...used, ...page.used], next: page.next });

/**
 * With the first page as it is now; what is still the same is the same object, so that its row stays. What was read behind it stays where the two
 * meet; where more came meanwhile than a page has, it is read again.
 */
export const withNewer = (before: Used, { used, next }: Used): Used => {
  const known = new Map(before.used.map((each) => [JSON.stringify(each), each]));
  const first = used.map((each) => known.get(JSON.stringify(each)) ?? each);
  const jobs = new Set(before.used.map(({ jobId }) => jobId));
  const texts = new Set(used.map(({ text }) => text));
  const behind = before.used.filter(({ text }) => !texts.has(text));
  const meets = used.some(({ jobId }) => jobs.has(jobId));
  return meets && behind.length > 0 ? { used: [...first, ...behind], next: before.next } : { used: first, next };
};
