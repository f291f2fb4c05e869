// The limits of a user in words: what each is called, what it counts in, and how full it is. Pure.
import type { Role } from "#protocol/auth.ts";
import type { Quota } from "#protocol/quota.ts";
import type { Tone } from "#web/ui/feedback.tsx";
import { formatBytes } from "#web/ui/format.ts";

export type LimitName = keyof Quota["limits"];

/** Administrators may add any number of accounts. */
export const holds = (role: Role, name: LimitName): boolean => !(role === "admin" && name === "accounts");

const count = (value: number): string => value.toLocaleString("en");

interface LimitWords {
  readonly name: LimitName;
  readonly title: string;
  /** What to do when it is reached. */
  readonly help: string;
  readonly amount: (value: number) => string;
  /** In the form that sets it. */
  readonly field: string;
}

export const limitWords: ReadonlyArray<LimitWords> = [
  {
    name: "openJobs",
    title: "Open jobs",
    help: "Those that have not ended. Wait for some, or cancel them.",
    amount: count,
    field: "Open jobs",
  },
  {
    name: "jobsADay",
    title: "Jobs today",
    help: "Counted anew from midnight UTC.",
    amount: count,
    field: "Jobs a day",
  },
  {
    name: "assets",
    title: "Assets",
    help: "Those in the trash do not count: move some there.",
    amount: count,
    field: "Assets",
  },
  {
    name: "storage",
    title: "Storage",
    help: "Of the originals. Those in the trash do not count: move some there.",
    amount: (gigabytes) => formatBytes(gigabytes * 1e9),
    field: "Storage, GB",
  },
  {
    name: "accounts",
    title: "Accounts at providers",
    help: "Remove one to add another.",
    amount: count,
    field: "Accounts at providers",
  },
];

/** From this share on it is said before it is reached. */
const nearly = 0.8;

export const toneOf = (used: number, limit: number): Tone => (used >= limit ? "bad" : used >= limit * nearly ? "warn" : "ok");

/** 0 to 1; what allows nothing is full. */
export const shareOf = (used: number, limit: number): number => (limit === 0 ? 1 : Math.min(1, used / limit));
