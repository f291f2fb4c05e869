// A caller of handlers without a gateway: for tests, and for what the program does itself in a user's name. Imports nothing but types.
import type { Principal } from "../auth/principal.ts";
import type { CallContext } from "./handlers.ts";

/** What is other than usual: of the connection, and of who speaks. */
type Over = Partial<Omit<CallContext, "principal">> & Partial<Pick<Principal, "username" | "role">>;

/** What the gateway gives a handler, for a signed-in user. */
export const contextOf = (userId: string, { username = userId, role = "user", ...over }: Over = {}): CallContext => ({
  connectionId: "con_1",
  ip: "127.0.0.1",
  client: "within",
  principal: { userId, username, role, sessionId: "ses_1", expiresAt: Number.MAX_SAFE_INTEGER },
  key: undefined,
  authenticate: () => {},
  openUpload: () => 1,
  ...over,
});
