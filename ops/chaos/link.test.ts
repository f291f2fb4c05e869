import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Link, link } from "./link.ts";

let server: Server;
let between: Link;
let near: Socket;
let heard: string;
const sockets: Array<Socket> = [];

beforeEach(async () => {
  heard = "";
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => (heard += bytes.toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  between = await link(typeof address === "object" && address !== null ? address.port : 0);
  near = await dial();
});
afterEach(async () => {
  near.destroy();
  for (const socket of sockets.splice(0)) socket.destroy();
  await between.close();
  await new Promise((resolve) => server.close(resolve));
});

const dial = (): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect(between.port, "127.0.0.1", () => resolve(socket));
    socket.on("error", () => socket.destroy());
  });
const hears = async (text: string): Promise<void> => {
  await expect.poll(() => heard, { timeout: 5000, interval: 5 }).toBe(text);
};
const closed = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once("close", resolve));

test("what is sent while it is delayed arrives later, and before what is sent after that", async () => {
  between.delay(150);
  const sent = performance.now();
  near.write("one ");
  await hears("one ");
  expect(performance.now() - sent).toBeGreaterThanOrEqual(145);
  near.write("two ");
  between.mend();
  near.write("three");
  await hears("one two three");
});

test("a silent cut holds back what is sent until it is mended", async () => {
  near.write("before ");
  await hears("before ");
  between.cut("silent");
  near.write("after");
  const other = await dial();
  other.write("");
  expect(heard).toBe("before ");
  between.mend();
  await hears("before after");
  other.destroy();
});

test("what is stranded never arrives; what said something else, or is opened later, is well", async () => {
  near.write("begin with one ");
  const other = await dial();
  other.write("and two ");
  await expect.poll(() => heard.length, { timeout: 5000, interval: 5 }).toBe("begin with one and two ".length);
  heard = "";
  between.strand(/with one/);
  near.write("lost ");
  between.mend();
  other.write("two ");
  await hears("two ");
  const later = await dial();
  later.write("three");
  await hears("two three");
  expect(near.destroyed).toBe(false);
  for (const socket of [other, later]) socket.destroy();
});

test("answers are withheld from what goes out with a word in it until it is mended, and that is sent all the same", async () => {
  let answer = "";
  near.on("data", (bytes) => (answer += bytes.toString()));
  await expect.poll(() => sockets.length, { timeout: 5000, interval: 5 }).toBe(1);
  sockets[0]!.on("data", (bytes) => sockets[0]!.write(`(${bytes.toString()})`));
  const withheld = between.withhold(/submit/);
  near.write("begin ");
  await expect.poll(() => answer, { timeout: 5000, interval: 5 }).toBe("(begin )");
  near.write("sub");
  await hears("begin sub");
  near.write("mit");
  await withheld;
  await hears("begin submit");
  near.write(" more");
  await hears("begin submit more");
  expect(answer).not.toContain("mit");
  between.mend();
  await expect.poll(() => answer, { timeout: 5000, interval: 5 }).toMatch(/\(sub\).*mit.*more\)$/);
});

test("a closed cut ends what is open and takes nothing new", async () => {
  near.write("before");
  await hears("before");
  const gone = closed(near);
  between.cut("closed");
  await gone;
  await closed(await dial());
  between.mend();
  near = await dial();
  near.write(" again");
  await hears("before again");
  expect(near.destroyed).toBe(false);
});
