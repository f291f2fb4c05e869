import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import type { Form } from "#actors/job/form.ts";
import { PlayBudget } from "#protocol/play.ts";
import type { Demand } from "#protocol/scene/play/state.ts";
import { aheadOf, fitsBudget } from "./budget.ts";
import { generationJobId, requestOf, resultOf, stands } from "./demand.ts";

const few = fc.constantFrom("a", "b");
const anyDemand: fc.Arbitrary<Demand> = fc.record({
  key: few,
  scene: fc.constant("scn_1"),
  node: fc.constant("dream"),
  strategy: fc.constantFrom("once", "per_playthrough", "per_player", "always"),
  provider: fc.constant(null),
  prompt: fc.constantFrom("a fox", ""),
  style: fc.constantFrom("oil", ""),
  durationMs: fc.integer({ min: 500, max: 120_000 }),
  picture: fc.constant(null),
  constraints: fc.constant({}),
  attempt: fc.integer({ min: 1, max: 2 }),
});
const anyAsker = fc.record({ versionId: few, sessionId: few, playerId: few });

test("a result is shared by those for whom its node says that it is good, and by nobody else", () => {
  fc.assert(
    fc.property(anyDemand, anyDemand, anyAsker, anyAsker, (one, other, who, whom) => {
      const second = { ...other, strategy: one.strategy };
      const sameAsker = {
        once: who.versionId === whom.versionId,
        per_player: who.versionId === whom.versionId && who.playerId === whom.playerId,
        per_playthrough: who.sessionId === whom.sessionId,
        always: who.sessionId === whom.sessionId,
      }[one.strategy];
      const sameWords = one.prompt === second.prompt && one.style === second.style;
      const same = sameAsker && sameWords && one.key === second.key;
      expect(resultOf(one, who) === resultOf(second, whom)).toBe(same);
      expect(generationJobId(resultOf(one, who), 1) === generationJobId(resultOf(second, whom), 1)).toBe(same);
    }),
  );
});

const formOf = (params: z.ZodObject): Form => ({
  schema: { ...z.toJSONSchema(params, { io: "input" }) },
  check: params,
  seed: null,
  prompt: "words",
});

test("a provider is asked for a length that it has, the nearest", () => {
  const any = { words: z.string() };
  const forms = [
    formOf(z.object({ ...any, duration: z.int().min(2).max(15).default(5) })),
    formOf(z.object({ ...any, duration: z.number().min(1).max(10) })),
    formOf(z.object({ ...any, duration: z.literal([4, 8, 12]).default(4) })),
    formOf(z.object(any)),
  ];
  fc.assert(
    fc.property(anyDemand, fc.constantFrom(...forms), (demand, form) => {
      const { params } = requestOf(demand, { form, provider: "test" }, "A story");
      expect(form.check.safeParse(params).error).toBeUndefined();
    }),
  );
  const asked = (durationMs: number) => {
    const [demand] = fc.sample(anyDemand, 1);
    return requestOf({ ...demand!, durationMs, prompt: "a fox", style: "oil" }, { form: forms[2]!, provider: "test" }, "").params;
  };
  expect([5000, 6500, 60_000].map(asked)).toEqual([4, 8, 12].map((duration) => ({ duration, words: "a fox, oil" })));
});

test("however many are asked for one after the other, no budget is exceeded", () => {
  const anyBudget = fc.record({
    playthrough: fc.nat(5),
    playerDay: fc.nat(5),
    storyDay: fc.nat(5),
    creditsDay: fc.nat(20),
  });
  fc.assert(
    fc.property(anyBudget, fc.array(fc.nat(6), { maxLength: 10 }), fc.boolean(), (budget, costs, paid) => {
      let had: PlayBudget = { playthrough: 0, playerDay: 0, storyDay: 0, creditsDay: 0 };
      for (const cost of costs) {
        if (!fitsBudget(PlayBudget.parse(budget), had, { credits: cost, paid })) continue;
        const { playthrough, playerDay, storyDay, creditsDay } = had;
        had = { playthrough: playthrough + 1, playerDay: playerDay + 1, storyDay: storyDay + 1, creditsDay: creditsDay + cost };
      }
      for (const what of ["playthrough", "playerDay", "storyDay", "creditsDay"] as const)
        expect(had[what]).toBeLessThanOrEqual(budget[what]);
      if (paid && budget.creditsDay === 0) expect(had.storyDay).toBe(0);
    }),
  );
});

test("what is made ahead takes no more than half, and nothing of a single clip", () => {
  expect(aheadOf({ playthrough: 1, playerDay: 3, storyDay: 4, creditsDay: 5 })).toEqual({
    playthrough: 0,
    playerDay: 1,
    storyDay: 2,
    creditsDay: 2.5,
  });
});

test("what is late is not asked for again, and what failed only by a further attempt, or long after", () => {
  const hour = 3_600_000;
  const row = (state: string | null, attempt: number, finished_at: number | null) => ({ state, attempt, finished_at });
  for (const late of [row(null, 1, null), row("queued", 1, null), row("paused", 1, null), row("completed", 1, 0)])
    expect(stands(late, 3, 9 * hour)).toBe(true);
  for (const state of ["failed", "timedOut", "cancelled", "filtered"]) {
    expect([1, 2, 3].map((wanted) => stands(row(state, 2, 0), wanted, hour))).toEqual([true, true, false]);
    expect(stands(row(state, 2, 0), 1, hour + 1)).toBe(state === "filtered");
  }
});
