// What a playthrough knows of itself. What the evaluator decides comes in as moves; each names how many went before it, so that of two that
// were made at once only the first counts. The journal has all moves, from which any earlier place is found again. Pure, JSON only.
import type { ActorEvent } from "#protocol/actor.ts";
import type { ChoicePoint, PlaySave, PlayTimers } from "#protocol/play.ts";
import type { PlayRecord } from "#protocol/scene/play/flow.ts";
import { patched, type PlayPatch } from "#protocol/scene/play/patch.ts";
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import type { SceneValue } from "#protocol/scene/value.ts";

export const sessionLimits = {
  /** Choices to which a playthrough can be rewound. */
  choices: 50,
  saves: 20,
  /** Tokens of inputs by which a repeat is known. */
  tokens: 8,
  /** Of one playthrough, of all that is told to it: with so many only reading and deleting are left. */
  entries: 20_000,
  /** So much longer somebody has who wants more time. */
  stretch: 3,
  /** That happen in a row without the player: of one who has gone, a story that goes round by itself ends there. After so many nobody is hurried. */
  unattended: 20,
  /** After so many nothing is generated either: later, so that a story stops at what its player can answer, unless it only generates. */
  alone: 40,
  /** Between the end of the time for a choice and its decision, ms: what was chosen at the last moment is still on its way. */
  graceMs: 250,
} as const;

/** What it was begun with; never changes. */
export interface SessionOrder {
  readonly id: string;
  readonly versionId: string;
  readonly sceneId: string;
  readonly title: string;
  /** By which it was begun; absent: the story is the player's own. */
  readonly linkId?: string;
  readonly seed: number;
  readonly parameters: Readonly<Record<string, SceneValue>>;
}

/** How long the player has from now on, ms; null: as long as they like; `goesOn`: as before. */
export type Hurry = number | null | "goesOn";

export interface PlayMove {
  readonly input: PlayInput;
  readonly patch: PlayPatch;
  readonly hurry: Hurry;
  /** The choice that was made, as a place to go back to. */
  readonly choice: { readonly scene: string; readonly node: string; readonly edge: string } | null;
}

export interface SessionContext {
  readonly order: SessionOrder;
  readonly ownerId: string;
  readonly language: string;
  readonly timers: PlayTimers;
  readonly play: PlayState;
  /** Taken so far, those that were rewound and rewinding itself included: the number of a place. */
  readonly moves: number;
  /** How often it was rewound. */
  readonly branch: number;
  /** Of the latest inputs. */
  readonly tokens: ReadonlyArray<string>;
  /** The latest, oldest first. */
  readonly choices: ReadonlyArray<ChoicePoint>;
  readonly saves: ReadonlyArray<PlaySave>;
  /** The time for the open choice, as the story has it, ms, and since when. */
  readonly hurry: { readonly ms: number; readonly at: number } | null;
  /** Moves since the player's last one; none where it is absent: playthroughs were stored before this was counted. */
  readonly unattended?: number | null;
  readonly startedAt: number;
}

export interface SessionInput {
  readonly order: SessionOrder;
  readonly ownerId: string;
  readonly language: string;
  readonly timers: PlayTimers;
  /** Where the story begins. */
  readonly play: PlayState;
  readonly hurry: number | null;
  readonly at: number;
}

export interface MovedEvent extends PlayMove {
  readonly type: "session.moved";
  /** Moves before it. */
  readonly base: number;
  /** Null: it is not the player's. */
  readonly token: string | null;
}

export interface RewoundEvent {
  readonly type: "session.rewound";
  readonly base: number;
  readonly place: number;
  readonly play: PlayState;
  readonly choices: ReadonlyArray<ChoicePoint>;
  readonly hurry: number | null;
  /** By which it is known that this one was taken; absent in old ones. */
  readonly token?: string;
}

export type SessionEvent =
  | MovedEvent
  | RewoundEvent
  | { readonly type: "session.saved"; readonly id: string; readonly name: string }
  | { readonly type: "session.saveDropped"; readonly id: string }
  | { readonly type: "session.settled"; readonly language: string | null; readonly timers: PlayTimers | null }
  /** The player is there, and it had stopped where they can do nothing. */
  | { readonly type: "session.returned" }
  /** Who played as a guest has an account now. */
  | { readonly type: "session.adopted"; readonly ownerId: string }
  | { readonly type: "session.deleted" };

export const initialSession = ({ order, ownerId, language, timers, play, hurry, at }: SessionInput): SessionContext => ({
  order,
  ownerId,
  language,
  timers,
  play,
  moves: 0,
  branch: 0,
  tokens: [],
  choices: [],
  saves: [],
  hurry: hurry === null ? null : { ms: hurry, at },
  unattended: 0,
  startedAt: at,
});

const withToken = ({ tokens }: SessionContext, token: string | null): ReadonlyArray<string> =>
  token === null ? tokens : [...tokens, token].slice(-sessionLimits.tokens);

/** Whether the move was made where the playthrough is. */
export const isNext = ({ moves }: SessionContext, { base }: { readonly base: number }): boolean => base === moves;

export const moved = (context: SessionContext, event: PlayMove & { readonly token: string | null }, at: number): SessionContext => {
  const { patch, hurry, choice, token } = event;
  const play = patched(context.play, patch);
  // What is brought before it is waited for leaves the playthrough where it was.
  const alone = play.turn === context.play.turn ? 0 : 1;
  return {
    ...context,
    play,
    moves: context.moves + 1,
    tokens: withToken(context, token),
    unattended: token === null ? (context.unattended ?? 0) + alone : 0,
    choices:
      choice === null ? context.choices : [...context.choices, { place: context.moves, ...choice, at }].slice(-sessionLimits.choices),
    hurry: hurry === "goesOn" ? context.hurry : hurry === null ? null : { ms: hurry, at },
  };
};

export const rewound = (context: SessionContext, { play, choices, hurry, token }: RewoundEvent, at: number): SessionContext => ({
  ...context,
  play,
  tokens: withToken(context, token ?? null),
  choices,
  moves: context.moves + 1,
  branch: context.branch + 1,
  unattended: 0,
  hurry: hurry === null ? null : { ms: hurry, at },
});

/** Whether the player may still be there: then who does not choose is hurried, and what may come is made ahead. */
export const isAttended = ({ unattended }: SessionContext): boolean => (unattended ?? 0) < sessionLimits.unattended;

/** The player is there: time for a choice that was not running begins anew. */
export const attended = (context: SessionContext, at: number): SessionContext => ({
  ...context,
  unattended: 0,
  hurry: context.hurry === null || isAttended(context) ? context.hurry : { ...context.hurry, at },
});

export const isGeneration = ({ play }: SessionContext): boolean => play.waiting.for === "generation";

/** Whether it waits for a video that is to be brought now. */
export const isGenerating = (context: SessionContext): boolean => isGeneration(context) && (context.unattended ?? 0) < sessionLimits.alone;

/** Whether it stopped where its player can do nothing, because they had gone or because something went wrong. */
export const isLeft = ({ value, context }: { readonly value: unknown; readonly context: SessionContext }): boolean =>
  value === "waiting" && isGeneration(context);

/** When the open choice is decided, ms epoch, and how long the player had; null: there is no hurry. */
export const timerOf = (context: SessionContext): { readonly ms: number; readonly dueAt: number } | null => {
  const { hurry, timers } = context;
  if (hurry === null || timers === "off" || !isAttended(context)) return null;
  const ms = timers === "stretched" ? hurry.ms * sessionLimits.stretch : hurry.ms;
  return { ms, dueAt: hurry.at + ms };
};

/** What happens without the player; null: nothing. */
export interface Unattended {
  readonly move: PlayMove | null;
}

export const happened = (context: SessionContext, { move }: Unattended, at: number): SessionContext =>
  move === null ? { ...context, hurry: null, unattended: sessionLimits.alone } : moved(context, { ...move, token: null }, at);

/** A playthrough as its journal tells it: each event with what it was after that; `before`: moves before it, where there was something. */
function* told(events: Iterable<ActorEvent>) {
  let context: SessionContext | undefined;
  for (const event of events) {
    const before = context?.moves;
    if (event.type === "xstate.init") context = initialSession(event["input"] as SessionInput);
    else if (context !== undefined) context = after(context, event);
    if (context !== undefined) yield { event, before, context };
  }
}

/** How a playthrough was after so many moves: found again from its journal. Undefined: it was never there. */
export const placeIn = (events: Iterable<ActorEvent>, place: number): SessionContext | undefined => {
  for (const { context } of told(events)) if (context.moves === place) return context;
  return undefined;
};

const after = (context: SessionContext, event: ActorEvent): SessionContext => {
  const at = event["at"] as number;
  switch (event.type) {
    case "session.moved": {
      const move = event as unknown as MovedEvent;
      return isNext(context, move) ? moved(context, move, at) : context;
    }
    case "session.rewound": {
      const rewind = event as unknown as RewoundEvent;
      return isNext(context, rewind) ? rewound(context, rewind, at) : context;
    }
    // Of these the host tells only where nothing came before them.
    case "xstate.done.actor.timeOut":
    case "xstate.done.actor.generate":
      return happened(context, event["output"] as Unattended, at);
    default:
      return context;
  }
};

/** All that was done in it, from its journal. Undefined: it was never there. */
export const recordOf = (events: Iterable<ActorEvent>): PlayRecord | undefined => {
  let begun: SessionContext | undefined;
  const moves: Array<PlayRecord["moves"][number]> = [];
  for (const { event, before, context } of told(events)) {
    begun ??= context;
    // What came too late, or moved nothing.
    if (before === undefined || context.moves === before) continue;
    const at = event["at"] as number;
    if (event.type === "session.rewound") moves.push({ at, back: (event as unknown as RewoundEvent).place });
    else
      moves.push({
        at,
        input: (event.type === "session.moved" ? (event as unknown as MovedEvent) : (event["output"] as Unattended).move!).input,
      });
  }
  return begun === undefined
    ? undefined
    : { seed: begun.order.seed, parameters: begun.order.parameters, startedAt: begun.startedAt, moves };
};
