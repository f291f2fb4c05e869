import { Effect, Layer, ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import { expect, onTestFinished, test } from "vitest";
import type { TopicMessage } from "../gateway/handlers.ts";
import { Bus } from "./bus.ts";

test("a channel is kept for a while for who comes back, and then forgotten; one that nobody follows keeps nothing", async () => {
  const runtime = ManagedRuntime.make(Layer.provideMerge(Bus.alone, TestClock.layer()));
  onTestFinished(() => runtime.dispose());
  const bus = await runtime.runPromise(Bus);
  const follow = async (from?: string) => {
    const seen: Array<TopicMessage> = [];
    const handle = await runtime.runPromise(bus.follow("jobs", from, Effect.succeed([]), (message) => seen.push(message)));
    return { handle, seen, types: () => seen.map(({ type }) => type) };
  };
  const adjust = (time: "10 seconds" | "1 minute") => runtime.runPromise(TestClock.adjust(time));
  bus.publish("jobs", 0);
  const first = await follow();
  bus.publish("jobs", 1);
  expect(first.types()).toEqual(["snapshot", "delta"]);
  const from = first.seen.at(-1)!.pos;
  first.handle.close();
  bus.publish("jobs", 2);
  await adjust("10 seconds");

  const second = await follow(from);
  expect(second.types()).toEqual(["resumed", "delta"]);
  // Somebody is there again: it stays.
  await adjust("1 minute");
  const third = await follow(from);
  expect(third.types()).toEqual(["resumed", "delta"]);
  second.handle.close();
  third.handle.close();
  await adjust("1 minute");
  bus.publish("jobs", 3);
  expect((await follow(from)).types()).toEqual(["snapshot"]);
});
