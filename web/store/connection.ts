// The one connection of this page to the server, as the workspace sees it.
import type { Accessor } from "solid-js";
import type { Grant, User } from "#protocol/auth.ts";
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
  /** Tries at once; after a terminal end the page is loaded anew. */
  readonly retryNow: () => void;
  /** Told who is signed in as soon as that is known, and when it changes by another tab or by the server; `notice` says why in words. */
  readonly onUser: (listener: (user: User | null, notice: string | null) => void) => () => void;
  /** A sign-in on this connection: its tokens are kept for reconnecting and for other tabs. */
  readonly keepGrant: (grant: Grant) => void;
  /** Drops the session's tokens, in every tab. */
  readonly forget: () => void;
}
