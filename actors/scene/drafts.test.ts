import { expect, test } from "vitest";
import { bodyOf, clip } from "#protocol/scene/testing.ts";
import { makeDrafts } from "./drafts.ts";

const large = bodyOf({ nodes: Array.from({ length: 500 }, (_, at) => clip(`n${at}`)) });
const row = (id: string, draft = 1, changedAt = 5) => ({ id, draft, created_at: 1, changed_at: changedAt });

test("the draft of one change is kept, and of no other", () => {
  const drafts = makeDrafts();
  drafts.keep(row("a"), large);
  expect(drafts.of(row("a"))).toBe(large);
  expect([row("b"), row("a", 2), row("a", 1, 6), { ...row("a"), created_at: 2 }].map(drafts.of)).toEqual(Array(4).fill(undefined));
  drafts.keep(row("a", 2), bodyOf({ nodes: [clip("n")] }));
  expect([drafts.of(row("a")), drafts.of(row("a", 2))]).toEqual([undefined, undefined]);
});

test("of many, those that were edited last are kept", () => {
  const drafts = makeDrafts();
  for (let at = 0; at < 8; at++) drafts.keep(row(`${at}`), large);
  drafts.keep(row("0", 2), large);
  drafts.keep(row("8"), large);
  expect([drafts.of(row("0", 2)), drafts.of(row("1")), drafts.of(row("2"))]).toEqual([large, undefined, large]);
});
