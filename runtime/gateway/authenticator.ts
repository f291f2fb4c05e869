// How the gateway learns who speaks: the port that sessions implement.
import type { Effect } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import type { Principal } from "../auth/principal.ts";

export interface Authenticator {
  /**
   * The principal an access token speaks for, its session checked. Errors: unauthenticated (forged, malformed), token_expired,
   * session_revoked, unavailable.
   */
  readonly verify: (token: string) => Effect.Effect<Principal, CallError>;
  /** Calls `listener` with the id of every session that ends from now on; answers how to stop that. */
  readonly onRevoked: (listener: (sessionId: string) => void) => () => void;
}
