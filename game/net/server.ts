// The connection to PixSim's server, for whoever is signed in in this browser or came by a link, and the playthrough that the address of the
// page names.
import { exclusively } from "#protocol/client/browser/lock.ts";
import { createTokens } from "#protocol/client/browser/tokens.ts";
import type { Call } from "#protocol/client/calls.ts";
import { type Client, connect } from "#protocol/client/client.ts";
import type { GuestGrant } from "#protocol/play.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Problem } from "../words/catalogue.ts";
import { linkKey } from "./links.ts";
import { isNoRoom, NoRoom, roomOf } from "./no-room.ts";
import { remotePlay } from "./remote.ts";
import type { PlaySource } from "./source.ts";

const guestKey = "pixsim.guest";
const spareMs = 30_000;

export interface Line {
  readonly client: Client;
  readonly signedIn: boolean;
  /** From now on the connection speaks for this guest; `again` gives the same one another token. */
  readonly beGuest: (grant: GuestGrant, again: (call: Call) => Promise<GuestGrant | null>) => void;
}

const openLine = (): Line => {
  const tokens = createTokens({
    storage: localStorage,
    now: () => Date.now(),
    exclusively: exclusively(localStorage, "pixsim.session"),
    // The playthrough stays its player's: a page that is open goes on as it is.
    onOtherTab: () => {},
  });
  let guest: { readonly grant: GuestGrant; readonly again: (call: Call) => Promise<GuestGrant | null> } | null = null;
  const client = connect({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
    client: "PixSim player",
    credentials: {
      access: () => {
        if (guest === null) return tokens.access();
        const { accessToken: token, accessExpiresAt: expiresAt } = guest.grant;
        return expiresAt - Date.now() > spareMs ? { token, expiresAt } : null;
      },
      canRenew: () => guest !== null || tokens.hasSession(),
      renew: async (call) => {
        if (guest === null) return void (await tokens.renew((refreshToken) => call("auth.refresh", { refreshToken })));
        const grant = await guest.again(call);
        if (grant !== null) guest = { ...guest, grant };
      },
    },
  });
  return {
    client,
    signedIn: tokens.hasSession(),
    beGuest: (grant, again) => {
      guest = { grant, again };
    },
  };
};

/** What was played as a guest in this browser stays with who signs in later. Rejects where that is tried again the next time. */
const adopt = async ({ client, signedIn }: Line): Promise<void> => {
  const guest = localStorage.getItem(guestKey);
  if (!signedIn || guest === null) return;
  try {
    await client.call("play.adopt", { guest });
  } catch (error) {
    // Else it is gone, or somebody else's by now.
    if (!(error instanceof CallError && error.code === "not_found")) throw error;
  }
  localStorage.removeItem(guestKey);
};

interface Found {
  readonly id: string;
  readonly watching: boolean;
  readonly signIn: string | null;
}

/** Of the workspace, which comes back here. */
const signInFor = (link: string): string => `/#/play?link=${encodeURIComponent(link)}`;

/** Goes on with what was begun by the link in this browser, or begins. */
const byLink = async ({ client, beGuest }: Line, link: string): Promise<Found> => {
  const open = async (call: Call) => {
    const before = localStorage.getItem(guestKey);
    const opened = await call("play.open", { link, ...(before === null ? {} : { guest: before }) });
    // Who only follows somebody has nothing to keep.
    if (opened.guest !== null && opened.playthroughId === null) localStorage.setItem(guestKey, opened.guest.accessToken);
    return opened;
  };
  const opened = await open(client.call);
  if (opened.guest !== null) beGuest(opened.guest, async (call) => (await open(call)).guest);
  if (opened.playthroughId !== null) return { id: opened.playthroughId, watching: true, signIn: null };
  const signIn = opened.guest === null ? null : signInFor(link);
  const begunKey = linkKey(link);
  const begun = localStorage.getItem(begunKey);
  if (begun !== null) {
    try {
      return { id: (await client.call("play.get", { id: begun })).id, watching: false, signIn };
    } catch (error) {
      if (!(error instanceof CallError && error.code === "not_found")) throw error;
    }
  }
  const { id } = await client.call("play.start", { of: { kind: "link", link } });
  localStorage.setItem(begunKey, id);
  return { id, watching: false, signIn };
};

const find = async (line: Line, place: URLSearchParams): Promise<Found> => {
  const named = (name: string): string => place.get(name) ?? "";
  const [link, play, versionId, sceneId] = [named("link"), named("play"), named("version"), named("scene")];
  if (link !== "") return byLink(line, link);
  if (play !== "") return { id: play, watching: false, signIn: null };
  const { client } = line;
  const start = versionId === "" ? ({ kind: "scene", sceneId } as const) : ({ kind: "version", versionId } as const);
  const id = await client.call("play.start", { of: start }).then(
    (begun) => begun.id,
    async (error: unknown) => {
      if (!isNoRoom(error) || sceneId === "") throw error;
      // The newest of the story can be begun anew.
      const [newest] = (await client.call("play.list", { sceneId, limit: 1 })).playthroughs;
      if (newest === undefined) throw error;
      return newest.id;
    },
  );
  // A reload goes on with it.
  history.replaceState(null, "", `#play=${encodeURIComponent(id)}`);
  return { id, watching: false, signIn: null };
};

const goToAddress = (hash: string): void => {
  location.hash = hash;
  location.reload();
};

/** Opens the playthrough that `place` names, over this line. Rejects with CallError; with NoRoom where one would have to be deleted first. */
export const playOn = async (line: Line, place: URLSearchParams): Promise<PlaySource> => {
  try {
    return await opened(line, place);
  } catch (error) {
    if (!isNoRoom(error)) throw error;
    const { client, signedIn } = line;
    throw new NoRoom(roomOf({ client, signedIn, begin: () => opened(line, place), goTo: goToAddress }), error);
  }
};

const opened = async (line: Line, place: URLSearchParams): Promise<PlaySource> => {
  const link = place.get("link");
  const goTo = (id: string): void => {
    if (link === null) return goToAddress(`play=${encodeURIComponent(id)}`);
    localStorage.setItem(linkKey(link), id);
    location.reload();
  };
  try {
    await adopt(line);
  } catch (error) {
    // By its link what was played is gone on with: another begun instead would hide it. Elsewhere it can wait; and who may not, or is not
    // signed in after all, plays on as a guest.
    if (link !== null && error instanceof CallError && (error.retryable || isNoRoom(error))) throw error;
  }
  const open = async () => remotePlay({ client: line.client, ...(await find(line, place)), link, keep: localStorage, goTo });
  try {
    return await open();
  } catch (error) {
    // What was gone on with was begun by another link, which is no good any more: this one begins.
    const isGone = error instanceof CallError && error.code === "not_found";
    if (!isGone || link === null || localStorage.getItem(linkKey(link)) === null) throw error;
    localStorage.removeItem(linkKey(link));
    return await open();
  }
};

/**
 * `#link=…` plays or follows what was shared, `#play=…` goes on with a playthrough, `#version=…` and `#scene=…` begin one. Undefined: the
 * address names none. Rejects with a sentence for a person; with NoRoom where a playthrough would have to be deleted first.
 */
export const serverPlay = async (hash: string): Promise<PlaySource | undefined> => {
  const place = new URLSearchParams(hash.replace(/^#/, ""));
  if (!["link", "play", "version", "scene"].some((name) => place.has(name))) return undefined;
  const line = openLine();
  try {
    return await playOn(line, place);
  } catch (error) {
    if (error instanceof NoRoom) throw error;
    line.client.close();
    if (!(error instanceof CallError)) throw error;
    throw error.code === "unauthenticated"
      ? new Problem(({ signIn }) => signIn, { cause: error })
      : new Error(error.message, { cause: error });
  }
};
