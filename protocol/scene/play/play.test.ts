import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { playLimits } from "../limits.ts";
import type { Story } from "../scene.ts";
import { anyStory, bodyOf, choice, clip, edge, inputBy, storyOf } from "../testing.ts";
import { lookAhead } from "./ahead.ts";
import { patched, patchOf } from "./patch.ts";
import { programOf } from "./program.ts";
import type { Played, PlayInput, PlayOutput, PlayState } from "./state.ts";
import { demandIn, replayPlay, startPlay, stepPlay } from "./step.ts";
import { headingOf, viewPlay } from "./view.ts";

const travelled = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Plays by numbers; `pass`: what is done with each state on its way. */
const run = (story: Story, seed: number, draws: ReadonlyArray<number>, pass: (state: PlayState) => PlayState = (state) => state) => {
  const answers: Array<Played> = [startPlay(story, { seed })];
  const inputs: Array<PlayInput> = [];
  for (const draw of draws) {
    const last = answers.findLast((answer) => answer.ok);
    if (last === undefined) break;
    const input = inputBy(last.state, draw);
    const next = stepPlay(story, pass(last.state), input);
    if (next.ok) inputs.push(input);
    answers.push(next);
  }
  return { answers, inputs, last: answers.findLast((answer) => answer.ok) };
};

const draws = fc.array(fc.nat({ max: 1000 }), { maxLength: 25 });
const seeds = fc.integer();

describe("any story, any inputs", () => {
  test("the same seed and inputs give the same run, also when every state has travelled as JSON", () => {
    fc.assert(
      fc.property(anyStory, seeds, draws, (story, seed, given) => {
        const { answers } = run(story, seed, given);
        expect(run(travelled(story), seed, given, travelled).answers).toEqual(answers);
        expect(travelled(answers)).toEqual(answers);
      }),
      { numRuns: 150 },
    );
  });

  test("a step leads through a bounded number of nodes and calls, and what is refused changes nothing", () => {
    fc.assert(
      fc.property(anyStory, seeds, draws, (story, seed, given) => {
        let last: PlayState | undefined;
        for (const answer of run(story, seed, given).answers) {
          if (!answer.ok) continue;
          const entered = answer.outputs.filter(({ type }) => type === "entered").length;
          expect(entered).toBeLessThanOrEqual(playLimits.steps);
          expect(answer.state.frames.length).toBeLessThanOrEqual(playLimits.calls);
          if (last === undefined) expect(answer.state.turn).toBe(0);
          else expect([last.turn, last.turn + 1]).toContain(answer.state.turn);
          last = answer.state;
        }
      }),
      { numRuns: 100 },
    );
  });

  test("what is set was declared, with a value of its type", () => {
    fc.assert(
      fc.property(anyStory, seeds, draws, (story, seed, given) => {
        const state = run(story, seed, given).last?.state;
        if (state === undefined) return;
        const bodies = story.scenes.map(({ body }) => body);
        const names = (list: (body: (typeof bodies)[number]) => ReadonlyArray<{ readonly name: string }>) =>
          new Set(bodies.flatMap((body) => list(body).map(({ name }) => name)));
        const session = names(({ variables }) => variables.filter(({ scope }) => scope === "session"));
        expect([...session]).toEqual(expect.arrayContaining(Object.keys(state.variables)));
        expect([...names(({ flags }) => flags)]).toEqual(expect.arrayContaining(Object.keys(state.flags)));
        expect([...names(({ counters }) => counters)]).toEqual(expect.arrayContaining(Object.keys(state.counters)));
        expect([...names(({ items }) => items)]).toEqual(expect.arrayContaining(Object.keys(state.items)));
        expect([...names(({ characters }) => characters)]).toEqual(expect.arrayContaining(Object.keys(state.relationships)));
        expect([...names(({ quests }) => quests)]).toEqual(expect.arrayContaining(Object.keys(state.quests)));
        for (const { scene, locals } of state.frames) {
          const { variables } = programOf(story).scenes.get(scene)!;
          for (const name of Object.keys(locals)) expect(variables.get(name)?.scope).toBe("scene");
        }
        for (const { affinity, trust, chemistry, tension } of Object.values(state.relationships)) {
          for (const value of [affinity, trust, chemistry, tension]) expect(Math.abs(value)).toBeLessThanOrEqual(100);
        }
        for (const quantity of Object.values(state.items)) expect(quantity).toBeGreaterThanOrEqual(0);
        if (typeof state.variables["a"] === "number") expect(Math.abs(state.variables["a"])).toBeLessThanOrEqual(100);
      }),
      { numRuns: 150 },
    );
  });

  test("only what is offered and open can be chosen", () => {
    fc.assert(
      fc.property(anyStory, seeds, draws, (story, seed, given) => {
        const state = run(story, seed, given).last?.state;
        if (state === undefined) return;
        const { waiting, turn } = state;
        const free = waiting.for === "choice" || (waiting.for === "media" && waiting.pending === null);
        const open = new Set(free ? waiting.choices.flatMap((one) => (one.open ? [one.edge] : [])) : []);
        for (let at = 0; at < 24; at++) {
          const answer = stepPlay(story, state, { type: "choose", turn, edge: `e${at}` });
          // An open one may lead round for ever, which is told as such.
          if (!open.has(`e${at}`))
            expect(answer).toMatchObject({ ok: false, refusal: { code: waiting.for === "nothing" ? "ended" : "not_open" } });
          else if (!answer.ok) expect(answer.refusal.code).toMatch(/^too_many/);
        }
        for (const old of [turn - 1, turn + 1]) {
          expect(stepPlay(story, state, { type: "ended", turn: old })).toMatchObject({ ok: false, refusal: { code: "stale" } });
        }
      }),
      { numRuns: 100 },
    );
  });

  test("replaying the first inputs gives the state as it was then", () => {
    fc.assert(
      fc.property(anyStory, seeds, draws, fc.nat({ max: 25 }), (story, seed, given, back) => {
        const { answers, inputs } = run(story, seed, given);
        const states = answers.filter((answer) => answer.ok);
        const count = Math.min(back, inputs.length);
        if (states.length === 0) return;
        expect(replayPlay(story, { seed }, inputs.slice(0, count))).toEqual(states[count]);
      }),
      { numRuns: 100 },
    );
  });

  test("what is looked at ahead changes nothing and ends, and a state can be seen in any language", () => {
    fc.assert(
      fc.property(anyStory, seeds, draws, (story, seed, given) => {
        const state = run(story, seed, given).last?.state;
        if (state === undefined) return;
        const before = JSON.stringify(state);
        const { candidates } = lookAhead(story, state);
        const likelihoods = candidates.map(({ likelihood }) => likelihood);
        expect(likelihoods.toSorted((a, b) => b - a)).toEqual(likelihoods);
        for (const likelihood of likelihoods) expect(likelihood > 0 && likelihood <= 1).toBe(true);
        const view = viewPlay(story, state, "de");
        if (state.frames.length > 0) expect(view).toMatchObject({ turn: state.turn });
        expect(JSON.stringify(state)).toBe(before);
      }),
      { numRuns: 100 },
    );
  });
});

const ok = (answer: Played): { readonly state: PlayState; readonly outputs: ReadonlyArray<PlayOutput> } => {
  if (!answer.ok) throw new Error(answer.refusal.message);
  return answer;
};
type Told<T extends PlayInput["type"]> = Omit<Extract<PlayInput, { type: T }>, "turn" | "type">;
/** Says the inputs one after the other, each for its turn. */
const play = (story: Story, ...inputs: ReadonlyArray<{ [T in PlayInput["type"]]: { type: T } & Told<T> }[PlayInput["type"]]>) => {
  let last = ok(startPlay(story, { seed: 7 }));
  for (const input of inputs) last = ok(stepPlay(story, last.state, { ...input, turn: last.state.turn } as PlayInput));
  return last;
};
const refusal = (story: Story, state: PlayState, input: object): unknown => {
  const answer = stepPlay(story, state, { turn: state.turn, ...input } as PlayInput);
  return answer.ok ? answer.state : answer.refusal.code;
};

const forest = storyOf([
  "forest",
  {
    start: "path",
    nodes: [
      clip("path", { offer: { timeoutMs: 5000, prompt: { en: "Where to, {name}?", de: "Wohin, {name}?" } } }),
      clip("river"),
      clip("hut"),
      { id: "over", type: "end", ending: "home", text: { en: "Home with {coins} coins." } },
    ],
    edges: [
      choice("toRiver", "path", "river", {
        cut: "atEnd",
        effects: [{ kind: "addToVariable", name: "coins", by: { from: "value", value: 2 } }],
      }),
      choice("toHut", "path", "hut", { onTimeout: true, text: { en: "Hut", de: "Hütte" } }),
      choice("secret", "path", "over", { condition: { kind: "flag", name: "key", set: true }, whenClosed: "show" }),
      edge("river", "over"),
      edge("hut", "path"),
    ],
    variables: [
      { name: "name", type: { kind: "string", initial: "Ada" } },
      { name: "coins", type: { kind: "number", initial: 1, max: 2 } },
    ],
    flags: [{ name: "key" }],
    hud: { items: false, quests: false, relationships: false, time: true },
  },
]);

describe("choices", () => {
  test("one that waits for the end is taken there, and no other beside it", () => {
    const chosen = play(forest, { type: "choose", edge: "toRiver" });
    expect(chosen.outputs).toEqual([{ type: "chosen", scene: "forest", edge: "toRiver" }]);
    expect(viewPlay(forest, chosen.state, "en")?.choices).toMatchObject([
      { chosen: true },
      { chosen: false },
      { chosen: false, open: false },
    ]);
    expect(refusal(forest, chosen.state, { type: "choose", edge: "toHut" })).toBe("not_open");
    expect(refusal(forest, chosen.state, { type: "timeout" })).toBe("not_expected");
    const over = play(forest, { type: "choose", edge: "toRiver" }, { type: "ended" }, { type: "ended" });
    expect(over.state.waiting).toEqual({ for: "nothing", ending: { kind: "end", name: "home", scene: "forest", node: "over" } });
    expect(viewPlay(forest, over.state, "en")?.caption).toBe("Home with 2 coins.");
    expect(refusal(forest, over.state, { type: "ended" })).toBe("ended");
  });

  test("after the clip they stay open; when the time is over the one that says so is taken", () => {
    const waiting = play(forest, { type: "ended" });
    expect(waiting.state.waiting).toMatchObject({ for: "choice" });
    expect(refusal(forest, waiting.state, { type: "ended" })).toBe("not_expected");
    expect(refusal(forest, waiting.state, { type: "choose", edge: "secret" })).toBe("not_open");
    expect(play(forest, { type: "ended" }, { type: "timeout" }).state.frames).toMatchObject([{ node: "hut" }]);
  });

  test("are shown in the player's language, or in the scene's", () => {
    const { state } = play(forest);
    expect(viewPlay(forest, state, "de-AT")).toMatchObject({
      prompt: "Wohin, Ada?",
      timeoutMs: 5000,
      choices: [{ text: "toRiver" }, { text: "Hütte" }, { text: "secret", open: false }],
      hud: { minutes: 0, items: [] },
    });
  });

  test("what may come next is known, the nearest and most likely first", () => {
    const { candidates } = lookAhead(forest, play(forest).state);
    expect(candidates.map(({ node, likelihood, inputs }) => [node, likelihood, inputs])).toEqual([
      ["river", 0.5, 1],
      ["hut", 0.5, 1],
      ["path", 0.5, 2],
    ]);
  });

  test("a state of another story is refused, not played", () => {
    const other = storyOf(["cave", { start: "a", nodes: [clip("a")] }]);
    expect(refusal(other, play(forest).state, { type: "ended" })).toBe("other_story");
  });
});

describe("scene calls", () => {
  const counting = (depth: number) =>
    storyOf(
      [
        "main",
        {
          start: "call",
          variables: [{ name: "got", type: { kind: "number" } }],
          nodes: [
            {
              id: "call",
              type: "scene_call",
              scene: "sum",
              arguments: [{ parameter: "left", value: { from: "value", value: depth } }],
              captures: [{ point: "done", value: "total", into: "got" }],
            },
            clip("well"),
            clip("badly"),
          ],
          edges: [edge("call", "well", { kind: "return", point: "done" }), edge("call", "badly")],
        },
      ],
      [
        "sum",
        {
          start: "more",
          parameters: [{ name: "left", type: { kind: "number" } }],
          variables: [{ name: "rest", scope: "scene", type: { kind: "number" } }],
          returnPoints: [{ name: "done", values: [{ name: "total", type: { kind: "number" } }] }],
          nodes: [
            { id: "more", type: "condition" },
            { id: "less", type: "action", effects: [{ kind: "addToVariable", name: "left", by: { from: "value", value: -1 } }] },
            {
              id: "again",
              type: "scene_call",
              scene: "sum",
              arguments: [{ parameter: "left", value: { from: "variable", name: "left" } }],
              captures: [{ point: "done", value: "total", into: "rest" }],
            },
            {
              id: "plus",
              type: "action",
              effects: [
                { kind: "addToVariable", name: "rest", by: { from: "variable", name: "left" } },
                { kind: "addToVariable", name: "rest", by: { from: "value", value: 1 } },
              ],
            },
            { id: "back", type: "return", point: "done", values: [{ name: "total", value: { from: "variable", name: "rest" } }] },
          ],
          edges: [
            edge("more", "less", {
              kind: "conditional",
              condition: { kind: "variable", name: "left", is: "above", to: { from: "value", value: 0 } },
            }),
            edge("more", "back"),
            edge("less", "again"),
            edge("again", "plus", { kind: "return", point: "done" }),
            edge("plus", "back"),
          ],
        },
      ],
    );

  test("have parameters and variables of their own, and hand values back", () => {
    const { state } = play(counting(4));
    expect(state.variables).toEqual({ got: 10 });
    expect(state.frames).toMatchObject([{ scene: "main", node: "well" }]);
  });

  test("that go too deep are an error, and the state stays", () => {
    expect(startPlay(counting(100), { seed: 1 })).toMatchObject({ ok: false, refusal: { code: "too_many_calls" } });
  });

  test("a story that goes round without waiting is an error", () => {
    const round = storyOf(["a", { start: "x", nodes: [{ id: "x", type: "action" }], edges: [edge("x", "x")] }]);
    expect(startPlay(round, { seed: 1 })).toMatchObject({ ok: false, refusal: { code: "too_many_steps" } });
  });
});

describe("generations and games", () => {
  const made = (fallback: object, strategy = "per_playthrough") =>
    storyOf([
      "a",
      {
        start: "make",
        variables: [{ name: "animal", type: { kind: "string", initial: "fox" } }],
        nodes: [{ id: "make", type: "generation", strategy, prompt: "a {animal} in the snow", fallback } as never, clip("then")],
        edges: [edge("make", "then"), edge("then", "make")],
      },
    ]);
  const key = "a/make:a fox in the snow";

  test("a node asks once for what it needs, plays it, and the next time has it", () => {
    const story = made({ mode: "skip" });
    const asked = play(story);
    expect(asked.outputs.at(-1)).toMatchObject({ type: "demand", demand: { key, prompt: "a fox in the snow", attempt: 1 } });
    expect(lookAhead(story, asked.state).candidates).toMatchObject([{ node: "then", inputs: 2 }]);
    const there = play(story, { type: "generated", key, assetId: "ast_1" });
    expect(viewPlay(story, there.state, "en")?.media).toMatchObject([{ kind: "asset", assetId: "ast_1" }]);
    const again = play(story, { type: "generated", key, assetId: "ast_1" }, { type: "ended" }, { type: "ended" });
    expect(again.outputs.at(-1)).toMatchObject({ type: "play", playing: [{ kind: "generated", assetId: "ast_1" }] });
  });

  test("what comes before it is waited for is kept, and makes nobody's choice too late", () => {
    const story = made({ mode: "skip" });
    const next = play(story, { type: "generationFailed", key }, { type: "generated", key: "a/make:another", assetId: "ast_2" });
    expect(next.state).toMatchObject({ turn: 1, generated: { "a/make:another": "ast_2" }, waiting: { for: "media" } });
    const over = play(story, { type: "generationFailed", key }, { type: "generated", key, assetId: "ast_1" }, { type: "ended" });
    expect(over.outputs.at(-1)).toMatchObject({ type: "play", playing: [{ kind: "generated", assetId: "ast_1" }] });
    expect(refusal(story, next.state, { type: "generationFailed", key })).toBe("not_expected");
  });

  test("what is good for one time is asked for each time, also ahead", () => {
    const story = made({ mode: "skip" }, "always");
    const later = play(story, { type: "generated", key: "a/make#1:a fox in the snow", assetId: "ast_1" }, { type: "ended" });
    expect(lookAhead(story, later.state).demands).toMatchObject([{ key: "a/make#2:a fox in the snow", likelihood: 1 }]);
  });

  describe("from a picture", () => {
    const dream = (id: string, picture: object) =>
      ({ id, type: "generation", strategy: "once", prompt: "it moves", picture, fallback: { mode: "skip" } }) as never;
    const shown = (id: string, media: object, more: object = {}) => clip(id, { segments: [{ id: "s", media: media as never }], ...more });
    const story = storyOf([
      "a",
      {
        start: "fork",
        nodes: [
          { id: "fork", type: "choice" },
          shown("clip", { kind: "clip", assetId: "ast_clip", startMs: 500, endMs: 2000 }),
          shown("whole", { kind: "asset", assetId: "ast_whole" }),
          shown("still", { kind: "still", assetId: "ast_still", durationMs: 900 }),
          clip("words", { segments: [], caption: { en: "Words alone." } }),
          dream("here", { from: "here" }),
          dream("after", { from: "here" }),
          { id: "home", type: "end", ending: "home" },
        ],
        edges: [
          ...["clip", "whole", "still", "here"].map((id) => choice(`to_${id}`, "fork", id)),
          ...["clip", "whole", "still"].map((id) => edge(id, "words")),
          edge("words", "here"),
          edge("here", "after"),
          edge("after", "home"),
        ],
      },
    ]);
    const demanded = (told: ReturnType<typeof play>) => told.outputs.flatMap((output) => (output.type === "demand" ? [output.demand] : []));

    test.each([
      ["clip", { assetId: "ast_clip", atMs: 1999 }],
      ["whole", { assetId: "ast_whole", atMs: null }],
      ["still", { assetId: "ast_still", atMs: null }],
    ])("what was seen last is gone on from, and each is another result: %s", (way, picture) => {
      const there = play(story, { type: "choose", edge: `to_${way}` }, { type: "ended" }, { type: "ended" });
      const [asked] = demanded(there);
      expect(asked).toMatchObject({ node: "here", picture });
      expect(asked!.key).toContain(`@${picture.assetId}+`);
      // What is made of it is seen then, and is gone on from.
      const { state, outputs } = play(
        story,
        { type: "choose", edge: `to_${way}` },
        { type: "ended" },
        { type: "ended" },
        { type: "generated", key: asked!.key, assetId: "ast_made" },
        { type: "ended" },
      );
      expect(outputs.at(-1)).toMatchObject({ demand: { node: "after", picture: { assetId: "ast_made", atMs: null } } });
      expect(demandIn(story, state)).toMatchObject({ picture: { assetId: "ast_made", atMs: null } });
    });

    test("where nothing was seen yet there are words alone", () => {
      expect(demanded(play(story, { type: "choose", edge: "to_here" }))).toMatchObject([{ key: "a/here:it moves", picture: null }]);
    });

    test("what goes on from a result is not asked for ahead of that", () => {
      const { state } = play(story, { type: "choose", edge: "to_clip" }, { type: "ended" });
      const { demands } = lookAhead(story, state, 4);
      expect(demands.map(({ node }) => node)).toEqual(["here"]);
    });

    test("one that the node names is taken where it begins", () => {
      const media = [
        [
          { kind: "clip", assetId: "ast_1", startMs: 700, endMs: 900 },
          { assetId: "ast_1", atMs: 700 },
        ],
        [
          { kind: "still", assetId: "ast_2", durationMs: 4000 },
          { assetId: "ast_2", atMs: 0 },
        ],
      ] as const;
      for (const [named, picture] of media) {
        const told = storyOf(["a", { start: "make", nodes: [dream("make", { from: "media", media: named })] }]);
        expect(demanded(play(told))).toMatchObject([{ picture }]);
      }
    });

    test("nothing is kept of what was seen where nothing goes on from it", () => {
      const told = storyOf(["a", { start: "v", nodes: [shown("v", { kind: "asset", assetId: "ast_1" })] }]);
      expect(play(told).state.seen).toBeUndefined();
    });
  });

  test.each([
    ["skip", { mode: "skip" }, 1, { node: "then" }, []],
    ["a placeholder", { mode: "placeholder", text: { en: "no {animal}" } }, 1, { node: "make" }, [{ kind: "placeholder", text: "no fox" }]],
    [
      "what stands in",
      { mode: "default", media: { kind: "asset", assetId: "ast_9" } },
      1,
      { node: "make" },
      [{ kind: "asset", assetId: "ast_9" }],
    ],
    ["three tries", { mode: "retry" }, 3, { node: "then" }, []],
  ])("when there is no result: %s", (_, fallback, failures, frame, media) => {
    const story = made(fallback);
    const { state } = play(story, ...Array.from({ length: failures }, () => ({ type: "generationFailed", key }) as const));
    expect(state.frames).toMatchObject([frame]);
    if (media.length > 0) expect(viewPlay(story, state, "en")?.media).toMatchObject(media);
  });

  const arcade = (game: object, needed = 3) =>
    storyOf([
      "a",
      {
        start: "game",
        variables: [{ name: "score", type: { kind: "number" } }],
        nodes: [{ id: "game", type: "minigame", game, needed, scoreInto: "score" } as never, clip("won"), clip("lost"), clip("caught")],
        edges: [
          edge("game", "won", { kind: "outcome", outcome: "passed" }),
          edge("game", "lost", { kind: "outcome", outcome: "failed" }),
          edge("game", "caught", { kind: "outcome", outcome: "detected" }),
        ],
      },
    ]);

  test.each([
    ["more hits than targets", { game: "reflex", targets: 5, windowMs: 500 }, { score: 6, durationMs: 9000 }],
    ["faster than anybody", { game: "reflex", targets: 5, windowMs: 500 }, { score: 5, durationMs: 300 }],
    ["a sequence not even shown", { game: "sequenceMemory", rounds: 4, length: 3, showMs: 500 }, { score: 4, durationMs: 8000 }],
    ["a game of more than an hour", { game: "gizmo", minimumMs: 0 }, { score: 50, durationMs: 4_000_000 }],
  ])("a result that cannot be is refused: %s", (_, game, result) => {
    const story = arcade(game);
    expect(refusal(story, play(story).state, { type: "minigame", ...result })).toBe("impossible");
  });

  test("a score that is enough passes, and is kept", () => {
    const story = arcade({ game: "reflex", targets: 5, windowMs: 500 });
    const won = play(story, { type: "minigame", score: 3, durationMs: 1000 });
    expect([won.state.frames[0]?.node, won.state.variables]).toEqual(["won", { score: 3 }]);
    expect(play(story, { type: "minigame", score: 2, durationMs: 1000 }).state.frames[0]?.node).toBe("lost");
    expect(refusal(story, play(story).state, { type: "skip" })).toBe("not_expected");
  });

  test("what comes of a try the seed has decided: nobody goes on after having been noticed", () => {
    const story = arcade({ game: "chance", tries: 20, successPercent: 0, detectionPercent: 100 });
    expect(play(story, { type: "minigame", score: 1, durationMs: 500 }).state.frames[0]?.node).toBe("caught");
    expect(refusal(story, play(story).state, { type: "minigame", score: 2, durationMs: 500 })).toBe("impossible");
  });
});

describe("what plays", () => {
  const three = (more: object) =>
    storyOf([
      "a",
      {
        start: "v",
        nodes: [
          {
            id: "v",
            type: "video",
            segments: ["day1", "night", "day2"].map((id) => ({
              id,
              media: { kind: "asset", assetId: `ast_${id}` },
              tags: [id.slice(0, 3)],
            })),
            ...more,
          } as never,
          { id: "over", type: "end", ending: "over" },
        ],
        edges: [edge("v", "over")],
      },
    ]);
  const played = (story: Story, seed: number) => {
    const { waiting } = ok(startPlay(story, { seed })).state;
    return waiting.for === "media" ? waiting.playing.map((one) => (one.kind === "segment" ? one.id : "")) : [];
  };

  test("all in their order, one by chance, or some of those with the tags", () => {
    expect(played(three({}), 1)).toEqual(["day1", "night", "day2"]);
    const seen = new Set(Array.from({ length: 40 }, (_, seed) => played(three({ selection: { mode: "random" } }), seed).join()));
    expect([...seen].toSorted()).toEqual(["day1", "day2", "night"]);
    const pool = three({ selection: { mode: "pool", tags: ["day"], count: 2 } });
    const orders = new Set(Array.from({ length: 40 }, (_, seed) => played(pool, seed).join()));
    expect([...orders].toSorted()).toEqual(["day1,day2", "day2,day1"]);
  });

  test("a progression goes on step by step, not by the end of a segment", () => {
    const steps = [
      { label: "first", segment: "day1" },
      { label: "last", segment: "night" },
    ];
    const story = three({ playback: { mode: "progression", steps } });
    expect(refusal(story, play(story).state, { type: "ended" })).toBe("not_expected");
    expect(viewPlay(story, play(story, { type: "progress" }).state, "en")?.media).toEqual([
      { kind: "asset", assetId: "ast_night", subtitles: "" },
    ]);
    expect(play(story, { type: "progress" }, { type: "ended" }).state.waiting).toMatchObject({ for: "nothing" });
  });
});

test("quests are completed by their objectives, tiers follow affinity, and the clock goes round", () => {
  const story = storyOf([
    "a",
    {
      start: "x",
      quests: [
        {
          name: "q",
          objectives: [
            { name: "o", target: 2 },
            { name: "extra", optional: true },
          ],
        },
      ],
      characters: [{ name: "ada", affinity: 9 }],
      nodes: [
        {
          id: "x",
          type: "action",
          effects: [
            { kind: "advanceObjective", quest: "q", objective: "o", by: 2 },
            { kind: "setQuest", quest: "q", status: "active" },
            { kind: "advanceObjective", quest: "q", objective: "o", by: 1 },
            { kind: "advanceObjective", quest: "q", objective: "o", by: 9 },
            { kind: "addToRelationship", character: "ada", axis: "affinity", by: 75 },
            { kind: "passTime", minutes: 1500 },
            { kind: "waitUntil", clock: 60 },
          ],
        },
        { id: "over", type: "end", ending: "over" },
      ],
      edges: [edge("x", "over")],
    },
  ]);
  const { state, outputs } = play(story);
  expect(state.quests).toEqual({ q: { status: "completed", objectives: { o: 2 } } });
  expect(state.minutes).toBe(2 * 1440 + 60);
  expect(outputs.filter(({ type }) => type === "quest" || type === "tier")).toEqual([
    { type: "quest", quest: "q", status: "active" },
    { type: "quest", quest: "q", status: "completed" },
    { type: "tier", character: "ada", tier: "partner" },
  ]);
});

test("names that every object answers to are refused, in every place", () => {
  for (const name of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]) {
    const variable = { name, type: { kind: "number" as const } };
    expect(() => bodyOf({ variables: [variable] })).toThrow(/reserved/);
    expect(() => bodyOf({ nodes: [{ id: "a", type: "action", effects: [{ kind: "setFlag", name, set: true }] }] })).toThrow(/reserved/);
  }
});

describe("achievements", () => {
  const first = {
    start: "ask",
    flags: [{ name: "brave" }],
    achievements: [
      { name: "home", when: { is: "ending" as const, ending: "home" } },
      { name: "courage", when: { is: "condition" as const, condition: { kind: "flag" as const, name: "brave", set: true } } },
      {
        name: "often",
        when: { is: "condition" as const, condition: { kind: "visits" as const, node: "ask", is: "atLeast" as const, value: 2 } },
      },
    ],
    nodes: [
      { id: "ask", type: "choice" as const },
      { id: "inner", type: "scene_call" as const, scene: "cave" },
    ],
    edges: [
      choice("again", "ask", "ask"),
      choice("in", "ask", "inner", { effects: [{ kind: "setFlag" as const, name: "brave", set: true }] }),
    ],
  };
  const story = storyOf(["main", first], ["cave", { start: "end", nodes: [{ id: "end", type: "end", ending: "home" }] }]);
  const play = (...edges: ReadonlyArray<string>) => {
    const played = replayPlay(
      story,
      { seed: 1 },
      edges.map((edge, turn) => ({ type: "choose", turn, edge })),
    );
    return played.ok ? played : expect.unreachable();
  };

  test("are found where they hold, also in a scene that was called, once, and stay", () => {
    expect(play().state.achieved).toBeUndefined();
    const told = (outputs: ReadonlyArray<PlayOutput>) => outputs.flatMap((one) => (one.type === "achieved" ? [one.achievement] : []));
    expect(told(play("again").outputs)).toEqual(["often"]);
    expect(told(play("again", "again").outputs)).toEqual([]);
    const over = play("again", "in");
    expect([told(over.outputs), over.state.achieved]).toEqual([["home", "courage"], { often: 1, home: 2, courage: 2 }]);
    const view = viewPlay(story, over.state, "en");
    expect(view?.achievements.map(({ name, achieved }) => [name, achieved])).toEqual([
      ["home", true],
      ["courage", true],
      ["often", true],
    ]);
  });

  test("a change of the state has them, and the state before stays as it was", () => {
    const [before, after] = [play().state, play("again").state];
    const patch = patchOf(before, after);
    expect(patched(before, patch)).toEqual(after);
    const next = stepPlay(story, after, { type: "choose", turn: 1, edge: "again" });
    expect(next.ok && patchOf(after, next.state).achieved).toBeUndefined();
  });
});

test("an ending is called as its heading says in the language, also later and without its values", () => {
  const end = (id: string, heading: Record<string, string>) => ({ id, type: "end" as const, ending: id, heading });
  const story = storyOf(
    ["main", { start: "over", nodes: [end("over", { en: "Home at last", de: "Endlich daheim" }), end("plain", {})] }],
    ["cave", { language: "de", nodes: [end("rich", { de: "{coins} Münzen" }), end("dark", { de: "Im Dunkeln" })] }],
  );
  const over = startPlay(story, { seed: 1 });
  expect(over.ok && ["en", "de", "fr"].map((language) => viewPlay(story, over.state, language)?.heading)).toEqual([
    "Home at last",
    "Endlich daheim",
    "Home at last",
  ]);
  expect(["over", "plain", "rich", "dark", "gone"].map((ending) => headingOf(story, ending, "en"))).toEqual([
    "Home at last",
    "",
    "",
    "Im Dunkeln",
    "",
  ]);
});
