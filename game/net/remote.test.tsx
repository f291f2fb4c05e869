// A playthrough on a server, spoken to through the client's interface: the server here is the evaluator and a list of what it was told.
import { afterEach, expect, test, vi } from "vitest";
import type { Client } from "#protocol/client/client.ts";
import type { Follower } from "#protocol/client/follow.ts";
import type { Phase } from "#protocol/client/phase.ts";
import type { PlaySave, Playthrough, PlaythroughSummary } from "#protocol/play.ts";
import { play } from "#protocol/play.ts";
import { replayPlay, stepPlay } from "#protocol/scene/play/step.ts";
import type { PlayInput } from "#protocol/scene/play/state.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { remotePlay } from "./remote.ts";
import type { PlayChange } from "./source.ts";
import { forkStory as story } from "./testing.ts";

class Server {
  readonly inputs: Array<PlayInput> = [];
  /** Held back until they are let through. */
  readonly waiting: Array<() => void> = [];
  readonly tokens: Array<string> = [];
  readonly saves: Array<PlaySave> = [];
  readonly achieved = new Set<string>();
  /** Where the page has gone. */
  readonly gone: Array<string> = [];
  /** Other playthroughs of the story, as they are listed. */
  others: ReadonlyArray<PlaythroughSummary> = [];
  /** Why no other playthrough can be begun. */
  full: CallError | null = null;
  /** Where another one was begun from. */
  readonly begun: Array<unknown> = [];
  readonly #enders = new Set<(error: CallError) => void>();
  readonly #failing: Array<(error: CallError) => void> = [];
  branch = 0;
  #rev = 1;
  readonly #followers = new Set<(playthrough: Playthrough) => void>();

  get playthrough(): Playthrough {
    const played = replayPlay(story, { seed: 1 }, this.inputs);
    if (!played.ok) throw new Error(played.refusal.message);
    return { ...play.calls.get.example.output, id: "ply_1", branch: this.branch, rev: this.#rev, state: played.state };
  }

  take(input: PlayInput) {
    const answer = stepPlay(story, this.playthrough.state, input);
    if (answer.ok) {
      this.inputs.push(input);
      this.#rev++;
      this.#tell();
    }
    return { refusal: answer.ok ? null : answer.refusal, playthrough: this.playthrough };
  }

  rewind(count: number): void {
    this.inputs.length = count;
    this.#rev++;
    this.#tell();
  }

  /** The inputs that are held back come to nothing. */
  fail(error: CallError): void {
    this.waiting.length = 0;
    for (const reject of this.#failing.splice(0)) reject(error);
  }

  /** Following ends for good; usually since it was deleted by another page. */
  endFollowing(error = new CallError("not_found", "It is not there.")): void {
    for (const end of this.#enders) end(error);
  }

  readonly #phases = new Set<(phase: Phase) => void>();
  /** The connection ends for good, and all calls with it. */
  stop(): void {
    const reason = "The session was ended: sign in again.";
    for (const listener of this.#phases) listener({ name: "stopped", code: 4401, reason });
    this.fail(new CallError("unavailable", `The connection has ended: ${reason}`));
  }

  #tell(): void {
    for (const follower of this.#followers) follower(this.playthrough);
  }

  shareable = false;
  readonly links: Array<{ readonly id: string; readonly playthroughId: string | null; readonly expiresAt: number | null; guests: number }> =
    [];

  /** What of the client the player uses. */
  readonly client = {
    call: (
      name: string,
      given: {
        readonly input?: PlayInput;
        readonly token?: string;
        readonly place?: number;
        readonly name?: string;
        readonly saveId?: string;
        readonly ids?: ReadonlyArray<string>;
        readonly id?: string;
        readonly of?: unknown;
      },
    ) => {
      switch (name) {
        case "play.get":
          return given.id === "ply_1" || this.others.some(({ id }) => id === given.id)
            ? Promise.resolve(this.playthrough)
            : Promise.reject(new CallError("not_found", "It is not there."));
        case "play.story":
          return Promise.resolve({ versionId: "scv_1", story, shareable: this.shareable });
        case "play.shares":
          return Promise.resolve({ links: [...this.links] });
        case "play.share": {
          this.links.unshift({
            id: `lnk_${this.links.length}`,
            playthroughId: (given.of as { id: string }).id,
            expiresAt: null,
            guests: 0,
          });
          return Promise.resolve({ link: this.links[0], token: "a b" });
        }
        case "play.unshare": {
          const at = this.links.findIndex(({ id }) => id === given.id);
          if (at === -1) return Promise.reject(new CallError("not_found", "It is not there."));
          this.links.splice(at, 1);
          return Promise.resolve({});
        }
        case "play.history":
          return Promise.resolve({ choices: [{ place: 0, scene: "main", node: "ask", edge: "l", at: 1 }], saves: [...this.saves] });
        case "play.input":
          this.tokens.push(given.token!);
          return new Promise((resolve, reject) => {
            this.waiting.push(() => resolve(this.take(given.input!)));
            this.#failing.push(reject);
          });
        case "play.achievements":
          for (const name of Object.keys(this.playthrough.state.achieved ?? {})) this.achieved.add(name);
          return Promise.resolve({ achieved: [...this.achieved].map((name) => ({ name, at: 1 })) });
        case "play.save":
          this.saves.push({ id: `sav_${given.name}`, name: given.name!, place: this.inputs.length, at: 1 });
          return Promise.resolve({ saves: [...this.saves] });
        case "play.dropSave":
          this.saves.splice(0, this.saves.length, ...this.saves.filter(({ id }) => id !== given.saveId));
          return Promise.resolve({ saves: [...this.saves] });
        case "play.list": {
          const summary = play.calls.list.example.output.playthroughs[0]!;
          return Promise.resolve({ playthroughs: [...this.others, { ...summary, id: "ply_1", turn: 3 }], next: null });
        }
        case "play.start":
          this.begun.push(given.of);
          return this.full === null ? Promise.resolve({ ...this.playthrough, id: "ply_2" }) : Promise.reject(this.full);
        case "play.delete": {
          const left = this.others.filter(({ id }) => !given.ids!.includes(id));
          if (left.length === this.others.length) return Promise.reject(new CallError("not_found", "It is not there."));
          this.others = left;
          return Promise.resolve({ deleted: given.ids });
        }
        case "play.rewind":
          this.rewind(given.place!);
          return Promise.resolve(this.playthrough);
        default:
          return Promise.resolve({});
      }
    },
    follow: (_name: string, _params: object, follower: Pick<Follower<"play.playthrough">, "deltas" | "error">) => {
      const hear = (one: Playthrough): void => follower.deltas([one]);
      this.#followers.add(hear);
      if (follower.error !== undefined) this.#enders.add(follower.error);
      return () => this.#followers.delete(hear);
    },
    onPhase: (listener: (phase: Phase) => void) => {
      this.#phases.add(listener);
      return () => this.#phases.delete(listener);
    },
  } as unknown as Client;
}

/** Whatever was answered has been heard. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const open = async (server: Server, watching = false) => {
  const source = await remotePlay({
    client: server.client,
    id: "ply_1",
    watching,
    signIn: null,
    link: null,
    keep: localStorage,
    goTo: (id) => server.gone.push(id),
  });
  const changes: Array<PlayChange> = [];
  source.onChange((change) => changes.push(change));
  await settled();
  changes.length = 0;
  return { source, changes };
};
const node = (source: { readonly state: () => { readonly frames: ReadonlyArray<{ readonly node: string }> } }) =>
  source.state().frames.at(-1)?.node;
const left: PlayInput = { type: "choose", turn: 0, edge: "l" };
const right: PlayInput = { type: "choose", turn: 0, edge: "r" };

afterEach(() => localStorage.clear());

test("from the beginning is another playthrough, or this one where there is no room for another", async () => {
  const server = new Server();
  server.inputs.push(left);
  const { source } = await open(server);
  await source.restart();
  expect([server.gone, server.inputs]).toEqual([["ply_2"], [left]]);
  server.full = new CallError("quota_exceeded", "You keep 200 playthroughs.", { quota: "playthroughs", limit: 200 });
  await source.restart();
  expect([server.gone, server.inputs, node(source)]).toEqual([["ply_2"], [], "ask"]);
});

test("what is chosen is seen before the server knows of it, and once", async () => {
  const server = new Server();
  const { source, changes } = await open(server);
  expect(source.take(left)).toBeNull();
  expect([node(source), server.inputs]).toEqual(["left", []]);
  expect(source.take({ type: "ended", turn: 1 })).toBeNull();
  // One after the other: what was built on one that is refused is never said.
  for (const count of [1, 2]) {
    for (const arrive of server.waiting.splice(0)) arrive();
    await settled();
    expect(server.inputs).toHaveLength(count);
  }
  expect(server.inputs).toEqual([left, { type: "ended", turn: 1 }]);
  expect(changes.filter(({ jumped }) => jumped)).toEqual([]);
  expect(source.history()).toEqual([{ inputs: 0, chosen: { en: "l" } }]);
});

test("what the player has played of the story before is told, played last first, and gone on with", async () => {
  const server = new Server();
  const other = (id: string, more: Partial<PlaythroughSummary>): PlaythroughSummary => ({
    ...play.calls.list.example.output.playthroughs[0]!,
    id,
    turn: 0,
    ending: null,
    ...more,
  });
  server.others = [
    other("ply_4", { turn: 2, changedAt: 20 }),
    other("ply_3", { changedAt: 40 }),
    other("ply_2", { turn: 5, ending: "home", changedAt: 30 }),
  ];
  const { source } = await open(server);
  expect(source.earlier()).toEqual([
    { id: "ply_2", ending: "home", turn: 5, at: 30 },
    { id: "ply_4", ending: null, turn: 2, at: 20 },
  ]);
  await source.resume("ply_2");
  expect(server.gone).toEqual(["ply_2"]);
  expect((await open(server, true)).source.earlier()).toEqual([]);
  const known = source.earlier().map(({ id }) => id);
  const [, kept] = source.earlier();
  await source.dropEarlier(known[0]!);
  await settled();
  // The same object: its row stays as it is.
  expect(source.earlier()[0]).toBe(kept);
  expect([source.earlier().map(({ id }) => id), server.others.some(({ id }) => id === known[0])]).toEqual([known.slice(1), false]);
  // Deleted in another window meanwhile.
  await source.dropEarlier(known[0]!);
  await settled();
  expect(source.earlier().map(({ id }) => id)).toEqual(known.slice(1));
});

test("one that was deleted in another window is not gone on with, and not told any more", async () => {
  const server = new Server();
  server.others = [{ ...play.calls.list.example.output.playthroughs[0]!, id: "ply_4", turn: 2 }];
  const { source } = await open(server);
  expect(source.earlier()).toHaveLength(1);
  server.others = [];
  await expect(source.resume("ply_4")).rejects.toThrow("was deleted meanwhile");
  expect([server.gone, source.earlier()]).toEqual([[], []]);
});

test("a playthrough that is deleted elsewhere says so, stays as it is, takes nothing more, and is begun anew from its version", async () => {
  const server = new Server();
  const { source, changes } = await open(server);
  source.take(left);
  expect(localStorage.length).toBe(1);
  server.endFollowing();
  expect([source.gone(), node(source), changes.at(-1)?.jumped, localStorage.length]).toEqual(["deleted", "left", false, 0]);
  source.take({ type: "ended", turn: 1 });
  expect([server.tokens.length, node(source)]).toEqual([1, "left"]);
  await source.restart();
  expect([server.begun, server.gone]).toEqual([[{ kind: "version", versionId: "scv_1" }], ["ply_2"]]);
  server.full = new CallError("quota_exceeded", "You keep 200 playthroughs.", { quota: "playthroughs", limit: 200 });
  await expect(source.restart()).rejects.toThrow("You keep 200 playthroughs.");
});

test("a page whose connection the server has ended says so, tries no more, and what was not heard is said by the next one", async () => {
  vi.useFakeTimers();
  try {
    const server = new Server();
    const opening = open(server);
    await vi.runAllTimersAsync();
    const { source, changes } = await opening;
    source.take(left);
    server.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([source.gone(), changes.at(-1)?.jumped, node(source)]).toEqual(["cutOff", false, "left"]);
    source.take({ type: "ended", turn: 1 });
    expect([server.tokens.length, server.waiting.length, localStorage.length]).toEqual([1, 0, 1]);
    source.close();
    const again = open(server);
    await vi.runAllTimersAsync();
    const next = (await again).source;
    for (const arrive of server.waiting.splice(0)) arrive();
    await vi.runAllTimersAsync();
    expect([next.gone(), server.inputs, new Set(server.tokens).size]).toEqual([null, [left], 1]);
    next.close();
    server.stop();
    expect(next.gone()).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});

test.each(["unauthenticated", "session_revoked", "token_expired"] as const)(
  "a page on which nobody is known any more, as by a link that has expired, says so also where nothing was said: %s",
  async (code) => {
    const server = new Server();
    const { source } = await open(server);
    const watcher = await open(server, true);
    source.take(left);
    server.endFollowing(new CallError(code, "It is not known who asks."));
    expect([source.gone(), watcher.source.gone(), watcher.changes.length]).toEqual(["cutOff", "cutOff", 1]);
    source.take({ type: "ended", turn: 1 });
    expect([node(source), server.tokens.length, localStorage.length]).toEqual(["left", 1, 1]);
  },
);

test("where another device was first, the page jumps to what that has chosen", async () => {
  const server = new Server();
  const { source, changes } = await open(server);
  source.take(left);
  server.take(right);
  expect([node(source), changes.at(-1)?.jumped]).toEqual(["right", true]);
  for (const arrive of server.waiting.splice(0)) arrive();
  await settled();
  expect([node(source), server.inputs]).toEqual(["right", [right]]);
});

test("a page that is loaded again before the server answered says it once more, one that was answered does not", async () => {
  const server = new Server();
  const first = await open(server);
  first.source.take(left);
  first.source.close();
  const lost = server.waiting.splice(0);
  expect(lost).toHaveLength(1);
  const second = await open(server);
  expect(node(second.source)).toBe("left");
  for (const arrive of server.waiting.splice(0)) arrive();
  await settled();
  expect(server.inputs).toEqual([left]);
  expect(localStorage.length).toBe(0);
  const third = await open(server);
  expect([node(third.source), server.waiting]).toEqual(["left", []]);
});

test("what the server could not take is said again with the same token, and what is refused takes with it what was built on it", async () => {
  vi.useFakeTimers();
  try {
    const server = new Server();
    const opening = open(server);
    await vi.runAllTimersAsync();
    const { source } = await opening;
    source.take(left);
    source.take({ type: "ended", turn: 1 });
    server.fail(new CallError("deadline_exceeded", "The server did not answer in time."));
    await vi.advanceTimersByTimeAsync(1000);
    expect([server.tokens.length, new Set(server.tokens).size, node(source)]).toEqual([2, 1, "end"]);
    // Nobody is signed in any more: it stays, for the next page.
    server.fail(new CallError("session_revoked", "The session was revoked."));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([source.gone(), server.waiting.length, node(source), localStorage.length]).toEqual(["cutOff", 0, "end", 1]);
    source.close();
    const again = open(server);
    await vi.runAllTimersAsync();
    const next = (await again).source;
    expect([node(next), new Set(server.tokens).size]).toEqual(["end", 1]);
    server.fail(new CallError("not_found", "The playthrough is gone."));
    await vi.advanceTimersByTimeAsync(1000);
    // Nothing more is said, and nothing taken back.
    expect([next.gone(), server.waiting.length, node(next), localStorage.length]).toEqual(["deleted", 0, "end", 0]);
  } finally {
    vi.useRealTimers();
  }
});

test("what was chosen before somebody went back is not said again", async () => {
  const server = new Server();
  const first = await open(server);
  first.source.take(left);
  first.source.close();
  server.rewind(0);
  server.branch = 1;
  const { source } = await open(server);
  expect([node(source), server.waiting.length]).toEqual(["ask", 1]);
});

test("a rewind anywhere is followed, and who watches gives no inputs", async () => {
  const server = new Server();
  const { source } = await open(server);
  const watcher = await open(server, true);
  expect(watcher.source.take(left)).toBeNull();
  expect([server.waiting, node(watcher.source)]).toEqual([[], "ask"]);
  source.take(left);
  for (const arrive of server.waiting.splice(0)) arrive();
  await settled();
  expect(node(watcher.source)).toBe("left");
  server.rewind(0);
  expect([node(watcher.source), watcher.changes.at(-1)?.jumped]).toEqual(["ask", true]);
});

test("what is shown is saved, also where the server did not know of it yet, and is gone back to by its name", async () => {
  const server = new Server();
  const { source } = await open(server);
  source.take(left);
  const saving = source.save("left");
  await settled();
  expect(source.saves()).toEqual([]);
  for (const arrive of server.waiting.splice(0)) arrive();
  await saving;
  expect(source.saves()).toMatchObject([{ id: "sav_left", place: 1 }]);
  source.take({ type: "ended", turn: 1 });
  for (const arrive of server.waiting.splice(0)) arrive();
  await settled();
  expect(node(source)).toBe("end");
  await source.load("sav_left");
  expect(node(source)).toBe("left");
  await source.dropSave("sav_left");
  expect(source.saves()).toEqual([]);
  await expect(source.load("sav_left")).rejects.toThrow("not saved any more");
});

test("what the server found achieved is known, also after going back and on the next page", async () => {
  const server = new Server();
  const { source } = await open(server);
  source.take(left);
  source.take({ type: "ended", turn: 1 });
  expect([source.state().achieved, [...source.earned()]]).toEqual([{ done: 2 }, []]);
  for (const _ of [1, 2]) {
    for (const arrive of server.waiting.splice(0)) arrive();
    await settled();
  }
  expect([...source.earned()]).toEqual(["done"]);
  await source.rewind(0);
  const next = await open(server);
  expect([next.source.state().achieved, [...next.source.earned()]]).toEqual([undefined, ["done"]]);
});

test("whose story and playthrough it is lets others see it by links of its own, each for a while", async () => {
  const server = new Server();
  expect((await open(server)).source.spectators).toBeNull();
  server.shareable = true;
  const { spectators } = (await open(server)).source;
  const other = { guests: 0, expiresAt: null };
  server.links.push(
    { id: "over", playthroughId: "ply_1", guests: 1, expiresAt: Date.now() - 1 },
    { id: "another", playthroughId: "ply_2", ...other },
    { id: "plays", playthroughId: null, ...other },
  );
  expect(await spectators!.links()).toEqual([]);
  const { id, address } = await spectators!.invite();
  expect([id, new URL(address).hash]).toEqual(["lnk_3", "#link=a%20b"]);
  expect(await spectators!.links()).toMatchObject([{ id: "lnk_3", playthroughId: "ply_1" }]);
  await spectators!.withdraw("lnk_3");
  await spectators!.withdraw("lnk_3");
  expect(await spectators!.links()).toEqual([]);
});
