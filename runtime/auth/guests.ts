// Guests: who came by a link to a story and has no account. Their token says who they are, and that they may play; whether their link is
// good is asked where the token is shown.
import { randomBytes } from "node:crypto";
import { Clock, Effect } from "effect";
import type { GuestGrant } from "#protocol/play.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { readAccess, signAccess } from "./access-token.ts";
import type { Principal } from "./principal.ts";

const dayMs = 24 * 60 * 60_000;
/** A token is good for so long at most: shorter than the longest time that a timer of the engine can wait. */
export const guestTokenMs = 14 * dayMs;

export interface Guests {
  /** An id that nobody has. */
  readonly newId: () => string;
  /** `until`: when the link ends, ms epoch; null: it does not. */
  readonly grant: (guestId: string, until: number | null) => Effect.Effect<{ readonly principal: Principal; readonly grant: GuestGrant }>;
  /** Whose token it is, also when it has run out. Errors: not_found. */
  readonly read: (token: string) => Effect.Effect<string, CallError>;
  /** They may play no more: ends their connections, here and everywhere. */
  readonly ended: (guestIds: ReadonlyArray<string>) => void;
  /** A link is opened from this address. Errors: rate_limited. */
  readonly opening: (ip: string) => Effect.Effect<void, CallError>;
}

const unknown = new CallError("not_found", "This is not the token of a guest.");

export const makeGuests = (
  accessKey: Uint8Array,
  { ended, countOpening }: Pick<Guests, "ended"> & { readonly countOpening: (ip: string, at: number) => Effect.Effect<void, CallError> },
): Guests => ({
  newId: () => `gst_${randomBytes(12).toString("base64url")}`,
  grant: Effect.fnUntraced(function* (guestId: string, until: number | null) {
    const at = yield* Clock.currentTimeMillis;
    const ends = Math.floor(Math.min(at + guestTokenMs, until ?? Infinity) / 1000) * 1000;
    const principal: Principal = { userId: guestId, username: "guest", role: "player", sessionId: guestId, expiresAt: ends };
    return { principal, grant: { guestId, accessToken: yield* signAccess(accessKey, principal), accessExpiresAt: ends } };
  }),
  read: (token) =>
    // At the beginning of time nothing has run out.
    readAccess(accessKey, token, 0).pipe(
      Effect.mapError(() => unknown),
      Effect.flatMap(({ role, userId }) => (role === "player" ? Effect.succeed(userId) : Effect.fail(unknown))),
    ),
  ended: (guestIds) => {
    if (guestIds.length > 0) ended(guestIds);
  },
  opening: (ip) => Effect.flatMap(Clock.currentTimeMillis, (at) => countOpening(ip, at)),
});
