// Playing: how soon a choice is stored and answered, alone and while a thousand others play on the same server, and what a playthrough takes
// that nobody touches. The server is the real one, with its embedded database, and players come over real sockets.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "#protocol/client/client.ts";
import type { Playthrough } from "#protocol/play.ts";
import { choice } from "#protocol/scene/testing.ts";
import { addUser, firstAdmin, typedClient } from "#ops/e2e/people.ts";
import { type RunningServer, startServer } from "#ops/e2e/server.ts";
import { startChild } from "../child.ts";
import type { Measured, Wanted } from "../durable/memory.ts";
import { median } from "../measure.ts";
import type { Report, Section } from "../report.ts";

const alone = 300;
/** Of whom each has so many playthroughs, and makes a choice in each every `everyMs`. */
const people = 10;
const each = 100;
const everyMs = 2000;
const watchedMs = 40_000;
/** Of which the first are not counted: the engine compiles, and the clocks of the players spread. */
const warmMs = 8000;

/** Two rooms with a door between them; whoever goes through is counted. */
const body = {
  start: "here",
  counters: [{ name: "steps" }],
  nodes: [
    { id: "here", type: "choice" as const },
    { id: "there", type: "choice" as const },
    { id: "out", type: "end" as const, ending: "out" },
  ],
  edges: [
    choice("go", "here", "there", { effects: [{ kind: "addToCounter", name: "steps", by: { from: "value", value: 1 } }] }),
    choice("back", "there", "here"),
    choice("leave", "here", "out"),
  ],
};

class Player {
  readonly #client: Client;
  #at: Playthrough;

  private constructor(client: Client, at: Playthrough) {
    this.#client = client;
    this.#at = at;
  }

  static async begin(client: Client, link: string): Promise<Player> {
    return new Player(client, await client.call("play.start", { of: { kind: "link", link } }));
  }

  /** Makes a choice; ms until it was stored and answered. */
  async choose(): Promise<number> {
    const { id, branch, state } = this.#at;
    const edge = state.frames[0]!.node === "here" ? "go" : "back";
    const began = performance.now();
    const { refusal, playthrough } = await this.#client.call("play.input", {
      id,
      branch,
      input: { type: "choose", turn: state.turn, edge },
    });
    const ms = performance.now() - began;
    if (refusal !== null) throw new Error(refusal.message);
    this.#at = playthrough;
    return ms;
  }
}

const crowd = async (clients: ReadonlyArray<Client>, link: string): Promise<{ taken: ReadonlyArray<number>; failed: number }> => {
  const players = (
    await Promise.all(
      clients.map(async (client) => {
        const own: Array<Player> = [];
        for (let n = 0; n < each; n++) own.push(await Player.begin(client, link));
        return own;
      }),
    )
  ).flat();
  const taken: Array<number> = [];
  let failed = 0;
  const began = performance.now();
  await Promise.all(
    players.map(async (player, n) => {
      for (let due = began + (n / players.length) * everyMs; due < began + watchedMs; due += everyMs) {
        await pause(Math.max(0, due - performance.now()));
        const counted = performance.now() - began > warmMs;
        try {
          const ms = await player.choose();
          if (counted) taken.push(ms);
        } catch {
          failed++;
        }
      }
    }),
  );
  return { taken: taken.toSorted((a, b) => a - b), failed };
};

const playing = async (report: Report): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-bench-"));
  let server: RunningServer | undefined;
  const clients: Array<Client> = [];
  try {
    server = await startServer({ data: join(folder, "data"), env: { PIXSIM_LOG_LEVEL: "warn" } });
    const admin = await firstAdmin(server);
    const creator = typedClient(server, admin);
    clients.push(creator);
    const { id } = await creator.call("scenes.create", { title: "Two rooms", body });
    const { version } = await creator.call("scenes.publish", { id });
    const { token } = await creator.call("play.share", { of: { kind: "version", versionId: version.id } });
    const one = await Player.begin(creator, token);
    for (let n = 0; n < alone; n++) await one.choose();
    const trips: Array<number> = [];
    for (let n = 0; n < alone; n++) trips.push(await one.choose());
    const players: Array<Client> = [];
    for (let n = 0; n < people; n++) players.push(typedClient(server, await addUser(server, admin, `player${n}`)));
    clients.push(...players);
    const { taken, failed } = await crowd(players, token);
    const part = (share: number): number => taken[Math.min(taken.length - 1, Math.floor(share * taken.length))] ?? Number.NaN;
    report.table({
      title: "From a choice until it is stored and answered, over the real socket",
      unit: "ms",
      rows: [
        { name: `one player, median of ${alone}`, figure: median(trips), aim: { atMost: 15 } },
        {
          name: `${people * each} playthroughs, a choice in each every ${everyMs / 1000} s: 99 of 100`,
          figure: part(0.99),
          also: `median ${part(0.5).toFixed(1)}, ${taken.length} choices`,
          aim: { atMost: 100 },
        },
      ],
    });
    report.table({
      title: "Choices of these that failed",
      unit: "choices",
      rows: [{ name: "failed", figure: failed, aim: { atMost: 0 } }],
    });
  } finally {
    for (const client of clients) client.close();
    await server?.kill();
    await rm(folder, { recursive: true, force: true });
  }
};

const memory = async (report: Report): Promise<void> => {
  const child = startChild(new URL("../durable/memory.ts", import.meta.url), [], { command: process.execPath, args: ["--expose-gc"] });
  try {
    await child.ask("open");
    const { idle, asleep } = await child.ask<Measured>("measure", { kind: "session", count: 20_000 } satisfies Wanted);
    await child.ask("close");
    report.table({
      title: "Memory of one of 20,000 playthroughs that nobody touches, in the host",
      unit: "bytes",
      rows: [
        { name: "resident idle playthrough", figure: idle, aim: { atMost: 1.2 * 1024 } },
        { name: "sleeping playthrough", figure: Math.max(0, Math.round(asleep)) },
      ],
    });
  } finally {
    await child.stop();
  }
};

export const play: Section = {
  name: "play",
  summary: "players of published stories",
  run: async (report) => {
    await playing(report);
    await memory(report);
  },
};
