// What a person has chosen of players once and for all.
import { createMemo, type Accessor } from "solid-js";
import * as z from "zod";
import type { Preferences } from "#web/store/preferences.ts";

const key = "player";
const standard = { loop: true, muted: false };
const PlayerChoices = z.object({ loop: z.boolean().catch(standard.loop), muted: z.boolean().catch(standard.muted) }).catch(standard);
type PlayerChoices = z.infer<typeof PlayerChoices>;

export const createPlayerChoices = (
  preferences: Preferences,
): readonly [choices: Accessor<PlayerChoices>, choose: (change: Partial<PlayerChoices>) => void] => {
  const choices = createMemo(() => PlayerChoices.parse(preferences.get(key) ?? {}));
  return [choices, (change) => preferences.set(key, { ...choices(), ...change })];
};
