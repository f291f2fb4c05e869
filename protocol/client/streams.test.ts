import { afterEach, beforeEach, expect, test } from "vitest";
import { CallError } from "../wire/errors.ts";
import { type Client, connect } from "./client.ts";
import { settle, World } from "./testing.ts";

let world: World;
let client: Client;
beforeEach(() => {
  world = new World();
  client = connect({ url: "ws://test/ws", client: "test", surroundings: world });
});
afterEach(() => client.close());

const history = (signal?: AbortSignal) => client.stream("actors.history", { address: "job/job_1" }, signal === undefined ? {} : { signal });
const opened = () => world.socket.all("open").at(-1)!;

/** A server that sends its items as far as credit goes. */
const serve = (count: number): { readonly sent: () => number } => {
  let sent = 0;
  let credit = 0;
  const go = (id: number) => {
    for (; credit > 0 && sent < count; credit--) world.socket.say({ t: "item", id, d: sent++ });
    if (sent === count) world.socket.say({ t: "end", id });
  };
  world.socket.heard = (frame) => {
    if (frame.t !== "open" && frame.t !== "credit") return;
    credit += frame.t === "open" ? frame.credit : frame.n;
    queueMicrotask(() => go(frame.id));
  };
  return { sent: () => sent };
};

test("all items come, in order, and no more is sent than was taken", async () => {
  world.socket.welcome();
  const server = serve(1000);
  let taken = 0;
  for await (const item of history()) {
    expect(item).toBe(taken++);
    expect(server.sent() - taken).toBeLessThanOrEqual(64);
    if (taken % 50 === 0) await settle();
  }
  expect(taken).toBe(1000);
  expect(world.socket.all("cancel")).toEqual([]);
});

test("nothing is asked before it is read, and reading waits for the connection", async () => {
  const items = history()[Symbol.asyncIterator]();
  await settle();
  const first = items.next();
  await settle();
  world.socket.welcome();
  await settle();
  expect(world.socket.all("open")).toHaveLength(1);
  world.socket.say({ t: "item", id: opened().id, d: "one" });
  expect(await first).toEqual({ done: false, value: "one" });
  await items.return?.(undefined);
});

test("who stops reading ends it at the server", async () => {
  world.socket.welcome();
  serve(1000);
  for await (const item of history()) if ((item as unknown) === 10) break;
  expect(world.socket.all("cancel")).toEqual([{ t: "cancel", id: opened().id }]);
});

const failing = async (items: AsyncIterable<unknown>): Promise<readonly [taken: number, code: unknown]> => {
  let taken = 0;
  try {
    for await (const _ of items) taken++;
  } catch (error) {
    return [taken, error instanceof CallError ? error.code : error];
  }
  return [taken, "end"];
};

test("items that came before an error or a lost connection are still read", async () => {
  world.socket.welcome();
  const refused = failing(history());
  const cut = failing(history());
  await settle();
  const [one, two] = world.socket.all("open");
  for (const { id } of [one!, two!]) for (let n = 0; n < 3; n++) world.socket.say({ t: "item", id, d: n });
  world.socket.say({ t: "err", id: one!.id, e: { code: "not_found", message: "m" } });
  world.socket.drop();
  expect(await refused).toEqual([3, "not_found"]);
  expect(await cut).toEqual([3, "unavailable"]);
});

test("it can be cancelled while it waits for items or for the connection", async () => {
  const early = new AbortController();
  const waiting = failing(history(early.signal));
  early.abort();
  expect(await waiting).toEqual([0, "cancelled"]);
  world.socket.welcome();
  const late = new AbortController();
  const open = failing(history(late.signal));
  await settle();
  late.abort();
  expect(await open).toEqual([0, "cancelled"]);
  expect(world.socket.all("cancel")).toHaveLength(1);
  expect(await failing(history(late.signal))).toEqual([0, "cancelled"]);
});

test("closing the client ends it", async () => {
  world.socket.welcome();
  const open = failing(history());
  await settle();
  client.close();
  expect(await open).toEqual([0, "unavailable"]);
  expect(await failing(history())).toEqual([0, "unavailable"]);
});
