// The page runs ahead of a server that hears its inputs late, or never, or after another device's, and whose answers come in any order.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lookAhead } from "#protocol/scene/play/ahead.ts";
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import { startPlay, stepPlay } from "#protocol/scene/play/step.ts";
import { anyStory, choice, inputBy, storyOf } from "#protocol/scene/testing.ts";
import { accept, type Ahead, aheadOf, hear, refuse, shownIn, takeInput, type Told } from "./ahead.ts";
import { forkStory as story } from "./testing.ts";

/** What may happen next, and a number for the details. */
const happening = fc.tuple(
  fc.constantFrom(
    "input",
    "input",
    "input",
    "arrive",
    "arrive",
    "lose",
    "other",
    "generated",
    "rewind",
    "hear",
    "hear",
    "hear late",
    "answer",
  ),
  fc.nat({ max: 1000 }),
);

test("in the end the page has the server's state, whatever was late, lost, overtaken or refused", () => {
  fc.assert(
    fc.property(anyStory, fc.integer(), fc.array(happening, { maxLength: 40 }), (story, seed, happenings) => {
      const begun = startPlay(story, { seed });
      if (!begun.ok) return;
      let server: Told = { revision: 0, state: begun.state };
      const earlier: Array<PlayState> = [begun.state];
      let page: Ahead = aheadOf(story, server);
      const sent: Array<{ readonly id: number; readonly input: PlayInput }> = [];
      const told: Array<Told> = [];
      const answers: Array<{ readonly id: number; readonly revision: number }> = [];
      const change = (state: PlayState): void => {
        earlier.push(server.state);
        server = { revision: server.revision + 1, state };
        told.push(server);
      };
      const follow = (next: { readonly ahead: Ahead; readonly change: { readonly state: PlayState } | null }): void => {
        page = next.ahead;
        if (next.change !== null) expect(next.change.state).toBe(shownIn(page));
      };
      const arrive = (): void => {
        const one = sent.shift();
        if (one === undefined) return;
        const answer = stepPlay(story, server.state, one.input);
        if (!answer.ok) return follow(refuse(page, one.id));
        change(answer.state);
        answers.push({ id: one.id, revision: server.revision });
      };
      const hearAnswer = (): void => {
        const one = answers.shift();
        if (one !== undefined) follow(accept(page, one.id, one.revision));
      };
      for (const [what, draw] of happenings) {
        switch (what) {
          case "input": {
            const taken = takeInput(page, inputBy(shownIn(page), draw));
            if (!taken.ok) break;
            page = taken.ahead;
            sent.push({ id: taken.id, input: page.pending.at(-1)!.input });
            break;
          }
          case "arrive":
            arrive();
            break;
          case "lose": {
            // The client tells for certain when a call has failed for good.
            const one = sent.shift();
            if (one !== undefined) follow(refuse(page, one.id));
            break;
          }
          case "other":
          case "generated": {
            const input: PlayInput =
              what === "other" ? inputBy(server.state, draw) : { type: "generated", key: `one/n${draw % 8}:a fox`, assetId: "ast_early" };
            const answer = stepPlay(story, server.state, input);
            if (answer.ok) change(answer.state);
            break;
          }
          case "rewind":
            change(earlier[draw % earlier.length]!);
            break;
          case "hear": {
            const one = told.shift();
            if (one !== undefined) follow(hear(page, one));
            break;
          }
          case "answer":
            hearAnswer();
            break;
          case "hear late": {
            const [one] = told.splice(draw % Math.max(1, told.length), 1);
            if (one !== undefined) follow(hear(page, one));
          }
        }
      }
      while (sent.length > 0) arrive();
      for (const one of told) follow(hear(page, one));
      while (answers.length > 0) hearAnswer();
      expect(page.pending).toEqual([]);
      expect(shownIn(page)).toEqual(server.state);
    }),
    { numRuns: 300 },
  );
});

describe("a page ahead of its server", () => {
  const begun = startPlay(story, { seed: 1 });
  const start = begun.ok ? begun.state : expect.unreachable();
  const take = (ahead: Ahead, input: PlayInput) => {
    const taken = takeInput(ahead, input);
    return taken.ok ? taken : expect.unreachable();
  };
  const after = (...inputs: ReadonlyArray<PlayInput>): PlayState =>
    inputs.reduce((state, input) => {
      const next = stepPlay(story, state, input);
      return next.ok ? next.state : expect.unreachable();
    }, start);
  const left: PlayInput = { type: "choose", turn: 0, edge: "l" };
  const right: PlayInput = { type: "choose", turn: 0, edge: "r" };

  test("does not show again what the server confirms, and keeps what it has not heard of", () => {
    const first = take(aheadOf(story, { revision: 0, state: start }), left);
    const second = take(first.ahead, { type: "ended", turn: 1 });
    const heard = hear(second.ahead, { revision: 1, state: JSON.parse(JSON.stringify(after(left))) as PlayState });
    expect(heard.change).toBeNull();
    expect(heard.ahead.pending.map(({ id }) => id)).toEqual([second.id]);
    expect(shownIn(heard.ahead).waiting.for).toBe("nothing");
  });

  test("jumps where another device was first, and forgets its own", () => {
    const { ahead } = take(aheadOf(story, { revision: 0, state: start }), left);
    const heard = hear(ahead, { revision: 1, state: after(right) });
    expect(heard.change).toMatchObject({ jumped: true, state: { frames: [{ node: "right" }] } });
    expect(heard.ahead.pending).toEqual([]);
  });

  test("takes a refused input back, with all that was built on it", () => {
    const first = take(aheadOf(story, { revision: 0, state: start }), left);
    const second = take(first.ahead, { type: "ended", turn: 1 });
    const refused = refuse(second.ahead, first.id);
    expect(refused.change).toMatchObject({ jumped: true, state: { turn: 0 } });
    expect(refused.ahead.pending).toEqual([]);
  });

  test("hears of what was generated ahead, shows nothing else for it, and plays it when it comes there", () => {
    const made = { id: "dream", type: "generation", strategy: "once", prompt: "a fox", fallback: { mode: "skip" } } as const;
    const dreaming = storyOf([
      "main",
      { start: "ask", nodes: [{ id: "ask", type: "choice" }, made], edges: [choice("in", "ask", "dream")] },
    ]);
    const asked = startPlay(dreaming, { seed: 1 });
    const state = asked.ok ? asked.state : expect.unreachable();
    const brought = stepPlay(dreaming, state, { type: "generated", key: "main/dream:a fox", assetId: "ast_made" });
    const heard = hear(aheadOf(dreaming, { revision: 0, state }), {
      revision: 1,
      state: brought.ok ? brought.state : expect.unreachable(),
    });
    expect(heard.change).toMatchObject({ jumped: false, outputs: [], state: { turn: 0 } });
    expect(lookAhead(dreaming, shownIn(heard.ahead)).candidates).toMatchObject([{ media: { kind: "asset", assetId: "ast_made" } }]);
    const { ahead } = take(heard.ahead, { type: "choose", turn: 0, edge: "in" });
    expect(shownIn(ahead).waiting).toMatchObject({ for: "media", playing: [{ kind: "generated", assetId: "ast_made" }] });
  });

  test("does not go back for what it knew already", () => {
    const ahead = aheadOf(story, { revision: 5, state: after(left) });
    expect(hear(ahead, { revision: 4, state: start })).toEqual({ ahead, change: null });
  });
});
