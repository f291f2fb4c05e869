// How snapshots of older versions of the account machine become newer ones. Pure; one that has landed is never changed.

interface Old {
  readonly value: unknown;
  readonly context: unknown;
}

/** 2: what was left of the credits at earlier times is kept; of the times before nothing is known. */
const toVersion2 = ({ value, context }: Old): Old => ({ value, context: { ...(context as object), balances: [] } });

/** 3: credits are summed without the drift of fractions, and durations not learnt where nobody worked on a job for a while. */
const toVersion3 = ({ value, context }: Old): Old => ({ value, context });

export const accountMigrations = { 1: toVersion2, 2: toVersion3 } as const;
