// Access tokens: short-lived JWTs that name a session. One algorithm, one audience, one type: anything else is forged.
import { Effect } from "effect";
import * as errors from "jose/errors";
import { SignJWT } from "jose/jwt/sign";
import { jwtVerify } from "jose/jwt/verify";
import * as z from "zod";
import { Role } from "#protocol/auth.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { Principal } from "./principal.ts";

const algorithm = "HS256";
const type = "access+jwt";
const audience = "pixsim";
/** ms */
export const accessLifeMs = 15 * 60_000;

/** `jti` is the session: a token is as good as that. */
const Claims = z.object({ sub: z.string(), jti: z.string(), name: z.string(), role: z.enum([...Role.options, "player"]), exp: z.number() });

export const signAccess = (key: Uint8Array, principal: Principal): Effect.Effect<string> =>
  Effect.promise(() =>
    new SignJWT({ name: principal.username, role: principal.role })
      .setProtectedHeader({ alg: algorithm, typ: type })
      .setJti(principal.sessionId)
      .setSubject(principal.userId)
      .setAudience(audience)
      .setExpirationTime(Math.floor(principal.expiresAt / 1000))
      .sign(key),
  );

/** Errors: unauthenticated, token_expired. `now`: ms epoch. */
export const readAccess = (key: Uint8Array, token: string, now: number): Effect.Effect<Principal, CallError> =>
  Effect.tryPromise({
    try: async () => {
      const { payload } = await jwtVerify(token, key, { algorithms: [algorithm], typ: type, audience, currentDate: new Date(now) });
      const claims = Claims.parse(payload);
      return { userId: claims.sub, username: claims.name, role: claims.role, sessionId: claims.jti, expiresAt: claims.exp * 1000 };
    },
    catch: (cause) =>
      cause instanceof errors.JWTExpired
        ? new CallError("token_expired", "The access token has expired: refresh it.")
        : new CallError("unauthenticated", "The access token is not valid: sign in again."),
  });
