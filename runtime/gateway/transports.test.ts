// Which transport is chosen, here, where uWebSockets.js may load or not.
import { Effect, Exit, Layer, Logger, ManagedRuntime } from "effect";
import { expect, test } from "vitest";
import { settingsLayer } from "./testing.ts";
import { Transport } from "./transport.ts";
import { transportLayer } from "./transports.ts";
import { loadUws } from "./uws.ts";

const choose = async (wanted: string) => {
  const lines: Array<unknown> = [];
  const capture = Logger.make(({ message }) => void lines.push(message));
  const runtime = ManagedRuntime.make(
    transportLayer.pipe(Layer.provide(settingsLayer({ PIXSIM_TRANSPORT: wanted })), Layer.provideMerge(Logger.layer([capture]))),
  );
  const exit = await runtime.runPromiseExit(Effect.map(Transport, ({ name }) => name));
  await runtime.dispose();
  return { exit, lines };
};

test("auto takes uWebSockets.js where it loads, else ws, and says so in one line; uws insists", async () => {
  const loads = Exit.isSuccess(await Effect.runPromiseExit(loadUws));
  const auto = await choose("auto");
  expect(auto.exit).toEqual(Exit.succeed(loads ? "uws" : "ws"));
  expect(auto.lines).toHaveLength(loads ? 0 : 1);
  const uws = await choose("uws");
  expect(Exit.isSuccess(uws.exit)).toBe(loads);
  expect((await choose("ws")).exit).toEqual(Exit.succeed("ws"));
});
