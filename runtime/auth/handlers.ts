// The `auth` domain of the contract.
import { Effect } from "effect";
import type { Grant } from "#protocol/auth.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { CallContext, DomainHandlers } from "../gateway/handlers.ts";
import { Auth } from "./auth.ts";
import type { Principal } from "./principal.ts";

/** The gateway lets nobody else through to calls that need a sign-in; this says so to the types. */
export const principalOf = ({ principal }: CallContext): Effect.Effect<Principal, CallError> =>
  principal === null ? Effect.fail(new CallError("unauthenticated", "Sign in first.")) : Effect.succeed(principal);

export const authHandlers = Effect.gen(function* () {
  const auth = yield* Auth;

  /** The connection on which tokens are given speaks for their user from now on. */
  const granted = (context: CallContext, grant: Grant): Grant => {
    context.authenticate({
      userId: grant.user.id,
      username: grant.user.username,
      role: grant.user.role,
      sessionId: grant.sessionId,
      expiresAt: grant.accessExpiresAt,
    });
    return grant;
  };
  const asPrincipal = <A>(context: CallContext, run: (principal: Principal) => Effect.Effect<A, CallError>) =>
    Effect.flatMap(principalOf(context), run);

  return {
    calls: {
      "auth.signIn": ({ login, password }, context) =>
        Effect.map(auth.signIn(login, password, context), (grant) => granted(context, grant)),
      "auth.redeem": ({ token }, context) => Effect.map(auth.redeem(token, context), (grant) => granted(context, grant)),
      "auth.refresh": ({ refreshToken }, context) => Effect.map(auth.refresh(refreshToken), (grant) => granted(context, grant)),
      "auth.me": (_, context) => asPrincipal(context, ({ userId }) => auth.user(userId)),
      "auth.setPassword": ({ current, password }, context) =>
        asPrincipal(context, (principal) => Effect.as(auth.setPassword(principal, current, password), {})),
      "auth.sessions": (_, context) =>
        asPrincipal(context, (principal) => Effect.map(auth.sessions(principal), (sessions) => ({ sessions: [...sessions] }))),
      "auth.revoke": ({ sessionId }, context) =>
        asPrincipal(context, (principal) => Effect.map(auth.revoke(principal, sessionId), (ended) => ({ ended }))),
      "auth.signOut": (_, context) =>
        asPrincipal(context, (principal) =>
          auth.revoke(principal, principal.sessionId).pipe(
            // It has ended already: as asked.
            Effect.catchIf(
              ({ code }) => code === "not_found",
              () => Effect.void,
            ),
            Effect.as({}),
          ),
        ),
      "auth.createUser": ({ username, email, role }) => auth.createUser({ username, email, role }),
      "auth.users": () => Effect.map(auth.users, (users) => ({ users: [...users] })),
      "auth.preferences": (_, context) =>
        asPrincipal(context, ({ userId }) => Effect.map(auth.preferences(userId), (preferences) => ({ preferences }))),
      "auth.savePreferences": ({ set }, context) => asPrincipal(context, ({ userId }) => Effect.as(auth.savePreferences(userId, set), {})),
    },
    streams: {},
    topics: {},
  } satisfies DomainHandlers<"auth">;
});
