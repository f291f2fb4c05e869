// Opens the connection and keeps it speaking for whoever is signed in: renews the tokens, follows what other tabs do, and goes back to
// the door when the session has ended.
import { createSignal, onCleanup } from "solid-js";
import type { User } from "#protocol/auth.ts";
import { connect as connectClient, type Client as WireClient, type ClientOptions } from "#protocol/client/client.ts";
import { closeCodes } from "#protocol/wire/close.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { connectionStateOf, type Connection } from "./connection.ts";
import { exclusively } from "#protocol/client/browser/lock.ts";
import { deviceName } from "./device.ts";
import { createTokens, type Access, type Tokens } from "#protocol/client/browser/tokens.ts";

/** Renewing is tried this often where trying again can help. */
const renewTries = 3;
/** After that many in vain, this long until the next, ms. */
const renewAgainMs = 3000;

const endedNotice = "Your session has ended. Sign in again.";

interface OpenOptions {
  /** How a connection is made; the tests bring their own. */
  readonly connect?: (options: ClientOptions) => WireClient;
  readonly tokens?: (onOtherTab: (access: Access | null) => void) => Tokens;
}

const browserTokens = (onOtherTab: (access: Access | null) => void): Tokens =>
  createTokens({
    storage: localStorage,
    now: () => Date.now(),
    exclusively: exclusively(localStorage, "pixsim.session"),
    onOtherTab,
  });

export const openConnection = (options: OpenOptions = {}): Connection => {
  const listeners = new Set<(user: User | null, notice: string | null) => void>();
  /** Undefined: not known yet. */
  let known: { readonly user: User | null; readonly notice: string | null } | undefined;
  const tell = (user: User | null, notice: string | null) => {
    known = { user, notice };
    for (const listener of listeners) {
      listener(user, notice);
    }
  };

  const renew = async (call: WireClient["call"]): Promise<void> => {
    for (let left = renewTries; ; left -= 1) {
      try {
        const access = await tokens.renew(async (refreshToken) => {
          const grant = await call("auth.refresh", { refreshToken });
          // The connection speaks for them by now: what the page of another asked for until the lock is given back would be taken for theirs.
          tell(grant.user, null);
          return grant;
        });
        if (access === null) tell(null, null);
        return;
      } catch (error) {
        const revoked = error instanceof CallError && !error.retryable;
        if (revoked) {
          tokens.end();
          tell(null, endedNotice);
        }
        if (revoked || left <= 1) {
          throw error;
        }
      }
    }
  };

  const tokens = (options.tokens ?? browserTokens)((access) => {
    if (access === null) {
      tell(null, "You signed out in another tab.");
    } else if (known?.user?.id !== access.user.id) {
      // Somebody signed in there: this connection follows. A failure leaves it at the door, where signing in works as ever.
      renew(client.call).catch(() => undefined);
    }
  });
  const client = (options.connect ?? connectClient)({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
    client: `PixSim web, ${deviceName(navigator.userAgent)}`,
    credentials: { access: tokens.access, canRenew: tokens.hasSession, renew },
  });

  let hasBeenLive = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  const present = () => connectionStateOf(client.phase(), navigator.onLine, hasBeenLive);
  const [state, setState] = createSignal(present());
  const stopPhases = client.onPhase((phase) => {
    if (phase.name === "ready") {
      hasBeenLive = true;
      clearTimeout(again);
      if (known === undefined && !tokens.hasSession()) {
        tell(null, null);
      } else if (tokens.access() === null && tokens.hasSession()) {
        // Renewing did not work, for a reason that passes.
        again = setTimeout(() => void renew(client.call).catch(() => undefined), renewAgainMs);
      }
    }
    if (phase.name === "stopped" && phase.code === closeCodes.unauthenticated.code && tokens.access() !== null) {
      // The access token is of no use; the refresh token may still be.
      tokens.dropAccess();
      client.retryNow();
      return;
    }
    if (phase.name === "stopped" && phase.code === closeCodes.session_revoked.code) {
      if (tokens.hasSession()) {
        tokens.end();
        tell(null, "This session was ended. Sign in again.");
      }
      client.retryNow();
      return;
    }
    setState(present());
  });
  const onNetwork = () => {
    setState(present());
    if (navigator.onLine) {
      client.retryNow();
    }
  };
  window.addEventListener("online", onNetwork);
  window.addEventListener("offline", onNetwork);
  onCleanup(() => {
    window.removeEventListener("online", onNetwork);
    window.removeEventListener("offline", onNetwork);
    clearTimeout(again);
    stopPhases();
    tokens.close();
    client.close();
  });

  return {
    client,
    state,
    retryNow: () => {
      const phase = client.phase();
      if (phase.name === "stopped" && phase.code !== closeCodes.too_many_connections.code) {
        location.reload();
      } else {
        client.retryNow();
      }
    },
    onUser: (listener) => {
      listeners.add(listener);
      if (known !== undefined) {
        listener(known.user, known.notice);
      }
      return () => listeners.delete(listener);
    },
    user: () => (tokens.access()?.user ?? known?.user)?.id ?? null,
    keepGrant: (grant) => {
      known = { user: grant.user, notice: null };
      tokens.keep(grant);
    },
    forget: () => {
      known = { user: null, notice: null };
      tokens.end();
    },
  };
};
