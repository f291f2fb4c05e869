import { expect, test } from "vitest";
import { initialTransition, transition } from "xstate";
import { startPlay } from "#protocol/scene/play/step.ts";
import { storyOf } from "#protocol/scene/testing.ts";
import { isLeft, sessionLimits, type SessionEvent } from "./context.ts";
import { sessionMachine } from "./machine.ts";

test("a generation that failed is not tried again and again, but when the player is there", () => {
  const made = { id: "made", type: "generation", strategy: "once", prompt: "a fox", fallback: { mode: "skip" } } as const;
  const begun = startPlay(storyOf(["made", { start: "made", nodes: [made] }]), { seed: 1 });
  if (!begun.ok) throw new Error(begun.refusal.message);
  const order = { id: "ply_1", versionId: "scv_1", sceneId: "scn_1", title: "", seed: 1, parameters: {} };
  const input = { order, ownerId: "usr_1", language: "en", timers: "normal", play: begun.state, hurry: null, at: 1 } as const;
  let [snapshot] = initialTransition(sessionMachine, input);
  const next = (event: { readonly type: string }): void => void ([snapshot] = transition(sessionMachine, snapshot, event as SessionEvent));
  expect(snapshot.value).toBe("generating");
  for (let times = 0; times < 2; times++) {
    next({ type: "xstate.error.actor.generate" });
    expect(snapshot.value).toBe("waiting");
    expect(isLeft(snapshot)).toBe(true);
    next({ type: "session.returned" });
    expect(snapshot.value).toBe("generating");
  }
  // Nobody is waited for where it goes on by itself.
  next({ type: "session.returned" });
  expect(snapshot.context.unattended).toBeLessThan(sessionLimits.unattended);
  expect(isLeft(snapshot)).toBe(false);
});
