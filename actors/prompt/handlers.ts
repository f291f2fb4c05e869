// What the wire asks of the prompt library. Everything is the signed-in user's own: what belongs to another does not exist. What a key
// made is found again by the ids that are derived from it.
import { Clock, Effect } from "effect";
import { idFor } from "#actors/job/canonical.ts";
import { createdPlace, pageOf, type Place, placeOf } from "#actors/page.ts";
import { Database } from "#db/client/database.ts";
import * as query from "#db/queries/prompt.ts";
import type { PromptKind } from "#protocol/prompt.ts";
import { faultAt, faultOfTitle, faultsOfWording } from "#protocol/template/check.ts";
import { parseTemplate } from "#protocol/template/parse.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { principalOf } from "#runtime/auth/handlers.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { CallContext, DomainHandlers } from "#runtime/gateway/handlers.ts";
import { promptView, resultsView, versionView } from "./view.ts";

/** What one user may keep outside of the trash, and versions of one of them. */
export const promptQuotas = { prompts: 2000, versions: 100 } as const;
/** Rows of the snapshot of the topic. */
const snapshotRows = 100;
/** Words of one search. */
const maxWords = 10;

type Issue = { readonly path: ReadonlyArray<string>; readonly message: string };

const owner = (context: CallContext): Effect.Effect<string, CallError> => Effect.map(principalOf(context), ({ userId }) => userId);

const refuse = (issues: ReadonlyArray<Issue>): CallError =>
  new CallError("invalid_input", issues.map(({ message }) => message).join(" "), { issues });

const notFound = (what: string): CallError => new CallError("not_found", `${what} does not exist, or is not yours.`);
const noPrompt = (id: string): CallError => notFound(`The prompt ${id}`);
const noVersion = (id: string): CallError => notFound(`The version ${id}`);
const sameTitle = (title: string): CallError =>
  new CallError("conflict", `There is a list "${title}" already. Lists are told apart by their titles.`);
const reused = (): CallError => new CallError("idempotency_conflict", "This idempotency key was used before with another content.");
const tooMany = (): CallError =>
  new CallError(
    "quota_exceeded",
    `You keep ${promptQuotas.prompts} prompts, styles and lists, which is all there is room for: delete some first.`,
    {
      quota: "prompts",
      limit: promptQuotas.prompts,
    },
  );
const tooManyVersions = (): CallError =>
  new CallError("quota_exceeded", `It has ${promptQuotas.versions} versions, which is the most: go on with a new one.`, {
    quota: "promptVersions",
    limit: promptQuotas.versions,
  });

const wordsOf = (search: string | undefined): ReadonlyArray<string> =>
  (search ?? "")
    .split(/\s+/)
    .filter((word) => word !== "")
    .slice(0, maxWords);

const wordingIssues = (
  kind: PromptKind,
  { text, negative }: { readonly text: string; readonly negative: string },
): ReadonlyArray<Issue> => [
  ...faultsOfWording(kind, text).map((fault) => ({ path: ["text"], message: faultAt(text, fault) })),
  ...parseTemplate(negative).faults.map((fault) => ({ path: ["negative"], message: faultAt(negative, fault) })),
  ...(kind === "list" && negative !== "" ? [{ path: ["negative"], message: "A list has no negative prompt." }] : []),
];

const titleIssues = (kind: PromptKind, title: string): ReadonlyArray<Issue> => {
  const message = faultOfTitle(kind, title);
  return message === null ? [] : [{ path: ["title"], message }];
};

/** Channel of an owner's changes. */
const promptChannel = (ownerId: string): string => `prompts:${ownerId}`;

/** The handlers of the domain `prompts`. */
export const promptHandlers = Effect.gen(function* () {
  const database = yield* Database;
  const bus = yield* Bus;

  const one = Effect.fnUntraced(function* (ownerId: string, id: string) {
    const [row] = yield* orCallError(database.query((sql) => query.promptsById(sql, ownerId, [id])));
    return row === undefined ? yield* Effect.fail(noPrompt(id)) : row;
  });

  const version = Effect.fnUntraced(function* (ownerId: string, id: string) {
    const [row] = yield* orCallError(database.query((sql) => query.versionById(sql, ownerId, id)));
    return row === undefined ? yield* Effect.fail(noVersion(id)) : row;
  });

  /** As it stands now, told to whoever follows. */
  const tell = Effect.fnUntraced(function* (ownerId: string, id: string) {
    const prompt = promptView(yield* one(ownerId, id));
    bus.publish(promptChannel(ownerId), prompt);
    return prompt;
  });

  /** A change of the owner's library: one at a time. What it answers with instead of making the change is the call's failure. */
  const change = (
    ownerId: string,
    run: Parameters<typeof database.transaction<CallError | undefined>>[0],
  ): Effect.Effect<void, CallError> =>
    Effect.flatMap(
      orCallError(
        database.transaction(async (tx) => {
          await query.lockPrompts(tx, ownerId);
          return run(tx);
        }),
      ),
      (refused) => (refused === undefined ? Effect.void : Effect.fail(refused)),
    );

  const page = Effect.fnUntraced(function* (ownerId: string, filter: query.PromptFilterArgs, after: Place | null, limit: number) {
    const rows = yield* orCallError(database.query((sql) => query.listPrompts(sql, ownerId, filter, after, limit + 1)));
    const { rows: first, next } = pageOf(rows, limit, createdPlace);
    return { prompts: first.map(promptView), next };
  });

  const snapshot = Effect.fnUntraced(function* (ownerId: string) {
    const [counted] = yield* orCallError(database.query((sql) => query.countPrompts(sql, ownerId)));
    return { count: counted?.count ?? 0, ...(yield* page(ownerId, { words: [], deleted: false }, null, snapshotRows)) };
  });

  /** All of these are there, in the trash or not. */
  const known = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>) {
    const rows = yield* orCallError(database.query((sql) => query.promptsById(sql, ownerId, ids)));
    const found = new Set(rows.map(({ id }) => id));
    const missing = ids.find((id) => !found.has(id));
    return missing === undefined ? rows : yield* Effect.fail(noPrompt(missing));
  });

  const handlers: DomainHandlers<"prompts"> = {
    calls: {
      "prompts.list": Effect.fnUntraced(function* ({ kind, search, deleted, cursor, limit }, context) {
        return yield* page(yield* owner(context), { kind, words: wordsOf(search), deleted }, yield* placeOf(cursor), limit);
      }),

      "prompts.get": Effect.fnUntraced(function* ({ id }, context) {
        const ownerId = yield* owner(context);
        const prompt = promptView(yield* one(ownerId, id));
        const rows = yield* orCallError(database.query((sql) => query.versionsWithResults(sql, ownerId, id)));
        return { prompt, versions: rows.map((row) => Object.assign(versionView(row), { results: resultsView(row) })) };
      }),

      "prompts.version": Effect.fnUntraced(function* ({ id }, context) {
        const ownerId = yield* owner(context);
        const row = yield* version(ownerId, id);
        return { prompt: promptView(yield* one(ownerId, row.prompt_id)), version: versionView(row) };
      }),

      "prompts.create": Effect.fnUntraced(function* ({ kind, title, text, negative, note }, context) {
        const ownerId = yield* owner(context);
        const issues = [...titleIssues(kind, title), ...wordingIssues(kind, { text, negative })];
        if (issues.length > 0) return yield* Effect.fail(refuse(issues));
        const [id, versionId] = [idFor("prm", ownerId, context.key), idFor("prv", ownerId, context.key)];
        const now = yield* Clock.currentTimeMillis;
        yield* change(ownerId, async (tx) => {
          const [made] = context.key === undefined ? [] : await query.versionById(tx, ownerId, versionId);
          if (made !== undefined) return made.text === text && made.negative === negative ? undefined : reused();
          const [counted] = await query.countPrompts(tx, ownerId);
          if ((counted?.count ?? 0) >= promptQuotas.prompts) return tooMany();
          if (kind === "list" && (await query.listByTitle(tx, ownerId, title)).length > 0) return sameTitle(title);
          await query.insertPrompt(tx, { id, owner_id: ownerId, kind, title, created_at: now }, versionId);
          const first = { id: versionId, prompt_id: id, owner_id: ownerId, parent_id: null, number: 1 };
          await query.insertVersion(tx, { ...first, text, negative, note, created_at: now });
          return undefined;
        });
        return yield* tell(ownerId, id);
      }),

      "prompts.addVersion": Effect.fnUntraced(function* ({ parentId, text, negative, note }, context) {
        const ownerId = yield* owner(context);
        const { prompt_id: id } = yield* version(ownerId, parentId);
        const { kind } = yield* one(ownerId, id);
        const issues = wordingIssues(kind, { text, negative });
        if (issues.length > 0) return yield* Effect.fail(refuse(issues));
        const versionId = idFor("prv", ownerId, context.key);
        const now = yield* Clock.currentTimeMillis;
        yield* change(ownerId, async (tx) => {
          const [made] = context.key === undefined ? [] : await query.versionById(tx, ownerId, versionId);
          if (made !== undefined)
            return made.parent_id === parentId && made.text === text && made.negative === negative ? undefined : reused();
          const [prompt] = await query.promptsById(tx, ownerId, [id]);
          if (prompt === undefined) return noVersion(parentId);
          if (prompt.versions >= promptQuotas.versions) return tooManyVersions();
          const next = { id: versionId, prompt_id: id, owner_id: ownerId, parent_id: parentId, number: prompt.versions + 1 };
          const row = { ...next, text, negative, note, created_at: now };
          await query.insertVersion(tx, row);
          await query.setLatest(tx, row);
          return undefined;
        });
        return yield* tell(ownerId, id);
      }),

      "prompts.rename": Effect.fnUntraced(function* ({ id, title }, context) {
        const ownerId = yield* owner(context);
        const { kind } = yield* one(ownerId, id);
        const issues = titleIssues(kind, title);
        if (issues.length > 0) return yield* Effect.fail(refuse(issues));
        const now = yield* Clock.currentTimeMillis;
        yield* change(ownerId, async (tx) => {
          const taken = kind === "list" ? await query.listByTitle(tx, ownerId, title) : [];
          if (taken.some((other) => other.id !== id)) return sameTitle(title);
          await query.renamePrompt(tx, id, title, now);
          return undefined;
        });
        return yield* tell(ownerId, id);
      }),

      "prompts.annotate": Effect.fnUntraced(function* ({ versionId, note, rating }, context) {
        const ownerId = yield* owner(context);
        const [changed] = yield* orCallError(
          database.query((sql) => query.annotateVersion(sql, ownerId, versionId, { note: note ?? null, rating })),
        );
        if (changed === undefined) return yield* Effect.fail(noVersion(versionId));
        return { prompt: yield* tell(ownerId, changed.prompt_id), version: versionView(yield* version(ownerId, versionId)) };
      }),

      "prompts.delete": Effect.fnUntraced(function* ({ ids }, context) {
        const ownerId = yield* owner(context);
        yield* known(ownerId, ids);
        const now = yield* Clock.currentTimeMillis;
        const changed = yield* orCallError(database.query((sql) => query.setPromptsDeleted(sql, ownerId, ids, now)));
        yield* Effect.forEach(changed, ({ id }) => tell(ownerId, id), { discard: true });
        return { deleted: ids };
      }),

      "prompts.restore": Effect.fnUntraced(function* ({ ids }, context) {
        const ownerId = yield* owner(context);
        const back = (yield* known(ownerId, ids)).filter(({ deleted_at: at }) => at !== null);
        yield* change(ownerId, async (tx) => {
          const [counted] = await query.countPrompts(tx, ownerId);
          if ((counted?.count ?? 0) + back.length > promptQuotas.prompts) return tooMany();
          const titles = new Set<string>();
          for (const { kind, title } of back) {
            if (kind !== "list") continue;
            const taken = titles.has(title.toLowerCase()) || (await query.listByTitle(tx, ownerId, title)).length > 0;
            if (taken) return sameTitle(title);
            titles.add(title.toLowerCase());
          }
          await query.setPromptsDeleted(tx, ownerId, ids, null);
          return undefined;
        });
        yield* Effect.forEach(back, ({ id }) => tell(ownerId, id), { discard: true });
        return { restored: ids };
      }),

      "prompts.history": Effect.fnUntraced(function* ({ search, cursor, limit }, context) {
        const ownerId = yield* owner(context);
        const after = yield* placeOf(cursor);
        const rows = yield* orCallError(database.query((sql) => query.usedPrompts(sql, ownerId, wordsOf(search), after, limit + 1)));
        const { rows: first, next } = pageOf(rows, limit, (row) => ({ createdAt: row.last_used_at, id: row.job_id }));
        return {
          used: first.map((row) => ({
            text: row.text,
            negative: row.negative,
            jobs: row.jobs,
            lastUsedAt: row.last_used_at,
            jobId: row.job_id,
          })),
          next,
        };
      }),
    },
    streams: {},
    topics: {
      "prompts.prompts": Effect.fnUntraced(function* (_params, context, from, emit) {
        const ownerId = yield* owner(context);
        return yield* bus.follow(promptChannel(ownerId), from, snapshot(ownerId), emit);
      }),
    },
  };
  return handlers;
});
