// What the wire asks of accounts. Everybody sees their own and the shared ones; only its owner, or an administrator, changes one. Credentials
// are sealed here before anything else hears of them.
import { Clock, Effect } from "effect";
import type * as z from "zod";
import { makeTurns } from "#actors/asset/turns.ts";
import { idFor } from "#actors/job/canonical.ts";
import type { Pause } from "#actors/pause/context.ts";
import { fromPauseRow, pausesChannel } from "#actors/pause/pauses.ts";
import { acknowledgedAccount } from "#actors/pool/actor.ts";
import { makeFollowQueues } from "#actors/pool/follow.ts";
import { makeTellPools } from "#actors/pool/tell.ts";
import { inWords } from "#actors/provider/form-words.ts";
import { Providers } from "#actors/provider/index.ts";
import type { AccountSpec, Provider } from "#actors/provider/provider.ts";
import { Database, type DatabaseError } from "#db/client/database.ts";
import {
  accountById,
  addCredential,
  removeCredential,
  replaceCredential,
  setCredentialDigest,
  visibleAccounts,
} from "#db/queries/account.ts";
import { jobsById } from "#db/queries/job.ts";
import { spendOf } from "#db/queries/ledger.ts";
import { quotaOf } from "#db/queries/quota.ts";
import { allPauses, setPause } from "#db/queries/pause.ts";
import type { Account, Pause as PauseSeen } from "#protocol/account.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { principalOf } from "#runtime/auth/handlers.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { Settings } from "#runtime/config/settings.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { CallContext, DomainHandlers, TopicMessage } from "#runtime/gateway/handlers.ts";
import { Vault } from "#runtime/vault/vault.ts";
import { accountsChannel } from "./actor.ts";
import { accountAddress } from "./address.ts";
import type { AccountContext, AccountEvent, AccountPlan } from "./context.ts";
import { sealCredentials } from "./credentials.ts";
import { type Access, makeDigest } from "./digest.ts";
import { makeDuplicates } from "./duplicate.ts";
import { fromStoredAccount } from "./row.ts";

const day = 86_400_000;

interface Caller {
  readonly userId: string;
  readonly isAdmin: boolean;
}

const caller = (context: CallContext): Effect.Effect<Caller, CallError> =>
  Effect.map(principalOf(context), ({ userId, role }) => ({ userId, isAdmin: role === "admin" }));

const isThere = (words: string): CallError =>
  new CallError("conflict", `${words}: change that one, as two would share its places and credits unawares.`);

const notFound = (id: string): CallError => new CallError("not_found", `The account ${id} does not exist, or is not yours.`);

/** Checked values of a form, or each fault with its place. What was entered is in no message: it may be a credential. */
const checked = <T extends z.ZodObject>(
  schema: T,
  values: unknown,
  part: "settings" | "secrets",
): Effect.Effect<z.output<T>, CallError> => {
  const result = schema.strict().safeParse(values, { error: inWords });
  if (result.success) return Effect.succeed(result.data as z.output<T>);
  const issues = result.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: [part, key], message: "There is no such field." }))
      : [{ path: [part, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))], message: issue.message }],
  );
  return Effect.fail(new CallError("invalid_input", issues.map(({ message }) => message).join(" "), { issues }));
};

const toClient = ({ ownerId, provider, since, rev }: Pause): PauseSeen => ({ everybody: ownerId === null, provider, since, rev });

const mayChange = (account: Account, { userId, isAdmin }: Caller): boolean => account.ownerId === userId || isAdmin;

/** Others see that a shared account is there and how it stands, not how it is set up. */
const seenBy = (account: Account, who: Caller): Account =>
  mayChange(account, who) ? account : { ...account, settings: {}, failure: null };

export const accountHandlers = Effect.gen(function* () {
  const database = yield* Database;
  const actors = yield* Actors;
  const bus = yield* Bus;
  const providers = yield* Providers;
  const settings = yield* Settings;
  const vault = yield* Vault;
  const followQueues = yield* makeFollowQueues;
  const tellPools = yield* makeTellPools;
  const duplicates = yield* makeDuplicates;
  const digestOf = yield* makeDigest;
  /** Those of one provider come one by one: two that are alike would both find nobody there. */
  const oneByOne = makeTurns();

  const visible = (account: Account, { userId, isAdmin }: Caller): boolean => account.shared || account.ownerId === userId || isAdmin;

  const list = Effect.fnUntraced(function* (who: Caller) {
    const rows = yield* orCallError(database.query((sql) => visibleAccounts(sql, who.userId, who.isAdmin)));
    return rows.map((row) => seenBy(fromStoredAccount(row), who));
  });

  /** One that the caller may see. */
  const known = Effect.fnUntraced(function* (id: string, who: Caller) {
    const [row] = yield* orCallError(database.query((sql) => accountById(sql, id)));
    const account = row === undefined ? undefined : fromStoredAccount(row);
    return account === undefined || account.state === "removed" || !visible(account, who) ? yield* Effect.fail(notFound(id)) : account;
  });

  /** One that the caller may change. */
  const own = Effect.fnUntraced(function* (id: string, who: Caller) {
    const account = yield* known(id, who);
    if (!mayChange(account, who))
      return yield* Effect.fail(new CallError("forbidden", "Only its owner or an administrator may change it."));
    return account;
  });

  const specOf = (id: string): Effect.Effect<{ provider: Provider; spec: AccountSpec }, CallError> => {
    const provider = providers.get(id);
    if (provider === undefined) return Effect.fail(new CallError("not_found", `There is no provider "${id}".`));
    if (provider.account === null) return Effect.fail(new CallError("not_found", `${provider.title} is used without an account.`));
    return Effect.succeed({ provider, spec: provider.account });
  };

  const mustBeAdmin = ({ isAdmin }: Caller, shared: boolean): Effect.Effect<void, CallError> =>
    shared && !isAdmin ? Effect.fail(new CallError("forbidden", "Only an administrator shares an account with everybody.")) : Effect.void;

  /** No other that the owner may use has the same credentials. */
  const mustBeAlone = Effect.fnUntraced(function* (id: string, ownerId: string, access: Access) {
    const rows = yield* orCallError(database.query((sql) => visibleAccounts(sql, ownerId, false)));
    // The same call again finds what it has made.
    const others = rows.map(fromStoredAccount).filter((each) => each.id !== id);
    const twin = yield* orCallError(duplicates.find(others, access));
    if (twin === undefined) return;
    return yield* Effect.fail(isThere(`This is the account “${twin.title}”, which is there already`));
  });

  /** Another process may add or change one at the same moment: then the database refuses the second. */
  const unlessTwin = <A>(write: Effect.Effect<A, DatabaseError>): Effect.Effect<A, CallError> =>
    Effect.catchTag(write, "DatabaseError", (error) =>
      error.reason === "conflict" ? Effect.fail(isThere("This account is there already")) : orCallError(Effect.fail(error)),
    );

  const digest = (ownerId: string, access: Access): Effect.Effect<string | null, CallError> =>
    digestOf(ownerId, access).pipe(
      Effect.catchTag("VaultError", ({ message }) => Effect.fail(new CallError("internal", message))),
      (made) => Effect.catchTag(made, "DatabaseError", (error) => orCallError(Effect.fail(error))),
    );

  const send = (id: string, event: AccountEvent): Effect.Effect<Account, CallError> =>
    Effect.map(actors.send(accountAddress(id), { ...event }), (done) => acknowledgedAccount(id, done));

  const handlers: DomainHandlers<"accounts"> = {
    calls: {
      "accounts.list": Effect.fnUntraced(function* (_input, context) {
        return { accounts: yield* list(yield* caller(context)) };
      }),

      "accounts.add": Effect.fnUntraced(
        function* (input, context) {
          const who = yield* caller(context);
          yield* mustBeAdmin(who, input.shared);
          const { provider, spec } = yield* specOf(input.provider);
          const plan: AccountPlan = {
            title: input.title,
            shared: input.shared,
            concurrency: input.concurrency ?? spec.concurrency,
            priority: input.priority,
            dailyLimit: input.dailyLimit,
            settings: yield* checked(spec.settings, input.settings, "settings"),
          };
          const secrets = yield* checked(spec.secrets, input.secrets, "secrets");
          const id = idFor("acc", who.userId, context.key);
          yield* mustBeAlone(id, who.userId, { provider: provider.id, settings: plan.settings, secrets });
          const sealed = yield* sealCredentials(vault, id, secrets as Readonly<Record<string, string>>);
          const of = yield* digest(who.userId, { provider: provider.id, settings: plan.settings, secrets });
          const [quota] = yield* orCallError(database.query((sql) => quotaOf(sql, who.userId)));
          const limit = who.isAdmin ? 1_000_000 : (quota?.accounts ?? settings.PIXSIM_ACCOUNTS_PER_USER);
          const now = yield* Clock.currentTimeMillis;
          const kept = yield* unlessTwin(
            database.transaction((tx) => addCredential(tx, { accountId: id, ownerId: who.userId, sealed, digest: of, now }, limit)),
          );
          if (kept === "full") {
            const message =
              limit === 0
                ? "You may have no accounts of your own: an admin can allow you some."
                : `You have ${limit === 1 ? "1 account" : `${limit} accounts`}, and no more are allowed: remove one first.`;
            return yield* Effect.fail(new CallError("quota_exceeded", message, { quota: "accounts", limit }));
          }
          const order = { id, ownerId: who.userId, provider: provider.id, providerTitle: provider.title, creditType: spec.creditType };
          return acknowledgedAccount(id, yield* actors.create(accountAddress(id), { order, plan }));
        },
        (adding, { provider }) => oneByOne(provider, adding),
      ),

      "accounts.update": Effect.fnUntraced(function* (input, context) {
        const who = yield* caller(context);
        const account = yield* own(input.id, who);
        if (input.shared === true && !account.shared) yield* mustBeAdmin(who, true);
        const { spec } = yield* specOf(account.provider);
        const plan: AccountPlan = {
          title: input.title ?? account.title,
          shared: input.shared ?? account.shared,
          concurrency: input.concurrency ?? account.concurrency,
          priority: input.priority ?? account.priority,
          dailyLimit: input.dailyLimit === undefined ? account.dailyLimit : input.dailyLimit,
          settings: input.settings === undefined ? account.settings : yield* checked(spec.settings, input.settings, "settings"),
        };
        if (input.secrets !== undefined) {
          const secrets = yield* checked(spec.secrets, input.secrets, "secrets");
          const { id, ownerId, provider } = account;
          const sealed = yield* sealCredentials(vault, id, secrets as Readonly<Record<string, string>>);
          const now = yield* Clock.currentTimeMillis;
          const access = { provider, settings: plan.settings, secrets };
          const of = yield* digest(ownerId, access);
          const replaced = unlessTwin(database.query((sql) => replaceCredential(sql, id, sealed, of, now)));
          yield* oneByOne(provider, Effect.andThen(mustBeAlone(id, ownerId, access), replaced));
        } else if (input.settings !== undefined) {
          const { id, ownerId, provider } = account;
          const secrets = yield* orCallError(duplicates.secretsOf(id));
          const access = secrets === null ? null : { provider, settings: plan.settings, secrets };
          const of = access === null ? null : yield* digest(ownerId, access);
          const changed = unlessTwin(database.query((sql) => setCredentialDigest(sql, id, of)));
          yield* oneByOne(provider, access === null ? changed : Effect.andThen(mustBeAlone(id, ownerId, access), changed));
        }
        const recheck = input.secrets !== undefined || input.settings !== undefined;
        return yield* send(account.id, { type: "account.changed", plan, recheck });
      }),

      "accounts.pause": Effect.fnUntraced(function* ({ id, paused }, context) {
        const account = yield* own(id, yield* caller(context));
        return yield* send(account.id, { type: "account.paused", paused });
      }),

      "accounts.pauseJobs": Effect.fnUntraced(function* ({ provider, everybody, paused }, context) {
        const { userId, isAdmin } = yield* caller(context);
        if (everybody && !isAdmin) {
          return yield* Effect.fail(new CallError("forbidden", "Only an administrator pauses the jobs of everybody."));
        }
        if (provider !== null && providers.get(provider) === undefined) {
          return yield* Effect.fail(new CallError("not_found", `There is no provider "${provider}".`));
        }
        const now = yield* Clock.currentTimeMillis;
        const where = { ownerId: everybody ? "" : userId, provider: provider ?? "", since: paused ? now : null };
        const [row] = yield* orCallError(database.query((sql) => setPause(sql, where)));
        const pause = fromPauseRow(row!);
        bus.publish(pausesChannel, pause);
        yield* tellPools(provider);
        return toClient(pause);
      }),

      "accounts.test": Effect.fnUntraced(function* ({ id }, context) {
        const account = yield* own(id, yield* caller(context));
        return yield* send(account.id, { type: "account.test" });
      }),

      "accounts.balances": Effect.fnUntraced(function* ({ id }, context) {
        yield* known(id, yield* caller(context));
        const { context: now } = yield* actors.view(accountAddress(id));
        // The host's types end at the machine: the context is the one that the account machine made.
        return { balances: [...(now as unknown as AccountContext).balances] };
      }),

      "accounts.remove": Effect.fnUntraced(function* ({ id }, context) {
        const account = yield* own(id, yield* caller(context));
        const now = yield* send(account.id, { type: "account.removed" });
        if (now.state !== "removed") {
          const message = `${now.busy === 1 ? "A job is" : `${now.busy} jobs are`} under way there: pause it, and remove it when they have ended.`;
          return yield* Effect.fail(new CallError("conflict", message));
        }
        yield* orCallError(database.query((sql) => removeCredential(sql, id)));
        return {};
      }),

      "accounts.spend": Effect.fnUntraced(function* ({ days, everybody }, context) {
        const { userId, isAdmin } = yield* caller(context);
        if (everybody && !isAdmin) {
          return yield* Effect.fail(new CallError("forbidden", "Only an administrator sees what others have spent."));
        }
        const today = Math.floor((yield* Clock.currentTimeMillis) / day) * day;
        const rows = yield* orCallError(database.query((sql) => spendOf(sql, everybody ? null : userId, today - (days - 1) * day)));
        return { rows };
      }),
    },
    streams: {},
    topics: {
      "accounts.queue": Effect.fnUntraced(function* ({ jobId }, context, _from, emit) {
        const { userId } = yield* caller(context);
        if (jobId !== undefined) {
          const [job] = yield* orCallError(database.query((sql) => jobsById(sql, userId, [jobId])));
          if (job === undefined) return yield* Effect.fail(new CallError("not_found", "There is no such job."));
        }
        return yield* followQueues(userId, jobId, emit);
      }),
      "accounts.pauses": Effect.fnUntraced(function* (_params, context, from, emit) {
        const { userId } = yield* caller(context);
        const concern = (pauses: ReadonlyArray<Pause>) => pauses.filter(({ ownerId }) => (ownerId ?? userId) === userId).map(toClient);
        const snapshot = Effect.map(orCallError(database.query(allPauses)), (rows) => ({
          pauses: concern(rows.map(fromPauseRow)).filter(({ since }) => since !== null),
        }));
        const seen = (message: TopicMessage): TopicMessage =>
          message.type === "delta" ? { ...message, json: JSON.stringify(concern(JSON.parse(message.json) as Array<Pause>)) } : message;
        return yield* bus.follow(pausesChannel, from, snapshot, (message) => emit(seen(message)));
      }),

      "accounts.accounts": Effect.fnUntraced(function* (_params, context, from, emit) {
        const who = yield* caller(context);
        /** Those that this client knows of: it is told when one is no longer its to see. */
        const known = new Set<string>();
        const snapshot = Effect.map(list(who), (accounts) => {
          for (const { id } of accounts) known.add(id);
          return { accounts };
        });
        const seen = (account: Account): ReadonlyArray<Account> => {
          if (visible(account, who)) {
            known.add(account.id);
            return [seenBy(account, who)];
          }
          return known.delete(account.id) ? [{ ...account, state: "removed", settings: {}, failure: null, reason: null }] : [];
        };
        const filtered = (message: TopicMessage): TopicMessage =>
          message.type === "delta"
            ? { ...message, json: JSON.stringify((JSON.parse(message.json) as Array<Account>).flatMap(seen)) }
            : message;
        return yield* bus.follow(accountsChannel, from, snapshot, (message) => emit(filtered(message)));
      }),
    },
  };
  return handlers;
});
