// Who is signed in here: takes sign-ins, keeps the tokens, and follows what other tabs and the server say about the session.
import { createSignal, onCleanup, type Accessor } from "solid-js";
import type { Grant, User } from "#protocol/auth.ts";
import type { Connection } from "./connection.ts";

export type SessionState =
  | { readonly kind: "starting" }
  | { readonly kind: "signedOut"; readonly notice: string | null }
  | { readonly kind: "signedIn"; readonly user: User };

export interface Session {
  readonly state: Accessor<SessionState>;
  readonly signIn: (login: string, password: string) => Promise<void>;
  /** With a one-time link's token. */
  readonly redeem: (token: string) => Promise<void>;
  /** Without `current` where none is set yet. */
  readonly setPassword: (password: string, current?: string) => Promise<void>;
  /**
   * Saves first what was made here and is not saved yet. Answers what of it could not be, and stays signed in then; `anyway`: does not try,
   * and signs out.
   */
  readonly signOut: (anyway?: boolean) => Promise<ReadonlyArray<Unsaved>>;
  /** Asked before the session is ended from here. Answers how to withdraw. */
  readonly beforeSignOut: (save: Save) => () => void;
}

/** What is not saved, in words for a person. */
export interface Unsaved {
  readonly title: string;
  readonly detail: string;
}
/** Saves what it can within so many ms. Null: everything is saved. */
export type Save = (withinMs: number) => Promise<Unsaved | null>;

/** Who signs out waits so long for what is being saved, ms. */
const saveWithinMs = 3000;

export const createSession = (connection: Connection): Session => {
  const { client } = connection;
  const [state, setState] = createSignal<SessionState>({ kind: "starting" });
  const saves = new Set<Save>();
  const signedIn = (grant: Grant) => {
    connection.keepGrant(grant);
    setState({ kind: "signedIn", user: grant.user });
  };
  onCleanup(connection.onUser((user, notice) => setState(user === null ? { kind: "signedOut", notice } : { kind: "signedIn", user })));

  return {
    state,
    signIn: async (login, password) => signedIn(await client.call("auth.signIn", { login, password })),
    redeem: async (token) => signedIn(await client.call("auth.redeem", { token })),
    setPassword: async (password, current) => {
      await client.call("auth.setPassword", { password, ...(current === undefined ? {} : { current }) });
      const now = state();
      if (now.kind === "signedIn") {
        setState({ kind: "signedIn", user: { ...now.user, hasPassword: true } });
      }
    },
    beforeSignOut: (save) => {
      saves.add(save);
      return () => saves.delete(save);
    },
    signOut: async (anyway = false) => {
      const saved = anyway ? [] : await Promise.all([...saves].map((save) => save(saveWithinMs)));
      const unsaved = saved.filter((each) => each !== null);
      if (unsaved.length > 0) return unsaved;
      // The session ends here whatever the server answers: its tokens are forgotten.
      client.call("auth.signOut", {}).catch(() => undefined);
      connection.forget();
      setState({ kind: "signedOut", notice: null });
      return [];
    },
  };
};
