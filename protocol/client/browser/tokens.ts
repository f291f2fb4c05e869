// The session's tokens in this browser. The refresh token, which works once, lies in localStorage, so that a reload and every tab can use
// it; the short-lived access token stays in memory. Trading the refresh token happens in one tab at a time, always with the one that lies
// there at that moment: a token used twice would end the session.
import type { Grant, User } from "#protocol/auth.ts";
import type { Exclusively } from "./lock.ts";

const storageKey = "pixsim.session";
const channelName = "pixsim.session";
/** An access token that ends sooner than this is not worth using, ms. */
const spareMs = 30_000;

export interface Access {
  readonly token: string;
  readonly expiresAt: number;
  readonly user: User;
}

/** What another tab says. */
type Message = { readonly kind: "granted"; readonly access: Access } | { readonly kind: "ended" };

export interface Tokens {
  /** The access token while it is good. */
  readonly access: () => Access | null;
  /** The access token was refused: it must not be used again. */
  readonly dropAccess: () => void;
  /** Whether there is a session that could be refreshed. */
  readonly hasSession: () => boolean;
  /** A sign-in: keeps its tokens and tells the other tabs. */
  readonly keep: (grant: Grant) => void;
  /** Forgets the session here and in the other tabs. */
  readonly end: () => void;
  /** Trades the refresh token for new ones, one tab at a time. Null: there is no session. */
  readonly renew: (trade: (refreshToken: string) => Promise<Grant>) => Promise<Access | null>;
  readonly close: () => void;
}

interface TokensOptions {
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly now: () => number;
  /** Runs work in one tab at a time. */
  readonly exclusively: Exclusively;
  /** Another tab signed in (access) or ended the session (null). */
  readonly onOtherTab: (access: Access | null) => void;
}

const isMessage = (value: unknown): value is Message =>
  typeof value === "object" && value !== null && "kind" in value && (value.kind === "granted" || value.kind === "ended");

export const createTokens = (options: TokensOptions): Tokens => {
  const channel = new BroadcastChannel(channelName);
  let access: Access | null = null;

  const keep = (grant: Grant): Access => {
    access = { token: grant.accessToken, expiresAt: grant.accessExpiresAt, user: grant.user };
    options.storage.setItem(storageKey, grant.refreshToken);
    channel.postMessage({ kind: "granted", access } satisfies Message);
    return access;
  };

  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (isMessage(data)) {
      access = data.kind === "granted" ? data.access : null;
      options.onOtherTab(access);
    }
  };

  return {
    access: () => (access !== null && access.expiresAt - options.now() > spareMs ? access : null),
    dropAccess: () => {
      access = null;
    },
    hasSession: () => options.storage.getItem(storageKey) !== null,
    keep: (grant) => void keep(grant),
    end: () => {
      access = null;
      options.storage.removeItem(storageKey);
      channel.postMessage({ kind: "ended" } satisfies Message);
    },
    renew: (trade) =>
      options.exclusively(async () => {
        // Read inside the lock: another tab may have traded it while this one waited for its turn.
        const refreshToken = options.storage.getItem(storageKey);
        return refreshToken === null ? null : keep(await trade(refreshToken));
      }),
    close: () => channel.close(),
  };
};
