// How a connection gets to speak for somebody. Where tokens lie is for the owner of the session to decide.
import type { Call } from "./calls.ts";

export interface Credentials {
  /** An access token that is good now, or null. */
  readonly access: () => { readonly token: string; readonly expiresAt: number } | null;
  /** Whether `renew` could get one. */
  readonly canRenew: () => boolean;
  /** Gets new tokens by `auth.refresh` through the call given, which goes over this connection. Rejects if that fails. */
  readonly renew: (call: Call) => Promise<void>;
}

export const nobody: Credentials = { access: () => null, canRenew: () => false, renew: () => Promise.resolve() };
