// The accounts at providers that this user sees, live: their own and the shared ones. Few enough to be here all at once.
import { createMemo, createSignal, type Accessor } from "solid-js";
import type { Account } from "#protocol/account.ts";
import type { ProviderSpec } from "#protocol/job.ts";
import type { Client } from "./client.ts";
import { createFollowing, type Following } from "./following.ts";
import { perFrame } from "./frame.ts";

/** By id. One that is `removed` stays, so that what comes late does not bring it back. */
export type AccountRows = ReadonlyMap<string, Account>;

/** The topic says how things stand: what it does not name is gone. What is known better already, by its `rev`, stays. */
export const takeSnapshot = (known: AccountRows, accounts: ReadonlyArray<Account>): AccountRows =>
  new Map(
    accounts.map((account) => {
      const before = known.get(account.id);
      return [account.id, before !== undefined && before.rev > account.rev ? before : account];
    }),
  );

/**
 * Takes in rows that are no older than the known ones. The topic tells in order, so what it says of the same `rev` is news; what a call
 * has `answered` may have been overtaken, and is news only with a higher one.
 */
export const takeChanges = (known: AccountRows, changed: ReadonlyArray<Account>, answered: boolean): AccountRows => {
  const news = changed.filter(({ id, rev }) => {
    const before = known.get(id);
    return before === undefined || rev > before.rev || (rev === before.rev && !answered);
  });
  return news.length === 0 ? known : new Map([...known, ...news.map((account) => [account.id, account] as const)]);
};

/** Those that are there, the highest priority first. */
export const inOrder = (rows: AccountRows): ReadonlyArray<Account> =>
  [...rows.values()]
    .filter(({ state }) => state !== "removed")
    .sort((a, b) => b.priority - a.priority || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));

/** Whether jobs of this user can be made there now, or at least once its places are free. */
export type Readiness =
  | { readonly kind: "ready"; /** Jobs at the same time. */ readonly places: number }
  /** There is no account to use. */
  | { readonly kind: "none" }
  /** There is one, but it needs somebody first; `reason` says what for. */
  | { readonly kind: "unusable"; readonly reason: string | null };

const takesJobs = ({ state }: Account): boolean => {
  switch (state) {
    case "available":
    case "saturated":
    case "coolingDown":
    case "reauthenticating":
      return true;
    case "exhausted":
    case "erring":
    case "disabled":
    case "removed":
      return false;
  }
};

/** Administrators see the accounts of others too, but nobody's jobs go there but the owner's. */
export const readinessOf = (provider: ProviderSpec, accounts: ReadonlyArray<Account>, userId: string): Readiness => {
  if (provider.account === null) {
    return { kind: "ready", places: provider.concurrency };
  }
  const usable = accounts.filter((account) => account.provider === provider.id && (account.shared || account.ownerId === userId));
  const [first] = usable;
  if (first === undefined) {
    return { kind: "none" };
  }
  const taking = usable.filter(takesJobs);
  return taking.length === 0
    ? { kind: "unusable", reason: first.reason }
    : { kind: "ready", places: taking.reduce((sum, { granted }) => sum + granted, 0) };
};

export interface AccountsStore extends Following {
  /** All that are there, the highest priority first; undefined until they are known. */
  readonly list: Accessor<ReadonlyArray<Account> | undefined>;
  readonly row: (id: string) => Account | undefined;
  /** Takes in what a call has answered. */
  readonly put: (account: Account) => void;
}

export const createAccountsStore = (client: Client): AccountsStore => {
  const [rows, setRows] = createSignal<AccountRows>();
  const list = createMemo(() => {
    const now = rows();
    return now === undefined ? undefined : inOrder(now);
  });
  const take = (changed: ReadonlyArray<Account>, answered: boolean) =>
    setRows((known) => (known === undefined ? known : takeChanges(known, changed, answered)));
  const frames = perFrame<Account>(
    ({ id }) => id,
    (account, than) => account.rev >= than.rev,
    (changed) => take(changed, false),
  );

  const following = createFollowing((error) =>
    client.follow(
      "accounts.accounts",
      {},
      {
        snapshot: ({ accounts }) => {
          frames.now();
          setRows((known) => takeSnapshot(known ?? new Map(), accounts));
        },
        deltas: frames.add,
        error,
      },
    ),
  );

  return {
    list,
    row: (id) => {
      const account = rows()?.get(id);
      return account?.state === "removed" ? undefined : account;
    },
    put: (account) => take([account], true),
    ...following,
  };
};
