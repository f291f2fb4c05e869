// What is filled in to add an account or to change one: from the provider's form to what is sent, and from a refusal back to the fields.
// Pure. Credentials pass through here on their way to the server and are kept nowhere.
import type { Account } from "#protocol/account.ts";
import type { CallInput } from "#protocol/contract.ts";
import type { AccountForm, ProviderSpec } from "#protocol/job.ts";
import {
  fitValues,
  readFields,
  toParams,
  validate,
  type FieldErrors,
  type FormField,
  type FormValues,
} from "#web/panels/generate/schema.ts";
import { issuesOf } from "#web/store/problem.ts";

export interface AccountDraft {
  readonly title: string;
  readonly shared: boolean;
  /** Null: empty, which is not valid. */
  readonly concurrency: number | null;
  readonly priority: number;
  /** Null: no limit. */
  readonly dailyLimit: number | null;
  readonly settings: FormValues;
  readonly secrets: FormValues;
}

export interface AccountFields {
  readonly settings: ReadonlyArray<FormField>;
  readonly secrets: ReadonlyArray<FormField>;
}

const isLong = (field: FormField): boolean => field.kind === "text" && field.isPrompt;

/** What is long stands last: it is mostly left as it is. */
export const fieldsOf = (form: AccountForm): AccountFields => ({
  settings: readFields(form.settings).toSorted((a, b) => Number(isLong(a)) - Number(isLong(b))),
  secrets: readFields(form.secrets),
});

/** `taken`: titles of the accounts that are there. */
export const newDraft = (provider: ProviderSpec, form: AccountForm, taken: ReadonlySet<string>): AccountDraft => {
  let title = provider.title;
  for (let number = 2; taken.has(title); number += 1) {
    title = `${provider.title} ${number}`;
  }
  return {
    title,
    shared: false,
    concurrency: form.concurrency,
    priority: 5,
    dailyLimit: null,
    settings: fitValues(fieldsOf(form).settings, {}),
    secrets: {},
  };
};

export const draftOf = (account: Account, form: AccountForm): AccountDraft => ({
  title: account.title,
  shared: account.shared,
  concurrency: account.concurrency,
  priority: account.priority,
  dailyLimit: account.dailyLimit,
  settings: fitValues(fieldsOf(form).settings, account.settings),
  secrets: {},
});

/** Bounds as the server has them. */
const longestTitle = 80;
export const mostPlaces = 100;
export const mostADay = 1_000_000;

const isWhole = (value: number, most: number): boolean => Number.isInteger(value) && value >= 1 && value <= most;

const under = (part: "settings" | "secrets", errors: FieldErrors): FieldErrors =>
  Object.fromEntries(Object.entries(errors).map(([key, message]) => [`${part}.${key}`, message]));

/** What is wrong, by `title`, `concurrency`, `dailyLimit`, `settings.<key>` and `secrets.<key>`. */
export const checkDraft = (fields: AccountFields, draft: AccountDraft, withSecrets: boolean): FieldErrors => ({
  ...(draft.title.trim() === "" || draft.title.trim().length > longestTitle
    ? { title: `Give it a name of up to ${longestTitle} characters.` }
    : {}),
  ...(draft.concurrency === null || !isWhole(draft.concurrency, mostPlaces) ? { concurrency: `From 1 to ${mostPlaces}.` } : {}),
  ...(draft.dailyLimit !== null && !isWhole(draft.dailyLimit, mostADay)
    ? { dailyLimit: `From 1 to ${mostADay.toLocaleString("en")}, or empty.` }
    : {}),
  ...under("settings", validate(fields.settings, draft.settings)),
  ...(withSecrets ? under("secrets", validate(fields.secrets, draft.secrets)) : {}),
});

const secretsOf = (fields: AccountFields, draft: AccountDraft): Record<string, string> =>
  Object.fromEntries(Object.entries(toParams(fields.secrets, draft.secrets)).map(([key, value]) => [key, String(value)]));

export const toAdd = (provider: string, fields: AccountFields, draft: AccountDraft): CallInput<"accounts.add"> => ({
  provider,
  title: draft.title.trim(),
  settings: toParams(fields.settings, draft.settings),
  secrets: secretsOf(fields, draft),
  shared: draft.shared,
  ...(draft.concurrency === null ? {} : { concurrency: draft.concurrency }),
  priority: draft.priority,
  dailyLimit: draft.dailyLimit,
});

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Only what differs: new settings or credentials make the server check the account again. Null: nothing does. */
export const toUpdate = (
  account: Account,
  fields: AccountFields,
  draft: AccountDraft,
  withSecrets: boolean,
): CallInput<"accounts.update"> | null => {
  const settings = toParams(fields.settings, draft.settings);
  const change = {
    ...(draft.title.trim() === account.title ? {} : { title: draft.title.trim() }),
    ...(draft.shared === account.shared ? {} : { shared: draft.shared }),
    ...(draft.concurrency === null || draft.concurrency === account.concurrency ? {} : { concurrency: draft.concurrency }),
    ...(draft.priority === account.priority ? {} : { priority: draft.priority }),
    ...(draft.dailyLimit === account.dailyLimit ? {} : { dailyLimit: draft.dailyLimit }),
    ...(sameJson(settings, toParams(fields.settings, fitValues(fields.settings, account.settings))) ? {} : { settings }),
    ...(withSecrets ? { secrets: secretsOf(fields, draft) } : {}),
  };
  return Object.keys(change).length === 0 ? null : { id: account.id, ...change };
};

/** The server's refusal at the fields it speaks of, and what belongs to none. Both empty: it was no refusal of what was entered. */
export const placeRefusal = (
  error: unknown,
  fields: AccountFields,
): { readonly errors: FieldErrors; readonly rest: ReadonlyArray<string> } => {
  const known = new Set([
    "title",
    "concurrency",
    "dailyLimit",
    ...fields.settings.map(({ key }) => `settings.${key}`),
    ...fields.secrets.map(({ key }) => `secrets.${key}`),
  ]);
  const errors: Record<string, string> = {};
  const rest: Array<string> = [];
  for (const { path, message } of issuesOf(error)) {
    const at = path.slice(0, path[0] === "settings" || path[0] === "secrets" ? 2 : 1).join(".");
    if (known.has(at)) {
      errors[at] ??= message;
    } else {
      rest.push(path.length === 0 ? message : `${path.join(".")}: ${message}`);
    }
  }
  return { errors, rest };
};
