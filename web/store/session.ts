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
   * and signs out. Leaves alone who was signed in by another tab meanwhile. Rejects where saving fails as it must not.
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
  /** What is not saved at one moment, after so many ms at most. */
  const unsavedAfter = async (withinMs: number): Promise<ReadonlyArray<Unsaved>> => {
    const until = performance.now() + withinMs;
    const left = () => Math.max(0, until - performance.now());
    const ask = async (ms: number) => (await Promise.all([...saves].map((save) => save(ms)))).filter((each) => each !== null);
    for (;;) {
      const waited = await ask(left());
      if (waited.length > 0) return waited;
      // What was made in one that was saved while another was waited for: it shows where none is waited for.
      const unsaved = await ask(0);
      if (unsaved.length === 0 || left() === 0) return unsaved;
    }
  };
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
      const now = state();
      const leaving = now.kind === "signedIn" ? now.user.id : null;
      const unsaved = anyway ? [] : await unsavedAfter(saveWithinMs);
      if (unsaved.length > 0) return unsaved;
      if (connection.user() !== leaving) return [];
      // The session ends here whatever the server answers: its tokens are forgotten.
      client.call("auth.signOut", {}).catch(() => undefined);
      connection.forget();
      setState({ kind: "signedOut", notice: null });
      return [];
    },
  };
};
