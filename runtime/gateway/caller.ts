// For tests of handlers: a caller without a gateway. Imports nothing but types.
import type { CallContext } from "./handlers.ts";

/** What the gateway gives a handler, for a signed-in user. */
export const contextOf = (userId: string, openUpload: CallContext["openUpload"] = () => 1): CallContext => ({
  connectionId: "con_1",
  ip: "127.0.0.1",
  client: "test",
  principal: { userId, username: userId, role: "user", sessionId: "ses_1", expiresAt: Number.MAX_SAFE_INTEGER },
  key: undefined,
  authenticate: () => {},
  openUpload,
});
