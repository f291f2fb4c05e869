// How somebody wants to watch: kept in this browser.
import * as z from "zod";
import { type ContentRating, contentRatings } from "#protocol/scene/scene.ts";
import { Language } from "#protocol/scene/value.ts";
import type { Keep } from "../net/local.ts";

export const speeds = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;
/** What time for a choice is multiplied by; null: there are no timers. */
export const stretches = [1, 3, null] as const;

const Settings = z.object({
  volume: z.number().min(0).max(1).catch(0.8),
  muted: z.boolean().catch(false),
  captions: z.boolean().catch(true),
  speed: z.literal(speeds).catch(1),
  timers: z.literal(stretches).catch(1),
  /** Null: the browser's. */
  language: Language.nullable().catch(null),
  /** Null: as the system says. */
  reducedMotion: z.boolean().nullable().catch(null),
  /** The highest that has been agreed to. */
  rating: z.enum(contentRatings).catch("everyone"),
});
export type Settings = z.infer<typeof Settings>;

/** Whether who has agreed to so much is asked before what has this rating. */
export const mustAgree = (rating: ContentRating, agreed: ContentRating): boolean =>
  contentRatings.indexOf(rating) > contentRatings.indexOf(agreed);

const name = "pixsim.player";

export const readSettings = (keep: Keep): Settings => {
  let kept: unknown;
  try {
    kept = JSON.parse(keep.getItem(name) ?? "{}");
  } catch {
    kept = {};
  }
  return Settings.parse(typeof kept === "object" && kept !== null ? kept : {});
};

export const writeSettings = (keep: Keep, settings: Settings): void => {
  try {
    keep.setItem(name, JSON.stringify(settings));
  } catch {
    // Full, or not allowed: they hold until the page is closed.
  }
};
