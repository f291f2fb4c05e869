// All jobs of one call: each cell of its grid checked against what its provider takes, and none made unless all can be. And what they would
// come to together.
import { Effect } from "effect";
import { emptyQueue, explain, pauseOf, type PoolQueue, type PoolRules, queueOfOne, reasonFor } from "#actors/pool/queue.ts";
import { verdictWords, waitWords } from "#actors/pool/view.ts";
import { amountOf, concerns, fits, mostOf, partWords } from "#actors/spend/context.ts";
import type { Account } from "#protocol/account.ts";
import { cellAt, cellsOf, cellWords, gridFaults, requestAt } from "#protocol/grid.ts";
import type { BatchEstimate, Grid, JobCell, JobRequest } from "#protocol/job.ts";
import { formatAmount, formatPrice } from "#protocol/price.ts";
import { promptSource } from "#actors/prompt/source.ts";
import { type Fall, fallsOf, placedIssues, prepareFall, ruleIssues, wordedAt } from "./fallback.ts";
import { checkAll, sourcesOf, type Issue, operationOf, type Prepared, prepareWith, refuse, type Target } from "./request.ts";
import { choiceSeed, wordingOf } from "./wording.ts";

/** Faults that are told of one call. */
const mostFaults = 50;

export interface Batch {
  readonly request: JobRequest;
  readonly count: number;
  readonly grid?: Grid | undefined;
}

/** A cell as it was asked for; a request without a grid is one cell. */
interface Asked {
  readonly target: Target;
  readonly request: JobRequest;
  readonly cell: JobCell;
  /** Where it is to go on. */
  readonly falls: ReadonlyArray<Fall>;
  readonly issues: ReadonlyArray<Issue>;
}

/** Errors: not_found for a provider, invalid_input where the grid itself or a provider's operation is wrong. */
const askedOf = Effect.fnUntraced(function* ({ request, count, grid }: Batch) {
  const asAsked = Effect.fnUntraced(function* (target: Target, at: JobRequest, cell: JobCell, issues: ReadonlyArray<Issue>) {
    const asked: Asked = { target, request: at, cell, falls: yield* fallsOf(target, at), issues: [...issues, ...ruleIssues(at)] };
    return asked;
  });
  if (grid === undefined) return [yield* asAsked(yield* operationOf(request), request, [], [])];
  const faults = gridFaults(grid, count);
  if (faults.length > 0) return yield* Effect.fail(refuse(faults));
  return yield* Effect.forEach(cellsOf(grid), (place) =>
    Effect.gen(function* () {
      const { request: at, seed } = requestAt(request, grid, place);
      const target = yield* operationOf(at);
      const cell = cellAt(request, grid, place);
      if (seed === null) return yield* asAsked(target, at, cell, []);
      const name = target.form.seed?.name;
      const message = `${target.provider.title} takes no seed for this: leave the seed out, or vary something else.`;
      return yield* name === undefined
        ? asAsked(target, at, cell, [{ path: ["request", "params", "seed"], message }])
        : asAsked(target, { ...at, params: { ...at.params, [name]: seed } }, cell, []);
    }),
  );
});

/** The place of a fault in the call: what an axis has set is wrong there, not in the request. */
const placed = (cell: JobCell, { form }: Target, path: Issue["path"], grid: Grid | undefined): Issue["path"] => {
  const [, group, param, ...rest] = path;
  if (group !== "params") return path;
  const axis = cell.findIndex((each) => each.axis === param || (each.axis === "seed" && form.seed?.name === param));
  if (axis >= 0) return ["grid", "axes", axis, "values", cell[axis]!.index, ...rest];
  // What a provider of the grid has of its own stands for that of the request.
  const at = cell.findIndex((each) => each.axis === "provider");
  const providers = grid?.axes[at];
  const index = cell[at]?.index ?? -1;
  return providers?.by === "provider" && providers.values[index]?.params !== undefined
    ? ["grid", "axes", at, "values", index, ...path.slice(1)]
    : path;
};

/** What is wrong at cells, each fault once: with the cells it is of, unless all have it. */
const faultsOf = (
  cells: ReadonlyArray<{ readonly cell: JobCell; readonly target: Target; readonly issues: ReadonlyArray<Issue> }>,
  grid: Grid | undefined,
): ReadonlyArray<Issue> => {
  const found = new Map<string, { readonly issue: Issue; readonly first: JobCell; readonly title: string; cells: number }>();
  for (const { cell, target, issues } of cells) {
    for (const { path, message } of issues) {
      const issue = { path: placed(cell, target, path, grid), message };
      const key = JSON.stringify(issue);
      const known = found.get(key);
      if (known === undefined) found.set(key, { issue, first: cell, title: target.provider.title, cells: 1 });
      else known.cells++;
    }
  }
  return [...found.values()].slice(0, mostFaults).map(({ issue, first, title, cells: of }) => {
    if (of === cells.length || first.length === 0) return issue;
    const more = of === 1 ? "" : ` (and ${of - 1} more)`;
    return { path: issue.path, message: `At ${cellWords(first, () => title)}${more}: ${issue.message}` };
  });
};

/** What the prompt of a request is made from; null: it is sent as it is. Errors: not_found. */
const sourceOf = (ownerId: string, { request }: Batch) =>
  request.prompt === undefined ? Effect.succeed(null) : promptSource(ownerId, request.prompt);

/**
 * Jobs to be made: of each cell so many, with different seeds. `drawnFor`: what choices in the prompt are drawn by, where no seed is asked for; the
 * same take has the same words in all cells. Errors: not_found for a provider, an input or a prompt, invalid_input.
 */
export const prepareBatch = Effect.fnUntraced(function* (ownerId: string, batch: Batch, drawnFor: string, now: number) {
  const asked = yield* askedOf(batch);
  const inputs = yield* sourcesOf(ownerId, batch.request.inputs);
  const source = yield* sourceOf(ownerId, batch);
  const takes = batch.count === 1 ? [null] : Array.from({ length: batch.count }, (_, index) => index);
  const jobs = asked.flatMap(({ target, request, cell, falls, issues }) => {
    const wording = wordingOf(target, request, source);
    const prepared = (take: number) => {
      const seed = choiceSeed(request.prompt?.seed, drawnFor, take);
      const worded = wording(seed);
      const made = prepareWith(target, worded.request, inputs, now, worded.template);
      const elsewhere = falls.map((fall) => prepareFall(fall, source, seed, inputs, now));
      return {
        prepared: { ...made.prepared, falls: elsewhere.map((each) => each.prepared) },
        issues: [...issues, ...(worded.issues.length > 0 ? worded.issues : made.issues), ...elsewhere.flatMap((each) => each.issues)],
      };
    };
    // What is sent as it was written is the same in all of them.
    const first = prepared(0);
    return takes.map((index) => {
      const { prepared: one, issues: found } = source === null || index === null || index === 0 ? first : prepared(index);
      return { target, cell, index, prepared: one, issues: found };
    });
  });
  const faults = faultsOf(jobs, batch.grid);
  if (faults.length > 0) return yield* Effect.fail(refuse(faults));
  return jobs.map(({ prepared, cell, index }) => ({ prepared, cell, index }));
});

/** What one job would cost and take. */
export interface Single extends Pick<Prepared, "provider"> {
  readonly credits: number;
  readonly durationMs: number;
  readonly waitMs: number;
  /** What it would cost where it may go on. */
  readonly falls: ReadonlyArray<{ readonly provider: Prepared["provider"]; readonly credits: number }>;
}

/** What each cell would come to. Errors: not_found for a provider, invalid_input. */
export const singlesOf = Effect.fnUntraced(function* (
  ownerId: string,
  batch: Batch,
  timeOf: (target: Target, request: JobRequest, params: Prepared["params"]) => { readonly expectedMs: number; readonly waitMs: number },
) {
  const asked = yield* askedOf(batch);
  const source = yield* sourceOf(ownerId, batch);
  const seed = choiceSeed(batch.request.prompt?.seed, "", 0);
  const checked = asked.map(({ target, request: written, cell, falls, issues: before }) => {
    const { request, issues: ofWords } = wordingOf(target, written, source)(seed);
    const { params, issues } = checkAll(target, request.params);
    const elsewhere = falls.map((fall) => {
      const worded = wordedAt(fall, source, seed);
      const there = checkAll(fall.target, worded.request.params);
      return { ...fall, params: there.params, issues: placedIssues(fall, worded.issues.length > 0 ? worded.issues : there.issues) };
    });
    const faults = [...before, ...(ofWords.length > 0 ? ofWords : issues), ...elsewhere.flatMap((fall) => fall.issues)];
    return { target, request, cell, params, elsewhere, issues: faults };
  });
  const faults = faultsOf(checked, batch.grid);
  if (faults.length > 0) return yield* Effect.fail(refuse(faults));
  return checked.map(({ target, request, params, elsewhere }): Single => {
    const { expectedMs: durationMs, waitMs } = timeOf(target, request, params);
    const falls = elsewhere.map((fall) => ({
      provider: fall.target.provider,
      credits: fall.target.operation.estimate(fall.params).credits,
    }));
    return { provider: target.provider, credits: target.operation.estimate(params).credits, durationMs, waitMs, falls };
  });
});

const most = (numbers: ReadonlyArray<number>): number => numbers.reduce((a, b) => Math.max(a, b), 0);

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((a, b) => a + b, 0);

interface ProviderPart {
  readonly part: BatchEstimate["parts"][number];
  readonly accounts: BatchEstimate["accounts"];
  readonly waits: ReadonlyArray<string>;
}

const pausedWords = (queue: PoolQueue, ownerId: string, title: string): ReadonlyArray<string> =>
  pauseOf(queue.rules, ownerId) === null ? [] : [reasonFor(queue, ownerId, title)];

/** Why some of them wait for a budget that has room for one, but not for all; none: all have room. */
const partlyHeld = (rules: PoolRules, ownerId: string, costs: ReadonlyArray<number>, count: number, title: string): ReadonlyArray<string> =>
  rules.budgets.flatMap((budget) => {
    const limit = mostOf(budget);
    const amount = sum(costs.map((cost) => amountOf(budget, cost))) * count;
    return limit === null || !concerns(budget, { ...rules, ownerId }) || fits(budget.used, amount, limit)
      ? []
      : partWords(budget, amount, title);
  });

const partOf = (
  ownerId: string,
  singles: ReadonlyArray<Single>,
  count: number,
  known: ReadonlyArray<Account>,
  rules: PoolRules,
): ProviderPart => {
  const { id, title, account } = singles[0]!.provider;
  const costs = singles.map(({ credits }) => credits);
  const credits = sum(costs) * count;
  const part = {
    provider: id,
    jobs: singles.length * count,
    credits,
    creditType: account?.creditType ?? null,
    durationMs: sum(singles.map(({ durationMs }) => durationMs)) * count,
    waitMs: most(singles.map(({ waitMs }) => waitMs)),
  };
  const cheapest = Math.min(...costs);
  const queue = queueOfOne(rules, known, ownerId, cheapest);
  // Without accounts only a pause holds it back.
  if (account === null) return { part, accounts: [], waits: pausedWords(queue, ownerId, title) };
  const verdicts = explain(queue, { ownerId, cost: cheapest });
  const accounts = verdicts.map((verdict) => ({
    provider: id,
    accountId: verdict.account.id,
    title: verdict.account.title,
    serves: verdict.against === null,
    reason: verdict.against === null ? null : verdictWords(verdict, cheapest),
  }));
  const [waiter] = queue.waiting[ownerId] ?? [];
  const waits =
    waiter === undefined || accounts.some(({ serves }) => serves)
      ? [...partlyHeld(rules, ownerId, costs, count, title)]
      : [waitWords(queue, waiter, 0, title)];
  const lefts = known.map((each) => (each.credits === null ? null : Math.max(0, each.credits.amount - each.held)));
  const left = lefts.includes(null) || lefts.length === 0 ? null : sum(lefts.map((each) => each ?? 0));
  if (left !== null && left < credits)
    waits.push(
      `${part.jobs === 1 ? "It takes" : "They take"} ${formatPrice(part.credits, account.creditType)} at ${title}, and your accounts there have ${formatAmount(left, account.creditType)}.`,
    );
  return { part, accounts, waits };
};

/** All jobs of a call together. `accounts`: those that their owner may use, of each provider that needs one; `rules`: what holds its jobs back there. */
export const batchEstimate = (
  ownerId: string,
  singles: ReadonlyArray<Single>,
  count: number,
  accounts: ReadonlyMap<string, ReadonlyArray<Account>>,
  rules: ReadonlyMap<string, PoolRules>,
  refusals: ReadonlyArray<string>,
): BatchEstimate => {
  const parts = [...Map.groupBy(singles, ({ provider }) => provider.id)].map(([provider, own]) =>
    partOf(ownerId, own, count, accounts.get(provider) ?? [], rules.get(provider) ?? emptyQueue(provider).rules),
  );
  return {
    credits: most(singles.map(({ credits }) => credits)),
    durationMs: most(singles.map(({ durationMs }) => durationMs)),
    waitMs: most(singles.map(({ waitMs }) => waitMs)),
    jobs: singles.length * count,
    parts: parts.map(({ part }) => part),
    accounts: parts.flatMap((each) => each.accounts),
    refusals: [...refusals],
    waits: parts.flatMap((each) => each.waits),
    fallbacks: [
      ...Map.groupBy(
        singles.flatMap(({ falls }) => falls),
        ({ provider }) => provider,
      ),
    ].map(([provider, falls]) => ({
      provider: provider.id,
      credits: most(falls.map(({ credits }) => credits)),
      creditType: provider.account?.creditType ?? null,
    })),
  };
};
