// The state of one playthrough, what moves it on, and what a step tells. All of it is plain JSON. Pure.
import * as z from "zod";
import { Id } from "../../values.ts";
import { sceneLimits } from "../limits.ts";
import type { QuestStatus, RelationshipAxis, RelationshipTier } from "../rule.ts";
import type { NodeOf } from "../scene.ts";
import type { SceneValue } from "../value.ts";

/** A scene that runs. */
export interface Frame {
  readonly scene: string;
  /** Where it is. */
  readonly node: string;
  /** Parameters and variables of this call, as far as they were set. */
  readonly locals: Readonly<Record<string, SceneValue>>;
}

export type Playing =
  /** Of the node. */
  | { readonly kind: "segment"; readonly id: string }
  | { readonly kind: "generated"; readonly assetId: string }
  /** What the node says for when there is no result. */
  | { readonly kind: "fallback" }
  | { readonly kind: "placeholder" };

/** A picture that is an asset, or one of a video's. */
export interface PictureOf {
  readonly assetId: string;
  /** Of a video: what is seen then. Null: its end. */
  readonly atMs: number | null;
}

export interface OfferedChoice {
  readonly edge: string;
  /** One that is not is shown, and cannot be taken. */
  readonly open: boolean;
}

export type Ending =
  | { readonly kind: "end"; readonly name: string; readonly scene: string; readonly node: string }
  /** The scene that the story began with has returned. */
  | { readonly kind: "returned"; readonly point: string; readonly values: Readonly<Record<string, SceneValue>> }
  /** Nothing led on. */
  | { readonly kind: "deadEnd"; readonly scene: string; readonly node: string };

export type Waiting =
  | {
      readonly for: "media";
      /** One after the other. Empty: there is a caption alone. */
      readonly playing: ReadonlyArray<Playing>;
      /** Of a progression. */
      readonly step: number | null;
      readonly choices: ReadonlyArray<OfferedChoice>;
      /** The choice that is taken at the end. */
      readonly pending: string | null;
    }
  | { readonly for: "choice"; readonly choices: ReadonlyArray<OfferedChoice> }
  | { readonly for: "generation"; readonly key: string; readonly tries: number }
  | { readonly for: "minigame"; readonly seed: number }
  | { readonly for: "nothing"; readonly ending: Ending };

export type Relationship = Readonly<Record<RelationshipAxis, number>>;
export interface QuestState {
  readonly status: QuestStatus;
  readonly objectives: Readonly<Record<string, number>>;
}

/** What was never set is not in it: it is as it was declared. */
export interface PlayState {
  readonly format: 1;
  /** Inputs that were taken, but those that only brought what is not waited for yet. */
  readonly turn: number;
  /** State of chance. */
  readonly random: number;
  /** Innermost last. */
  readonly frames: ReadonlyArray<Frame>;
  readonly waiting: Waiting;
  readonly variables: Readonly<Record<string, SceneValue>>;
  readonly flags: Readonly<Record<string, boolean>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly items: Readonly<Record<string, number>>;
  readonly relationships: Readonly<Record<string, Relationship>>;
  readonly quests: Readonly<Record<string, QuestState>>;
  /** World time, minutes since the beginning: which is midnight. */
  readonly minutes: number;
  /** How often nodes were come to of which something asks that, by `scene/node`. */
  readonly visits: Readonly<Record<string, number>>;
  /** How often a choice was taken that is open once, by `scene/edge`. */
  readonly taken: Readonly<Record<string, number>>;
  /** Assets by the keys of their demands. */
  readonly generated: Readonly<Record<string, string>>;
  /** What is seen last of what was played, where some generation goes on from that; absent as long as nothing was. */
  readonly seen?: PictureOf;
  /** What was achieved, with the turn in which it was; absent as long as nothing is. */
  readonly achieved?: Readonly<Record<string, number>>;
}

const turn = z.int().min(0);

/** What a player does. `turn`: of the state that it is meant for; one for another is refused. */
export const PlayerInput = z.discriminatedUnion("type", [
  /** What was played is over; a caption alone: it was read. */
  z.object({ type: z.literal("ended"), turn }),
  z.object({ type: z.literal("choose"), turn, edge: Id }),
  /** The next step of a progression. */
  z.object({ type: z.literal("progress"), turn }),
  z.object({ type: z.literal("minigame"), turn, score: z.int().min(0).max(1_000_000), durationMs: z.int().min(0).max(86_400_000) }),
  z.object({ type: z.literal("skip"), turn }),
]);
export type PlayerInput = z.infer<typeof PlayerInput>;

/** Also what happens to a playthrough without its player. What is generated comes when it comes, and has its key. */
export const PlayInput = z.discriminatedUnion("type", [
  ...PlayerInput.options,
  /** The time for the choice is over. */
  z.object({ type: z.literal("timeout"), turn }),
  /** May come before it is waited for; then it is kept, and the turn stays: who chooses meanwhile is not too late. */
  z.object({ type: z.literal("generated"), key: z.string().max(sceneLimits.text * 2), assetId: Id }),
  z.object({ type: z.literal("generationFailed"), key: z.string().max(sceneLimits.text * 2) }),
]);
export type PlayInput = z.infer<typeof PlayInput>;

/** What a generation node asks for. */
export interface Demand {
  /** The same for the same result. */
  readonly key: string;
  readonly scene: string;
  readonly node: string;
  readonly strategy: NodeOf<"generation">["strategy"];
  readonly provider: string | null;
  readonly prompt: string;
  readonly style: string;
  readonly durationMs: number;
  /** What it goes on from; null: words alone. */
  readonly picture: PictureOf | null;
  readonly constraints: NodeOf<"generation">["constraints"];
  /** From 1. */
  readonly attempt: number;
}

export type PlayOutput =
  | { readonly type: "entered"; readonly scene: string; readonly node: string }
  | { readonly type: "taken"; readonly scene: string; readonly edge: string }
  /** Chosen, and taken at the end of the clip. */
  | { readonly type: "chosen"; readonly scene: string; readonly edge: string }
  | { readonly type: "play"; readonly scene: string; readonly node: string; readonly playing: ReadonlyArray<Playing> }
  | { readonly type: "called"; readonly scene: string }
  | { readonly type: "returned"; readonly scene: string; readonly point: string }
  | { readonly type: "demand"; readonly demand: Demand }
  | { readonly type: "minigame"; readonly scene: string; readonly node: string; readonly seed: number }
  | { readonly type: "quest"; readonly quest: string; readonly status: QuestStatus }
  | { readonly type: "tier"; readonly character: string; readonly tier: RelationshipTier }
  | { readonly type: "achieved"; readonly achievement: string }
  | { readonly type: "ended"; readonly ending: Ending };

export type RefusalCode =
  /** It was meant for another turn. */
  | "stale"
  /** The state is not one of this story. */
  | "other_story"
  /** The playthrough is over. */
  | "ended"
  /** This choice cannot be taken now. */
  | "not_open"
  /** Nothing waits for this. */
  | "not_expected"
  /** No player can have had this result. */
  | "impossible"
  /** The story goes round without ever waiting. */
  | "too_many_steps"
  /** Scenes call one another without end. */
  | "too_many_calls"
  /** There is nowhere to begin. */
  | "no_start";

/** A refused input leaves the state as it was. */
export type Played =
  | { readonly ok: true; readonly state: PlayState; readonly outputs: ReadonlyArray<PlayOutput> }
  | { readonly ok: false; readonly refusal: { readonly code: RefusalCode; readonly message: string } };
