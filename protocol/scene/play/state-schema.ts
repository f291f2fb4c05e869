// The state of a playthrough as it travels. Who evaluates it trusts its types: what comes from elsewhere than a server of one's own is parsed
// by this first. Pure.
import * as z from "zod";
import { Id } from "../../values.ts";
import { QuestStatus, RelationshipAxis } from "../rule.ts";
import { SceneValue } from "../value.ts";
import type { PlayState } from "./state.ts";

const values = z.record(z.string(), SceneValue);
const counts = z.record(z.string(), z.number());
const choices = z.array(z.object({ edge: Id, open: z.boolean() }));

const Playing = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("segment"), id: Id }),
  z.object({ kind: z.literal("generated"), assetId: Id }),
  z.object({ kind: z.literal("fallback") }),
  z.object({ kind: z.literal("placeholder") }),
]);

const Ending = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("end"), name: z.string(), scene: Id, node: Id }),
  z.object({ kind: z.literal("returned"), point: z.string(), values }),
  z.object({ kind: z.literal("deadEnd"), scene: Id, node: Id }),
]);

const Waiting = z.discriminatedUnion("for", [
  z.object({ for: z.literal("media"), playing: z.array(Playing), step: z.int().nullable(), choices, pending: Id.nullable() }),
  z.object({ for: z.literal("choice"), choices }),
  z.object({ for: z.literal("generation"), key: z.string(), tries: z.int() }),
  z.object({ for: z.literal("minigame"), seed: z.number() }),
  z.object({ for: z.literal("nothing"), ending: Ending }),
]);

/** What `protocol/scene/play/` evaluates: the same on the server and in a player. */
export const PlayStateJson: z.ZodType<PlayState> = z.object({
  format: z.literal(1),
  turn: z.int().min(0),
  random: z.number(),
  frames: z.array(z.object({ scene: Id, node: Id, locals: values })),
  waiting: Waiting,
  variables: values,
  flags: z.record(z.string(), z.boolean()),
  counters: counts,
  items: counts,
  relationships: z.record(z.string(), z.record(RelationshipAxis, z.number())),
  quests: z.record(z.string(), z.object({ status: QuestStatus, objectives: counts })),
  minutes: z.number(),
  visits: counts,
  taken: counts,
  generated: z.record(z.string(), Id),
  seen: z.object({ assetId: Id, atMs: z.number().nullable() }).exactOptional(),
  achieved: counts.exactOptional(),
});
