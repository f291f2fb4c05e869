// What the wire asks of the prompt library. Everything is the signed-in user's own: what belongs to another does not exist. What a key
// made is found again by the ids that are derived from it.
import { Clock, Effect } from "effect";
import { idFor } from "#actors/job/canonical.ts";
import { libraryOf, notFound, ownerOf, refuse, reused, wordsOf } from "#actors/library.ts";
import { pageOf, placeOf } from "#actors/page.ts";
import * as query from "#db/queries/prompt.ts";
import type { PromptKind } from "#protocol/prompt.ts";
import { faultAt, faultOfTitle, faultsOfWording } from "#protocol/template/check.ts";
import { parseTemplate } from "#protocol/template/parse.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { DomainHandlers } from "#runtime/gateway/handlers.ts";
import { promptView, resultsView, versionView } from "./view.ts";

/** What one user may keep outside of the trash, and versions of one of them. */
export const promptQuotas = { prompts: 2000, versions: 100 } as const;

type Issue = { readonly path: ReadonlyArray<string>; readonly message: string };

const noPrompt = (id: string): CallError => notFound(`The prompt ${id}`);
const noVersion = (id: string): CallError => notFound(`The version ${id}`);
const sameTitle = (title: string): CallError =>
  new CallError("conflict", `There is a list "${title}" already. Lists are told apart by their titles.`);
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

/** The handlers of the domain `prompts`. */
export const promptHandlers = Effect.gen(function* () {
  const library = yield* libraryOf({
    name: "prompts",
    view: promptView,
    missing: noPrompt,
    most: promptQuotas.prompts,
    tooMany,
    lock: query.lockPrompts,
    byId: query.promptsById,
    list: query.listPrompts,
    count: query.countPrompts,
    setDeleted: query.setPromptsDeleted,
  });
  const { change, one, tell } = library;

  const version = Effect.fnUntraced(function* (ownerId: string, id: string) {
    const [row] = yield* library.query((sql) => query.versionById(sql, ownerId, id));
    return row === undefined ? yield* Effect.fail(noVersion(id)) : row;
  });

  const handlers: DomainHandlers<"prompts"> = {
    calls: {
      "prompts.list": Effect.fnUntraced(function* ({ kind, search, deleted, cursor, limit }, context) {
        const filter = { kind, words: wordsOf(search), deleted };
        const { items, next } = yield* library.page(yield* ownerOf(context), filter, yield* placeOf(cursor), limit);
        return { prompts: items, next };
      }),

      "prompts.get": Effect.fnUntraced(function* ({ id }, context) {
        const ownerId = yield* ownerOf(context);
        const prompt = promptView(yield* one(ownerId, id));
        const rows = yield* library.query((sql) => query.versionsWithResults(sql, ownerId, id));
        return { prompt, versions: rows.map((row) => Object.assign(versionView(row), { results: resultsView(row) })) };
      }),

      "prompts.version": Effect.fnUntraced(function* ({ id }, context) {
        const ownerId = yield* ownerOf(context);
        const row = yield* version(ownerId, id);
        return { prompt: promptView(yield* one(ownerId, row.prompt_id)), version: versionView(row) };
      }),

      "prompts.create": Effect.fnUntraced(function* ({ kind, title, text, negative, note }, context) {
        const ownerId = yield* ownerOf(context);
        const issues = [...titleIssues(kind, title), ...wordingIssues(kind, { text, negative })];
        if (issues.length > 0) return yield* Effect.fail(refuse(issues));
        const [id, versionId] = [idFor("prm", ownerId, context.key), idFor("prv", ownerId, context.key)];
        const now = yield* Clock.currentTimeMillis;
        yield* change(ownerId, async (tx) => {
          const [made] = context.key === undefined ? [] : await query.versionById(tx, ownerId, versionId);
          if (made !== undefined) return made.text === text && made.negative === negative ? undefined : reused();
          const full = await library.fullFor(tx, ownerId, 1);
          if (full !== undefined) return full;
          if (kind === "list" && (await query.listByTitle(tx, ownerId, title)).length > 0) return sameTitle(title);
          await query.insertPrompt(tx, { id, owner_id: ownerId, kind, title, created_at: now }, versionId);
          const first = { id: versionId, prompt_id: id, owner_id: ownerId, parent_id: null, number: 1 };
          await query.insertVersion(tx, { ...first, text, negative, note, created_at: now });
          return undefined;
        });
        return yield* tell(ownerId, id);
      }),

      "prompts.addVersion": Effect.fnUntraced(function* ({ parentId, text, negative, note }, context) {
        const ownerId = yield* ownerOf(context);
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
        const ownerId = yield* ownerOf(context);
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
        const ownerId = yield* ownerOf(context);
        const [changed] = yield* library.query((sql) => query.annotateVersion(sql, ownerId, versionId, { note: note ?? null, rating }));
        if (changed === undefined) return yield* Effect.fail(noVersion(versionId));
        return { prompt: yield* tell(ownerId, changed.prompt_id), version: versionView(yield* version(ownerId, versionId)) };
      }),

      "prompts.delete": Effect.fnUntraced(function* ({ ids }, context) {
        yield* library.trash(yield* ownerOf(context), ids);
        return { deleted: ids };
      }),

      "prompts.restore": Effect.fnUntraced(function* ({ ids }, context) {
        const ownerId = yield* ownerOf(context);
        yield* library.restore(ownerId, ids, async (tx, back) => {
          const titles = new Set<string>();
          for (const { kind, title } of back) {
            if (kind !== "list") continue;
            const taken = titles.has(title.toLowerCase()) || (await query.listByTitle(tx, ownerId, title)).length > 0;
            if (taken) return sameTitle(title);
            titles.add(title.toLowerCase());
          }
          return undefined;
        });
        return { restored: ids };
      }),

      "prompts.history": Effect.fnUntraced(function* ({ search, cursor, limit }, context) {
        const ownerId = yield* ownerOf(context);
        const after = yield* placeOf(cursor);
        const rows = yield* library.query((sql) => query.usedPrompts(sql, ownerId, wordsOf(search), after, limit + 1));
        const { rows: first, next } = pageOf(rows, limit, (row) => ({ createdAt: row.last_used_at, ordinal: row.ordinal, id: row.job_id }));
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
        const ownerId = yield* ownerOf(context);
        return yield* library.follow(ownerId, from, ({ items, ...rest }) => ({ prompts: items, ...rest }), emit);
      }),
    },
  };
  return handlers;
});
