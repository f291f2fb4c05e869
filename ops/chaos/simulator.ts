// A provider of generated video as a server of its own, outside of all runners: what it has accepted it has accepted, whatever becomes
// of them, and it counts each submission by its key. It plays three kinds of providers: `key` answers the same key with the same job,
// `lookup` tells what a key has led to, `none` does neither: for these two each submission that arrives is another job to be paid.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";

export const policies = ["key", "lookup", "none"] as const;
export type Policy = (typeof policies)[number];

const Submission = z.object({ policy: z.enum(policies), key: z.string().min(1) });
/** How a generation stands. */
export const Standing = z.object({ fraction: z.number(), done: z.boolean() });
export const Accepted = z.object({ id: z.string() });

interface Generation {
  readonly id: string;
  readonly startedAt: number;
  readonly ms: number;
}

interface Count {
  readonly policy: Policy;
  /** Submissions that arrived. */
  arrived: number;
  /** Of these, the ones that were taken as a job of their own. */
  readonly accepted: Array<Generation>;
}

export interface SimulatorOptions {
  /** File that every generation leads to. */
  readonly media: string;
  /** Length of a generation, ms. */
  readonly shortest: number;
  readonly longest: number;
  /** The slowest answer to a submission, ms. */
  readonly slowestAnswer: number;
  /** Of how many submissions one is accepted and the connection closed without an answer; 0: none. */
  readonly lostAnswers: number;
}

export interface Simulator {
  readonly port: number;
  readonly counts: ReadonlyMap<string, Count>;
  /** Generations end from now on that would have ended before. */
  readonly hold: (held: boolean) => void;
  readonly close: () => Promise<void>;
}

/** 0 to 1, by the text alone. */
const shareOf = (text: string): number => createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Array<Buffer> = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
};

export const startSimulator = async ({ media, shortest, longest, slowestAnswer, lostAnswers }: SimulatorOptions): Promise<Simulator> => {
  const bytes = await readFile(media);
  const counts = new Map<string, Count>();
  const generations = new Map<string, Generation>();
  let held = false;

  const submit = (policy: Policy, key: string): { readonly generation: Generation; readonly first: boolean } => {
    const count: Count = counts.get(key) ?? { policy, arrived: 0, accepted: [] };
    counts.set(key, count);
    count.arrived++;
    const known = count.accepted[0];
    if (known !== undefined && policy === "key") return { generation: known, first: false };
    const ms = shortest + (longest - shortest) * shareOf(`${key} length`);
    const generation = { id: `${policy}_${key}_${count.accepted.length + 1}`, startedAt: performance.now(), ms };
    count.accepted.push(generation);
    generations.set(generation.id, generation);
    return { generation, first: count.arrived === 1 };
  };

  const json = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, what = "", name = ""] = new URL(request.url ?? "/", "http://simulator").pathname.split("/").map(decodeURIComponent);
    if (what === "submit") {
      const { policy, key } = Submission.parse(await bodyOf(request));
      const { generation, first } = submit(policy, key);
      if (first && lostAnswers > 0 && shareOf(`${key} lost`) < 1 / lostAnswers) return void response.destroy();
      // Accepted at once and said later: between the two a runner may die.
      const accept = (): void => json(response, 200, { id: generation.id } satisfies z.infer<typeof Accepted>);
      setTimeout(accept, slowestAnswer * shareOf(`${key} late`));
      return;
    }
    if (what === "lookup") {
      const found = counts.get(name)?.accepted[0];
      return found === undefined ? json(response, 404, {}) : json(response, 200, { id: found.id } satisfies z.infer<typeof Accepted>);
    }
    const generation = generations.get(name);
    if (generation === undefined) return json(response, 404, {});
    const share = Math.min(1, (performance.now() - generation.startedAt) / generation.ms);
    const done = share === 1 && !held;
    if (what === "standing") return json(response, 200, { fraction: done ? 1 : share * 0.99, done } satisfies z.infer<typeof Standing>);
    if (what === "media" && done) {
      response.writeHead(200, { "content-type": "video/mp4" });
      return void response.end(bytes);
    }
    if (what === "cancel") return json(response, 200, {});
    json(response, 404, {});
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => json(response, 400, { message: String(error) }));
  });
  // Runners keep their connections; one that was just closed would look like a lost answer.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    counts,
    hold: (now) => {
      held = now;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
