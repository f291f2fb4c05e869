import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editedBody, editsBetween, type SceneEdit } from "#protocol/scene/edit.ts";
import { SceneBody } from "#protocol/scene/scene.ts";
import { bodyOf, choice, clip } from "#protocol/scene/testing.ts";
import type { DraftChange } from "#protocol/scene.ts";
import { inverseOf, narrowed, sparing, type Edits } from "./edits.ts";
import { answered, edited, heard, read, refused, sent, shownOf, steady, type Replica } from "./replica.ts";

const begun = bodyOf({
  start: "a",
  nodes: [{ id: "g", type: "group" }, { ...clip("a"), group: "g" }, clip("b"), clip("c")],
  edges: [choice("ab", "a", "b"), choice("bc", "b", "c")],
});

/** What a person may do, as numbers that name what it is done to. */
interface Act {
  readonly who: 0 | 1;
  readonly does: "title" | "move" | "say" | "join" | "remove" | "add" | "undo" | "send" | "take" | "answer" | "hear" | "lose";
  readonly at: number;
}
const anyAct: fc.Arbitrary<Act> = fc.record({
  who: fc.constantFrom(0 as const, 1 as const),
  does: fc.constantFrom(
    ...(["title", "move", "say", "join", "remove", "add", "undo", "lose"] as const),
    ...(["send", "take", "answer", "hear", "send", "take", "answer", "hear"] as const),
  ),
  at: fc.nat(5),
});

interface Window {
  replica: Replica;
  /** As it is shown: edits are made over this. */
  body: SceneBody;
  /** The call under way: asked, then decided by the server. */
  call: { readonly edits: Edits; readonly token: string; made: number | null | "asked" } | null;
  inbox: Array<DraftChange>;
  steps: Array<{ before: SceneBody; edits: Edits; after: SceneBody }>;
  /** Of each property what was written last. */
  readonly wrote: Map<string, unknown>;
}

/** Two windows and a server; every word between them waits until it is its turn. */
const world = () => {
  let body = begun;
  let draft = 1;
  let made = 0;
  const removed = new Set<string>();
  const committed = new Map<string, Array<unknown>>();
  const windows = [0, 1].map((): Window => ({
    replica: { base: begun, draft: 1, sending: null, queue: [] },
    body: begun,
    call: null,
    inbox: [],
    steps: [],
    wrote: new Map(),
  })) as [Window, Window];
  const become = (window: Window, next: Replica) => {
    window.replica = next;
    window.body = steady(window.body, shownOf(next));
  };
  const make = (window: Window, edits: Edits) => {
    window.replica = edited(window.replica, edits);
    window.body = steady(window.body, shownOf(window.replica));
    for (const edit of edits) {
      if (edit.do === "patchNode") for (const [key, value] of Object.entries(edit.set)) window.wrote.set(`${edit.id}.${key}`, value);
    }
  };
  const act = (window: Window, given: Edits) => {
    const before = window.body;
    const edits = narrowed(given, before);
    if (edits === null || edits.length === 0) return;
    make(window, edits);
    window.steps.push({ before, edits, after: window.body });
  };
  const readAnew = (window: Window) => {
    window.inbox = [];
    become(window, read(window.replica, body, draft));
  };

  const play = ({ who, does, at }: Act): void => {
    const window = windows[who];
    const nodes = window.body.nodes;
    const node = nodes[at % Math.max(nodes.length, 1)];
    const other = nodes[(at + 1) % Math.max(nodes.length, 1)];
    const value = `v${++made}`;
    switch (does) {
      case "title":
        if (node !== undefined) act(window, [{ do: "putNode", node: { ...node, title: value } }]);
        break;
      case "say":
        if (node?.type === "video") act(window, [{ do: "putNode", node: { ...node, caption: { en: value } } }]);
        break;
      case "move":
        if (node !== undefined) act(window, [{ do: "moveNode", id: node.id, x: made, y: at }]);
        break;
      case "join":
        if (node !== undefined && other !== undefined && node.type !== "group" && other.type !== "group") {
          act(window, [{ do: "putEdge", edge: { id: `e${made}`, from: node.id, to: other.id, kind: "default", order: 0, effects: [] } }]);
        }
        break;
      case "remove":
        if (node !== undefined) act(window, [{ do: "removeNode", id: node.id }]);
        break;
      case "add": {
        const group = nodes.find(({ type }) => type === "group")?.id ?? null;
        const fresh = bodyOf({ nodes: [clip(`n${made}`)] }).nodes[0]!;
        act(window, [
          { do: "putNode", node: { ...fresh, group } },
          { do: "setHead", head: { start: fresh.id } },
        ]);
        break;
      }
      case "undo": {
        const step = window.steps.pop();
        if (step !== undefined) make(window, sparing(inverseOf(step.before, step.edits), step.after, window.body));
        break;
      }
      case "send": {
        if (window.call !== null || window.replica.sending !== null || window.replica.queue.length === 0) break;
        window.replica = sent(window.replica, value);
        window.call = { edits: window.replica.sending!.edits, token: value, made: "asked" };
        break;
      }
      case "take": {
        if (window.call?.made !== "asked") break;
        const { edits, token } = window.call;
        const after = SceneBody.safeParse(editedBody(body, edits));
        if (!after.success) {
          window.call.made = null;
          break;
        }
        for (const edit of edits) {
          if (edit.do !== "patchNode") continue;
          for (const [key, one] of Object.entries(edit.set)) {
            committed.set(`${edit.id}.${key}`, [...(committed.get(`${edit.id}.${key}`) ?? []), one]);
          }
        }
        const told = editsBetween(body, after.data);
        for (const { id } of body.nodes) if (!after.data.nodes.some((one) => one.id === id)) removed.add(id);
        body = after.data;
        draft += 1;
        window.call.made = draft;
        for (const { inbox } of windows) inbox.push({ draft, edits: told === null ? null : [...told], token });
        break;
      }
      case "answer": {
        const { call } = window;
        if (call === null || call.made === "asked") break;
        window.call = null;
        // The token's own change may have been heard before: then nothing of it waits any more.
        if (call.made === null) become(window, refused(window.replica));
        else become(window, answered(window.replica, call.token, call.made));
        break;
      }
      case "hear": {
        const told = window.inbox.shift();
        const next = told === undefined ? window.replica : heard(window.replica, told);
        if (next === null) readAnew(window);
        else become(window, next);
        break;
      }
      case "lose":
        // What was told is lost, and the topic says so.
        if (at === 0) readAnew(window);
        break;
    }
  };

  /** Until nobody has anything to say. */
  const settle = () => {
    for (let rounds = 0; rounds < 500; rounds++) {
      const [busy] = windows.flatMap((window, who) =>
        window.call !== null || window.inbox.length > 0 || window.replica.queue.length > 0 || window.replica.sending !== null ? [who] : [],
      );
      if (busy === undefined) return;
      for (const who of [0, 1] as const) for (const does of ["hear", "send", "take", "answer"] as const) play({ who, does, at: 1 });
    }
    throw new Error("It does not come to an end.");
  };
  return { windows, play, settle, committed, removed, server: () => body };
};

describe("a draft that two windows edit", () => {
  it("is the same in both in the end, whatever comes first, and nobody's word is lost that nobody spoke over", () => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 80 }), (acts) => {
        const { windows, play, settle, committed, removed, server } = world();
        for (const one of acts) play(one);
        settle();
        const body = server();
        for (const { replica, body: shown, wrote } of windows) {
          expect(replica.base).toEqual(body);
          expect(shown).toEqual(body);
          for (const [property, value] of wrote) {
            if (!removed.has(property.split(".")[0]!) && !property.endsWith(".group"))
              expect(committed.get(property)).toContainEqual(value);
          }
        }
        for (const [property, values] of committed) {
          const [id, key] = property.split(".") as [string, "title"];
          const node = body.nodes.find((one) => one.id === id);
          // A group that is gone has nothing in it.
          if (key !== ("group" as string) && node !== undefined && !removed.has(id)) expect(node[key]).toEqual(values.at(-1));
        }
      }),
      { numRuns: 300 },
    );
  }, 300_000);

  it("does not remove what is brought back before anybody heard of it, and leaves what others have made of it", () => {
    const [remove]: Edits = [{ do: "removeNode", id: "b" }];
    const removed = edited({ base: begun, draft: 1, sending: null, queue: [] }, [remove!]);
    const titled = heard(removed, { draft: 2, edits: [{ do: "patchNode", id: "b", set: { title: "Theirs" } }], token: null })!;
    const back = edited(titled, sparing(inverseOf(begun, [remove!]), editedBody(begun, [remove!]), shownOf(titled)));
    expect(back.queue).toEqual([]);
    expect(shownOf(back).nodes.find(({ id }) => id === "b")?.title).toBe("Theirs");
    expect(shownOf(back).edges).toEqual(begun.edges);
  });

  it("leaves a node and an edge that were added where somebody else has worked on them since, when that is taken back", () => {
    const edge: Extract<SceneEdit, { do: "putEdge" }>["edge"] = { id: "nb", from: "n", to: "b", kind: "default", order: 0, effects: [] };
    const add: Edits = [
      { do: "putNode", node: bodyOf({ nodes: [clip("n")] }).nodes[0]! },
      { do: "putEdge", edge },
    ];
    const [back, after] = [inverseOf(begun, add), editedBody(begun, add)];
    const takenBack = (theirs: Edits) =>
      sparing(back, after, editedBody(after, theirs)).map((one) => `${one.do} ${"id" in one ? one.id : ""}`);
    expect(takenBack([{ do: "moveNode", id: "a", x: 16, y: 0 }])).toEqual(["removeEdge nb", "removeNode n"]);
    expect(takenBack([{ do: "patchNode", id: "n", set: { title: "Theirs" } }])).toEqual(["removeEdge nb"]);
    expect(takenBack([{ do: "putEdge", edge: { ...edge, id: "cn", from: "c", to: "n" } }])).toEqual(["removeEdge nb"]);
    expect(takenBack([{ do: "patchEdge", id: "nb", set: { order: 4 } }])).toEqual([]);
  });

  it("sends no more with one call than a frame takes, in any script", () => {
    const caption = (id: string): SceneEdit => ({ do: "patchNode", id, set: { caption: { ja: "語".repeat(20_000) } } });
    const queue = ["a", "b", "c", "d", "e"].map(caption);
    const first = sent({ base: begun, draft: 1, sending: null, queue }, "t");
    expect([first.sending?.edits.length, first.queue.length]).toEqual([2, 3]);
  });

  it("keeps what was refused, without what it leant on", () => {
    const join: SceneEdit = { do: "putEdge", edge: { id: "ca", from: "c", to: "a", kind: "default", order: 0, effects: [] } };
    const title: SceneEdit = { do: "patchNode", id: "b", set: { title: "typed" } };
    const way = sent(edited({ base: begun, draft: 1, sending: null, queue: [] }, [join, title]), "t");
    const later = heard(way, { draft: 2, edits: [{ do: "removeNode", id: "c" }], token: "theirs" })!;
    expect(shownOf(later).edges).toMatchObject([{ id: "ab" }]);
    expect(refused(later)).toMatchObject({ draft: 2, sending: null, queue: [title] });
    expect(heard(later, { draft: 9, edits: [], token: null })).toBe(null);
    expect(heard(later, { draft: 3, edits: null, token: null })).toBe(null);
  });
});
