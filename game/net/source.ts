// Where a playthrough comes from: the evaluator in this page, or a session on the server that this page runs ahead of. The player
// knows only this.
import type { PlaySwitch } from "#protocol/play.ts";
import type { PlayInput, PlayOutput, PlayState, RefusalCode } from "#protocol/scene/play/state.ts";
import type { Story } from "#protocol/scene/scene.ts";

/** Files of an asset, as a player needs them. */
export interface PlayableMedia {
  /** What is seen: of a video the picture alone where there is such a file, else the whole. Null: nothing may be shown of it yet. */
  readonly picture: string | null;
  /** The sound alone. Null: there is none. */
  readonly audio: string | null;
  /** 0: it is a picture. */
  readonly durationMs: number;
  /** Pictures of its beginning and its end, or of whatever there is one of. */
  readonly stills: { readonly start: string | null; readonly end: string | null };
}

export interface PlayChange {
  readonly state: PlayState;
  /** What happened on the way there. Empty after a jump. */
  readonly outputs: ReadonlyArray<PlayOutput>;
  /** The state does not follow from the last one: a rewind, another device, a correction. All that is shown is taken from it anew. */
  readonly jumped: boolean;
}

/** A choice that was made, and can be gone back to. */
export interface Moment {
  /** Inputs before it. */
  readonly inputs: number;
  /** In each language of the story. */
  readonly chosen: Readonly<Record<string, string>>;
}

/** A place that was kept by a name. */
export interface Save {
  readonly id: string;
  readonly name: string;
  /** When, ms since 1970. */
  readonly at: number;
}

/** Another playthrough of the same story by the same player. */
export interface Earlier {
  readonly id: string;
  /** By which it ended; null: it goes on. */
  readonly ending: string | null;
  /** Inputs so far. */
  readonly turn: number;
  /** When something was done in it last, ms since 1970. */
  readonly at: number;
}

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

/** A link by which others see live what is played, that is good now. */
export interface WatchLink {
  readonly id: string;
  /** Ms since 1970; null: when it is withdrawn. */
  readonly expiresAt: number | null;
  /** Who came by it without an account. */
  readonly guests: number;
}

/** Lets others see live what is played, without an account. */
export interface Spectators {
  /** Newest first. Rejects with CallError. */
  readonly links: () => Promise<ReadonlyArray<WatchLink>>;
  /** Makes another, for a day; its address is told only now. Rejects with CallError. */
  readonly invite: () => Promise<{ readonly id: string; readonly address: string }>;
  /** Who came by it is cut off at once. Rejects with CallError. */
  readonly withdraw: (link: string) => Promise<void>;
}

/** How one change of what is seen went. */
export type SwitchReport = Omit<PlaySwitch, "at">;

/**
 * Why a playthrough is not gone on with here. It was deleted elsewhere; or the server has ended the connection for good, or knows nobody on
 * it any more: whoever played has signed in or out in another window, or the link has expired or was withdrawn.
 */
export type Gone = "deleted" | "cutOff";

export interface PlaySource {
  readonly story: Story;
  readonly title: string;
  /** Who only watches gives no inputs. */
  readonly watching: boolean;
  /** The address at which a guest signs in and comes back, with what was played so far. Null: nobody is a guest here. */
  readonly signIn: string | null;
  /** Null: nobody can be let see it from here. */
  readonly spectators: Spectators | null;
  /** Nothing is taken any more, and what is shown stays. */
  readonly gone: () => Gone | null;
  readonly state: () => PlayState;
  /** Takes effect at once. Null: taken. */
  readonly take: (input: PlayInput) => Refusal | null;
  readonly onChange: (listener: (change: PlayChange) => void) => () => void;
  /** Oldest first. */
  readonly history: () => ReadonlyArray<Moment>;
  /** Back to where only so many inputs had been given. Rejects with a sentence for a person. */
  readonly rewind: (inputs: number) => Promise<void>;
  /** Another one of the same story where there is room, also after this one was deleted. Rejects with a sentence for a person. */
  readonly restart: () => Promise<void>;
  /** In the order in which they were made. */
  readonly saves: () => ReadonlyArray<Save>;
  /** Keeps where it is now. Rejects with a sentence for a person. */
  readonly save: (name: string) => Promise<void>;
  /** Back to what was kept. Rejects with a sentence for a person. */
  readonly load: (save: string) => Promise<void>;
  /** Rejects with a sentence for a person. */
  readonly dropSave: (save: string) => Promise<void>;
  /** Played last first, as far as is known. Those in which nothing was done are none. */
  readonly earlier: () => ReadonlyArray<Earlier>;
  /** The page goes on with that one. Rejects with a sentence for a person: what was deleted elsewhere is not told any more. */
  readonly resume: (earlier: string) => Promise<void>;
  /** Deletes that one for good. Rejects with a sentence for a person. */
  readonly dropEarlier: (earlier: string) => Promise<void>;
  /** Achievements by name that this player has come to in any playthrough of the story, as far as is known. */
  readonly earned: () => ReadonlySet<string>;
  /** Those that are there. */
  readonly media: (assetIds: ReadonlyArray<string>) => Promise<ReadonlyMap<string, PlayableMedia>>;
  readonly report: (one: SwitchReport) => void;
  /** What times for choices are multiplied by, where not the page itself counts them; null: none runs out. */
  readonly stretch: (stretch: number | null) => void;
  readonly close: () => void;
}
