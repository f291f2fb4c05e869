// Where a person holds jobs back, and how that is said. What is under way there goes on. Pure.
export interface Pause {
  /** Whose jobs; null: everybody's. */
  readonly ownerId: string | null;
  /** Where; null: everywhere. */
  readonly provider: string | null;
  /** ms epoch; null: it has been resumed. */
  readonly since: number | null;
  /** Higher is newer. */
  readonly rev: number;
}

/** How far it reaches: what reaches furthest has to end before anything goes on. */
const reach = (pause: Pause): number => Number(pause.ownerId === null) * 2 + Number(pause.provider === null);

/** What holds this user's jobs back at this provider, or null. */
export const pauseFor = (pauses: Iterable<Pause>, ownerId: string, provider: string): Pause | null => {
  let most: Pause | null = null;
  for (const pause of pauses) {
    if (pause.since === null || (pause.ownerId ?? ownerId) !== ownerId || (pause.provider ?? provider) !== provider) continue;
    if (most === null || reach(pause) > reach(most)) most = pause;
  }
  return most;
};

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** `26 Nov, 14:05 UTC`. */
export const momentWords = (at: number): string => {
  const date = new Date(at);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}, ${date.toISOString().slice(11, 16)} UTC`;
};

/** Why a job waits, for its owner. */
export const pauseWords = ({ ownerId, provider, since }: Pause, providerTitle: string): string => {
  const what = provider === null ? "All jobs are" : `${providerTitle} is`;
  return ownerId === null
    ? `${what} paused for everybody by an administrator since ${momentWords(since ?? 0)}.`
    : `${what} paused by you since ${momentWords(since ?? 0)}: resume under Providers & accounts.`;
};
