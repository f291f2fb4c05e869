// How soon a client that watches sees a job move: over the real socket, on a server with nothing else to do.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Grant } from "#protocol/auth.ts";
import { type Client, connect } from "#protocol/client/client.ts";
import { finalJobStates, type Job } from "#protocol/job.ts";
import { type RunningServer, startServer } from "../../e2e/server.ts";

/** A client of the first admin, signed in by the link that the server printed. */
const signedIn = async (server: RunningServer): Promise<Client> => {
  const url = `ws://127.0.0.1:${server.port}/ws`;
  const token = new URL((await server.signInLink()).replace("#/", "")).searchParams.get("token") ?? "";
  const guest = connect({ url, client: "bench" });
  let grant: Grant = await guest.call("auth.redeem", { token });
  guest.close();
  return connect({
    url,
    client: "bench",
    credentials: {
      access: () => ({ token: grant.accessToken, expiresAt: grant.accessExpiresAt }),
      canRenew: () => true,
      renew: async (call) => void (grant = await call("auth.refresh", { refreshToken: grant.refreshToken })),
    },
  });
};

const request = (seed: number) => ({
  operation: "text_to_video" as const,
  provider: "studio",
  params: { prompt: "a meadow", seed, duration: 1, quality: "360p", fps: 24, audio: false },
});

/** Jobs as the client has seen them, and when each change came. */
class Watch {
  #told: (job: Job, at: number) => void = () => {};

  static async start(client: Client): Promise<Watch> {
    const watch = new Watch();
    await new Promise<void>((resolve, reject) =>
      client.follow(
        "jobs.jobs",
        {},
        {
          snapshot: () => resolve(),
          deltas: (jobs) => {
            const at = performance.now();
            for (const job of jobs) watch.#told(job, at);
          },
          error: reject,
        },
      ),
    );
    return watch;
  }

  each(told: (job: Job, at: number) => void): void {
    this.#told = told;
  }
}

export interface Reaction {
  /** ms from asking for the job until it was answered as accepted. */
  readonly accepted: number;
  /** ms from asking for the job to the first change of the accepted state: it may well be seen before the answer. */
  readonly moved: number;
}

/** Once for each of so many jobs. */
export const reactions = async (count: number): Promise<ReadonlyArray<Reaction>> => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-reaction-"));
  const server = await startServer({ data: join(folder, "data") });
  try {
    const client = await signedIn(server);
    const watch = await Watch.start(client);
    const times: Array<Reaction> = [];
    for (let n = 0; n < count; n++) {
      // What is seen may come before the answer, which only then says what to compare it with.
      const seen: Array<{ readonly job: Job; readonly at: number }> = [];
      let told = (): void => {};
      watch.each((job, at) => {
        seen.push({ job, at });
        told();
      });
      const until = <T>(look: () => T | undefined): Promise<T> =>
        new Promise((resolve) => {
          told = () => {
            const found = look();
            if (found !== undefined) resolve(found);
          };
          told();
        });
      const asked = performance.now();
      const { jobs } = await client.call("jobs.create", { request: request(n), count: 1 });
      const answered = performance.now();
      const accepted = jobs[0]!;
      const ofThis = () => seen.filter(({ job }) => job.id === accepted.id && job.rev > accepted.rev);
      const moved = await until(() => ofThis().find(({ job }) => job.state !== accepted.state));
      times.push({ accepted: answered - asked, moved: moved.at - asked });
      await client.call("jobs.cancel", { ids: [accepted.id] });
      await until(() => ofThis().find(({ job }) => finalJobStates.has(job.state)));
    }
    client.close();
    return times;
  } finally {
    await server.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
};
