// The one connection of this page to the server, as the workspace sees it: its state in few words, and who it speaks for.
import type { Accessor } from "solid-js";
import type { Grant, User } from "#protocol/auth.ts";
import type { Phase } from "#protocol/client/phase.ts";
import { closeCodes } from "#protocol/wire/close.ts";
import type { Client } from "./client.ts";

/** `live`: changes arrive as they happen. `reconnecting`: what is shown may be old; the next try is at `retryAt`. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "reconnecting"; readonly retryAt: number | null }
  | { readonly kind: "offline" }
  | { readonly kind: "ended"; readonly reason: string };

export interface Connection {
  readonly client: Client;
  readonly state: Accessor<ConnectionState>;
  /** Tries at once; where only a new version of the page can help, loads it. */
  readonly retryNow: () => void;
  /** Told who is signed in as soon as that is known, and when another tab or the server changes it; `notice` says why in words. */
  readonly onUser: (listener: (user: User | null, notice: string | null) => void) => () => void;
  /** Id of whom the session in this browser is of: another tab's sign-in counts before this one has followed it. */
  readonly user: () => string | null;
  /** A sign-in on this connection: its tokens are kept for reconnecting and for other tabs. */
  readonly keepGrant: (grant: Grant) => void;
  /** Drops the session's tokens, in every tab. */
  readonly forget: () => void;
}

/** The words for a close code; the server's own where the code is not known. */
const reasonOf = (code: number, reason: string): string =>
  Object.values(closeCodes).find((spec) => spec.code === code)?.summary ??
  (reason === "" ? "The server has ended the connection." : reason);

/** `hasBeenLive`: only then is a new try a reconnect. */
export const connectionStateOf = (phase: Phase, isOnline: boolean, hasBeenLive: boolean): ConnectionState => {
  switch (phase.name) {
    case "connecting":
    case "authenticating":
      return phase.attempt === 0 && !hasBeenLive ? { kind: "connecting" } : { kind: "reconnecting", retryAt: null };
    case "ready":
      return { kind: "live" };
    case "waiting":
      return isOnline ? { kind: "reconnecting", retryAt: phase.until } : { kind: "offline" };
    case "stopped":
      return { kind: "ended", reason: reasonOf(phase.code, phase.reason) };
  }
};
