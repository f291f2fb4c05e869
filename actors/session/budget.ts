// Budgets of stories, and what was had of them, as rows and as players' owners see them. Pure.
import { fits } from "#actors/spend/context.ts";
import type { GenerationCounts } from "#db/queries/play-generation.ts";
import type { PlayBudget } from "#protocol/play.ts";

export const budgetOf = ({ playthrough, player_day, story_day, credits_day }: GenerationCounts): PlayBudget => ({
  playthrough,
  playerDay: player_day,
  storyDay: story_day,
  creditsDay: credits_day,
});

export const budgetRow = ({ playthrough, playerDay, storyDay, creditsDay }: PlayBudget): GenerationCounts => ({
  playthrough,
  player_day: playerDay,
  story_day: storyDay,
  credits_day: creditsDay,
});

/** Of a budget, what may be spent on where nobody may come to: the rest is kept for where somebody is. */
export const aheadOf = ({ playthrough, playerDay, storyDay, creditsDay }: PlayBudget): PlayBudget => ({
  playthrough: Math.floor(playthrough / 2),
  playerDay: Math.floor(playerDay / 2),
  storyDay: Math.floor(storyDay / 2),
  creditsDay: creditsDay / 2,
});

/**
 * Whether there is room for one more clip. `had`: in this playthrough, and today. What an account pays for is never free, also where its
 * provider does not say what it charges.
 */
export const fitsBudget = (
  budget: PlayBudget,
  had: PlayBudget,
  { credits, paid }: { readonly credits: number; readonly paid: boolean },
): boolean =>
  had.playthrough < budget.playthrough &&
  had.playerDay < budget.playerDay &&
  had.storyDay < budget.storyDay &&
  (!(paid || credits > 0) || fits(had.creditsDay, credits, budget.creditsDay));
