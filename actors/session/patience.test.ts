// How long a playthrough waits for what a generation node asks for, in time that the test owns.
import { Effect, Layer } from "effect";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { testDatabases } from "#db/client/testing.ts";
import { edge, storyOf } from "#protocol/scene/testing.ts";
import { Generations, longestWait } from "./generations.ts";
import { PlayRig } from "./testing.ts";

/** Under way for ever. */
const neverMade = Layer.succeed(Generations, { ask: () => Effect.succeed("job_1"), made: () => Effect.never });
const story = storyOf([
  "dream",
  {
    start: "made",
    nodes: [
      { id: "made", type: "generation", strategy: "once", prompt: "a fox", fallback: { mode: "placeholder", text: { en: "A fox." } } },
      { id: "home", type: "end", ending: "home" },
    ],
    edges: [edge("made", "home")],
  },
]);

const { layer } = testDatabases[0]!;
const rig = new PlayRig(layer, neverMade);
beforeAll(() => rig.start());
afterAll(() => rig.close());

test("nobody waits at a node for longer than ten minutes: then what stands in is shown, also after a restart in between", async () => {
  const { id } = await rig.call("play.start", { of: { kind: "version", versionId: await rig.publish(story) } });
  const waiting = async () => (await rig.call("play.get", { id })).state.waiting;
  expect(longestWait).toBe(600_000);
  await rig.wait(longestWait / 2);
  await rig.stop();
  await rig.start();
  // Whoever takes it up again waits as long as anybody.
  await rig.wait(longestWait - 1000);
  expect(await waiting()).toMatchObject({ for: "generation" });
  await vi.waitFor(
    async () => {
      await rig.wait(1000);
      expect(await waiting()).toMatchObject({ for: "media", playing: [{ kind: "placeholder" }] });
    },
    { timeout: 20_000, interval: 10 },
  );
});
