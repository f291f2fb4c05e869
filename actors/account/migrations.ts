// How snapshots of older versions of the account machine become newer ones. Pure; one that has landed is never changed.

interface Old {
  readonly value: unknown;
  readonly context: unknown;
}

/** 2: what was left of the credits at earlier times is kept; of the times before nothing is known. */
const toVersion2 = ({ value, context }: Old): Old => ({ value, context: { ...(context as object), balances: [] } });

/** 3: credits are summed without the drift of fractions, and durations not learnt where nobody worked on a job for a while. */
const toVersion3 = ({ value, context }: Old): Old => ({ value, context });

/** What version 3 knew of what goes on at the provider: when it would have ended by the clock, ms epoch. */
interface Third {
  readonly leaving: Readonly<Record<string, number>>;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

const hour = 3_600_000;

/** 4: places are free again after so much time in which somebody was here, and not at a time of the clock. What of it has passed is not known. */
const toVersion4 = ({ value, context }: Old): Old => {
  const { leaving, createdAt, lastUsedAt } = context as Third;
  const leavingAt = lastUsedAt ?? createdAt;
  const left = Object.entries(leaving).map(([key, until]) => [key, Math.min(hour, Math.max(1, until - leavingAt))]);
  return { value, context: { ...(context as object), leaving: Object.fromEntries(left), leavingAt } };
};

export const accountMigrations = { 1: toVersion2, 2: toVersion3, 3: toVersion4 } as const;
