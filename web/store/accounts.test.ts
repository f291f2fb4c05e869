import fc from "fast-check";
import { createRoot } from "solid-js";
import { describe, expect, it, vi } from "vitest";
import { AccountState, type Account } from "#protocol/account.ts";
import { jobs, type ProviderSpec } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { createAccountsStore, inOrder, readinessOf, takeChanges, takeSnapshot, type AccountRows } from "./accounts.ts";
import { memoryClient, sampleAccount } from "./testing.ts";

const none: AccountRows = new Map();
const account = (number: number, change: Partial<Account> = {}) => sampleAccount({ id: `acc_${number}`, rev: 1, ...change });

describe("the rows of accounts", () => {
  it("end with the newest version of each, in whatever order they come, and none that is removed", () => {
    const change = fc.record({ id: fc.constantFrom("a", "b", "c"), rev: fc.nat(20), state: fc.constantFrom(...AccountState.options) });
    fc.assert(
      fc.property(fc.uniqueArray(change, { selector: ({ id, rev }) => `${id}${rev}` }), fc.boolean(), (changes, answered) => {
        const rows = changes.reduce((known, each) => takeChanges(known, [sampleAccount(each)], answered), none);
        const last = Map.groupBy(changes, ({ id }) => id);
        const expected = [...last].map(([, all]) => all.toSorted((a, b) => b.rev - a.rev)[0]).filter((each) => each?.state !== "removed");
        expect(new Map(inOrder(rows).map(({ id, rev }) => [id, rev]))).toEqual(new Map(expected.map((each) => [each?.id, each?.rev])));
      }),
    );
  });

  it("take what the topic says of the same moment, but not what a call has answered of it", () => {
    const known = takeSnapshot(none, [account(1, { title: "old" })]);
    const news = [account(1, { title: "new" })];
    expect(takeChanges(known, news, true)).toBe(known);
    expect(takeChanges(known, news, false).get("acc_1")?.title).toBe("new");
  });

  it("are what a snapshot says, but never grow older by it", () => {
    const known = takeSnapshot(none, [account(1), account(2, { rev: 9, title: "newer" })]);
    const after = takeSnapshot(known, [account(2, { rev: 3 }), account(3)]);
    expect([...after.keys()]).toEqual(["acc_2", "acc_3"]);
    expect(after.get("acc_2")?.title).toBe("newer");
  });

  it("stand by priority, then by age", () => {
    const rows = takeSnapshot(none, [
      account(1, { createdAt: 9 }),
      account(2, { createdAt: 5 }),
      account(3, { priority: 9, createdAt: 20 }),
    ]);
    expect(inOrder(rows).map(({ id }) => id)).toEqual(["acc_3", "acc_2", "acc_1"]);
  });
});

describe("whether jobs can be made at a provider", () => {
  const [free] = jobs.calls.providers.example.output.providers;
  const studio = { concurrency: 2, account: null } as ProviderSpec;
  const remote = {
    ...studio,
    id: "pixverse",
    account: { help: "", settings: {}, secrets: {}, concurrency: 5, creditType: "credits", untold: false },
  };

  it("needs no account where the provider needs none", () => {
    expect(readinessOf({ ...free, ...studio }, [], "usr_1")).toEqual({ kind: "ready", places: 2 });
  });

  it("adds up the places of all that take jobs, full or not", () => {
    const all = [account(1, { granted: 2 }), account(2, { granted: 3, state: "saturated" }), account(3, { granted: 4, state: "disabled" })];
    expect(readinessOf(remote, all, "usr_1")).toEqual({ kind: "ready", places: 5 });
  });

  it("is told apart: none at all, or none that can be used, with the reason", () => {
    const paused = account(1, { state: "disabled", reason: "Paused: resume it to use it again." });
    expect(readinessOf(remote, [account(2, { provider: "other" })], "usr_1")).toEqual({ kind: "none" });
    expect(readinessOf(remote, [paused], "usr_1")).toEqual({ kind: "unusable", reason: "Paused: resume it to use it again." });
  });

  it("does not count what an administrator sees of others, unless it is shared", () => {
    const others = account(1, { ownerId: "usr_2" });
    expect(readinessOf(remote, [others], "usr_1").kind).toBe("none");
    expect(readinessOf(remote, [{ ...others, shared: true }], "usr_1").kind).toBe("ready");
  });
});

describe("the store of accounts", () => {
  const inStore = (
    work: (parts: { client: ReturnType<typeof memoryClient>; store: ReturnType<typeof createAccountsStore> }) => Promise<void>,
  ) =>
    createRoot((dispose) => {
      const client = memoryClient({});
      return work({ client, store: createAccountsStore(client) }).finally(dispose);
    });

  it("is unknown at first, then moves with the topic until one has gone", () =>
    inStore(async ({ client, store }) => {
      expect(store.list()).toBeUndefined();
      client.snapshot("accounts.accounts", { accounts: [account(1), account(2)] });
      expect(store.list()).toHaveLength(2);
      client.deltas("accounts.accounts", [account(1, { rev: 2, busy: 4 }), account(2, { rev: 2, state: "removed" })]);
      await vi.waitFor(() => expect(store.row("acc_1")?.busy).toBe(4));
      expect(store.row("acc_2")).toBeUndefined();
      expect(store.list()).toHaveLength(1);
    }));

  it("shows at once what a call has answered", () =>
    inStore(async ({ client, store }) => {
      client.snapshot("accounts.accounts", { accounts: [] });
      store.put(account(7));
      expect(store.list()?.map(({ id }) => id)).toEqual(["acc_7"]);
    }));

  it("says why it cannot follow them, and tries again on request", () =>
    inStore(async ({ client, store }) => {
      client.refuse("accounts.accounts", new CallError("forbidden", "Not for you."));
      expect(store.problem()).toBe("Not for you.");
      store.retry();
      expect(store.problem()).toBeNull();
      expect(client.followers("accounts.accounts")).toBe(1);
      client.snapshot("accounts.accounts", { accounts: [account(1)] });
      expect(store.list()).toHaveLength(1);
    }));
});
