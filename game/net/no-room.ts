// Where there is no room for another playthrough: those that there are, of whatever stories, one of which is deleted or gone on with.
import type { Client } from "#protocol/client/client.ts";
import type { PlaythroughSummary } from "#protocol/play.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { linkKey, linksKept } from "./links.ts";
import type { Earlier, PlaySource } from "./source.ts";

/** Read at a time. */
const page = 200;

/** One that takes a place. */
export interface Kept extends Earlier {
  /** Of its story. */
  readonly title: string;
  /** The page goes on with it. Null: this browser knows no link that leads to it. */
  readonly resume: (() => void) | null;
}

export interface Room {
  /** Played last first. Rejects with CallError. */
  readonly kept: () => Promise<ReadonlyArray<Kept>>;
  /** Deletes one for good. Rejects with CallError. */
  readonly drop: (id: string) => Promise<void>;
  /** What the page was opened for. Rejects with CallError. */
  readonly begin: () => Promise<PlaySource>;
}

/** All places for playthroughs are taken. */
export class NoRoom extends Error {
  readonly room: Room;

  constructor(room: Room, cause: CallError) {
    super(cause.message, { cause });
    this.room = room;
  }
}

export const isNoRoom = (error: unknown): error is CallError =>
  error instanceof CallError &&
  error.code === "quota_exceeded" &&
  (error.details as { quota?: unknown } | undefined)?.quota === "playthroughs";

export interface RoomOptions {
  readonly client: Client;
  /** Else they are a guest, who goes on by the link of a story only. */
  readonly signedIn: boolean;
  readonly begin: () => Promise<PlaySource>;
  /** The page goes to this address. */
  readonly goTo: (hash: string) => void;
}

export const roomOf = ({ client, signedIn, begin, goTo }: RoomOptions): Room => {
  const resumed = ({ id, sceneId }: PlaythroughSummary, all: ReadonlyArray<PlaythroughSummary>): Kept["resume"] => {
    if (signedIn) return () => goTo(`play=${encodeURIComponent(id)}`);
    const link = linksKept().find(({ begun }) => all.some((one) => one.id === begun && one.sceneId === sceneId))?.link;
    if (link === undefined) return null;
    return () => {
      localStorage.setItem(linkKey(link), id);
      goTo(`link=${encodeURIComponent(link)}`);
    };
  };
  return {
    kept: async () => {
      const { playthroughs } = await client.call("play.list", { limit: page });
      return playthroughs
        .map((one) => ({
          id: one.id,
          title: one.title,
          ending: one.ending,
          turn: one.turn,
          at: one.changedAt,
          resume: resumed(one, playthroughs),
        }))
        .toSorted((a, b) => b.at - a.at);
    },
    drop: async (id) => {
      try {
        await client.call("play.delete", { ids: [id] });
      } catch (error) {
        // It was deleted elsewhere, or by a try whose answer was lost.
        if (!(error instanceof CallError && error.code === "not_found")) throw error;
      }
    },
    begin,
  };
};
