// Sums over what was spent: by what is counted in, by account, by day. Amounts of different credits are never added up. Pure.
import type { CallOutput } from "#protocol/contract.ts";

export type ToldRow = CallOutput<"accounts.spend">["rows"][number];

export interface SpendRow extends ToldRow {
  /** Its provider charges nobody. */
  readonly free: boolean;
}

export interface Sum {
  /** Nobody charges anything there; it is not added to what charges and does not say how much. */
  readonly free: boolean;
  /** What is counted in; null where the provider has no name for it. */
  readonly type: string | null;
  readonly submissions: number;
  readonly completed: number;
  readonly estimated: number;
  /** What remains to be paid. */
  readonly charged: number;
  /** Charged and given back. */
  readonly refunded: number;
  /** Estimates of what is under way. */
  readonly held: number;
}

export interface UserSum extends Sum {
  readonly ownerId: string;
}

export interface ProviderSum extends Sum {
  readonly provider: string;
}

export interface AccountSum extends Sum {
  readonly provider: string;
  readonly accountId: string;
  readonly accountTitle: string;
}

export interface DaySum {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly estimated: number;
  readonly charged: number;
}

const plus = <S extends Sum>(sum: S, row: Sum): S => ({
  ...sum,
  submissions: sum.submissions + row.submissions,
  completed: sum.completed + row.completed,
  estimated: sum.estimated + row.estimated,
  charged: sum.charged + row.charged,
  refunded: sum.refunded + row.refunded,
  held: sum.held + row.held,
});

const sumOf = ({ free, type, submissions, completed, estimated, charged, refunded, held }: SpendRow): Sum => ({
  free,
  type,
  submissions,
  completed,
  estimated,
  charged,
  refunded,
  held,
});

const byCharge = (a: Sum, b: Sum): number => b.charged - a.charged || b.estimated - a.estimated || b.submissions - a.submissions;

const gather = <S extends Sum>(
  rows: ReadonlyArray<SpendRow>,
  keyOf: (row: SpendRow) => string,
  startOf: (row: SpendRow) => S,
): ReadonlyArray<S> => {
  const sums = new Map<string, S>();
  for (const row of rows) {
    const key = keyOf(row);
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? startOf(row) : plus(sum, row));
  }
  return [...sums.values()].sort(byCharge);
};

/** One for each kind of credits, the one that most was charged in first. */
export const sumsByType = (rows: ReadonlyArray<SpendRow>): ReadonlyArray<Sum> =>
  gather(rows, ({ type, free }) => JSON.stringify([type, free]), sumOf);

/** Rows come newest first: the title is the account's latest. */
export const sumsByAccount = (rows: ReadonlyArray<SpendRow>): ReadonlyArray<AccountSum> =>
  gather(
    rows,
    ({ provider, accountId, type }) => JSON.stringify([provider, accountId, type]),
    (row): AccountSum => ({ ...sumOf(row), provider: row.provider, accountId: row.accountId, accountTitle: row.accountTitle }),
  );

/** Of each provider and kind of credits. */
export const sumsByProvider = (rows: ReadonlyArray<SpendRow>): ReadonlyArray<ProviderSum> =>
  gather(
    rows,
    ({ provider, type }) => JSON.stringify([provider, type]),
    (row): ProviderSum => ({ ...sumOf(row), provider: row.provider }),
  );

/** Of each user and kind of credits. */
export const sumsByUser = (rows: ReadonlyArray<SpendRow>): ReadonlyArray<UserSum> =>
  gather(
    rows,
    ({ ownerId, type, free }) => JSON.stringify([ownerId, type, free]),
    (row): UserSum => ({ ...sumOf(row), ownerId: row.ownerId }),
  );

const dayMs = 86_400_000;
const nameOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Every one of the last `days` days up to that of `now` (ms), the oldest first, also those on which nothing was spent. */
export const sumsByDay = (rows: ReadonlyArray<SpendRow>, type: string | null, days: number, now: number): ReadonlyArray<DaySum> => {
  const sums = new Map<string, DaySum>();
  for (let back = days - 1; back >= 0; back -= 1) {
    const day = nameOf(now - back * dayMs);
    sums.set(day, { day, estimated: 0, charged: 0 });
  }
  for (const row of rows) {
    const sum = sums.get(row.day);
    if (sum !== undefined && row.type === type) {
      sums.set(row.day, { day: row.day, estimated: sum.estimated + row.estimated, charged: sum.charged + row.charged });
    }
  }
  return [...sums.values()];
};

const dayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

/** `26 Nov`, as the reader writes it. */
export const dayWords = (day: string): string => dayFormat.format(Date.parse(`${day}T00:00:00Z`));
