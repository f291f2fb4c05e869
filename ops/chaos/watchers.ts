// Those who watch while things go wrong: the list of all jobs at each runner, and every step of some jobs.
import type { Client } from "#protocol/client/client.ts";
import type { Job } from "#protocol/job.ts";
import type { CallError } from "#protocol/wire/errors.ts";

/** Jobs in a list as it is sent whole. */
const listed = 100;

export class Watchers {
  /** The last revision of each job, by watcher. */
  readonly #lists: Array<ReadonlyMap<string, Job>> = [];
  /** Numbers of the steps as they came, by job. */
  readonly #steps = new Map<string, Array<number>>();
  readonly #problem: (what: string) => void;

  constructor(problem: (what: string) => void) {
    this.#problem = problem;
  }

  list(client: Client): void {
    const jobs = new Map<string, Job>();
    const note = (job: Job): void => {
      if ((jobs.get(job.id)?.rev ?? -1) < job.rev) jobs.set(job.id, job);
    };
    this.#lists.push(jobs);
    client.follow(
      "jobs.jobs",
      {},
      {
        // It is everything from now on: of many jobs it has the newest.
        snapshot: ({ jobs: newest }) => {
          jobs.clear();
          newest.forEach(note);
        },
        deltas: (changes) => changes.forEach(note),
        error: this.#refused("the jobs"),
      },
    );
  }

  steps(client: Client, id: string): void {
    const seen: Array<number> = [];
    this.#steps.set(id, seen);
    client.follow(
      "actors.actor",
      { address: `job/${id}` },
      {
        // A snapshot may repeat what is known: it is where a watcher begins anew.
        snapshot: ({ seq }) => {
          const last = seen.at(-1) ?? -1;
          if (seq < last) this.#problem(`a watcher of ${id} was sent back from step ${last} to ${seq}`);
          if (seq > last) seen.push(seq);
        },
        deltas: (changes) => {
          for (const { entry } of changes) {
            const last = seen.at(-1);
            if (last !== undefined && entry.seq !== last + 1) this.#problem(`a watcher of ${id} got step ${entry.seq} after ${last}`);
            seen.push(entry.seq);
          }
        },
        error: this.#refused(id),
      },
    );
  }

  /** Only what passes may be in the way of watching. */
  #refused(what: string): (error: CallError) => void {
    return ({ code, message }) => this.#problem(`a watcher of ${what} was refused: ${code}, ${message}`);
  }

  /** What they do not know yet. `heads`: the last step of each job. */
  behind(heads: ReadonlyMap<string, number>): ReadonlyArray<string> {
    const behind: Array<string> = [];
    for (const [number, list] of this.#lists.entries()) {
      const least = Math.min(heads.size, listed);
      if (list.size < least) behind.push(`the watcher at runner ${number} knows ${list.size} jobs of ${least} at least`);
    }
    for (const [id, rev] of heads) {
      for (const [number, list] of this.#lists.entries()) {
        const seen = list.get(id)?.rev ?? rev;
        if (seen !== rev) behind.push(`the watcher at runner ${number} last saw ${id} at ${seen} of ${rev}`);
      }
      const seen = this.#steps.get(id)?.at(-1);
      if (this.#steps.has(id) && seen !== rev) behind.push(`a watcher of ${id} stopped at step ${seen} of ${rev}`);
    }
    return behind;
  }
}
