import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editedBody, editsBetween, type SceneEdit } from "#protocol/scene/edit.ts";
import { SceneBody, type SceneNode } from "#protocol/scene/scene.ts";
import { anyStory, bodyOf, choice, clip } from "#protocol/scene/testing.ts";
import { arrange } from "./arrange.ts";
import { copied, pasted } from "./clipboard.ts";
import { condensed, firstCall, fitted, inverseOf, narrowed, sparing } from "./edits.ts";
import {
  boundsOf,
  boxOf,
  curveOf,
  distanceTo,
  freePlace,
  grown,
  overlaps,
  pointOn,
  rectBetween,
  rectOf,
  snapped,
  toCanvas,
  zoomedAt,
  type Rect,
  shortened,
  roomOn,
} from "./geometry.ts";
import { graphOf, neighbourOf } from "./graph.ts";
import { kindsFrom, newEdge, newNode, nodeTypes } from "./make.ts";
import { spatialOf } from "./spatial.ts";

const anyBody = anyStory.map(({ scenes }) => scenes[0]!.body);
const coordinate = fc.integer({ min: -2000, max: 2000 });

/** Edits as people make them: of what is there, what is gone, and what comes anew; in groups, too. */
const anyEdits = (body: SceneBody): fc.Arbitrary<Array<SceneEdit>> => {
  const ids = [...body.nodes.map(({ id }) => id), "gone", "new1", "new2"];
  const id = fc.constantFrom(...ids);
  const edgeId = fc.constantFrom(...body.edges.map((edge) => edge.id), "goneEdge", "newEdge");
  const node = fc
    .tuple(id, fc.constantFrom(...nodeTypes), coordinate, fc.constantFrom("", "a title"))
    .map(([of, type, x, title]): SceneNode =>
      Object.assign({}, body.nodes.find((one) => one.id === of) ?? newNode(type, { x, y: 0 }), { id: of, title, x }),
    );
  return fc.array(
    fc.oneof(
      node.map((one): SceneEdit => ({ do: "putNode", node: one })),
      fc.tuple(id, coordinate, coordinate).map(([of, x, y]): SceneEdit => ({ do: "moveNode", id: of, x, y })),
      fc
        .tuple(id, fc.constantFrom<Record<string, unknown>>({ title: "patched" }, { title: "other", x: 7 }, { y: -3 }))
        .map(([of, set]): SceneEdit => ({ do: "patchNode", id: of, set })),
      fc.tuple(edgeId, fc.nat(9)).map(([of, order]): SceneEdit => ({ do: "patchEdge", id: of, set: { order } })),
      id.map((of): SceneEdit => ({ do: "removeNode", id: of })),
      edgeId.map((of): SceneEdit => ({ do: "removeEdge", id: of })),
      fc.tuple(edgeId, id, id).map(([of, from, to]): SceneEdit => ({
        do: "putEdge",
        edge: { id: of, from, to, kind: "default", order: 1, effects: [] },
      })),
      fc.record({ do: fc.constant("setHead" as const), head: fc.record({ start: fc.option(id), language: fc.constantFrom("en", "de") }) }),
    ),
    { maxLength: 12 },
  );
};
const bodyAndEdits = anyBody.chain((body) => fc.tuple(fc.constant(body), anyEdits(body)));
const sorted = ({ nodes, edges, ...head }: SceneBody) => ({
  ...head,
  nodes: nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  edges: edges.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
});

describe("edits", () => {
  it("are taken back exactly, and made again exactly", () => {
    fc.assert(
      fc.property(bodyAndEdits, ([body, edits]) => {
        const after = editedBody(body, edits);
        const inverse = inverseOf(body, edits);
        const before = editedBody(after, inverse);
        expect(sorted(before)).toEqual(sorted(body));
        expect(sorted(editedBody(before, inverseOf(after, inverse)))).toEqual(sorted(after));
      }),
    );
  });

  it("bring a group back with what stood in it, the start and all edges", () => {
    const body = bodyOf({
      start: "a",
      nodes: [{ id: "g", type: "group" }, { ...clip("a"), group: "g" }, clip("b")],
      edges: [choice("c", "a", "b"), choice("d", "b", "a")],
    });
    const edits: ReadonlyArray<SceneEdit> = [
      { do: "removeNode", id: "g" },
      { do: "removeNode", id: "a" },
    ];
    const emptied = editedBody(body, edits);
    expect(emptied.edges).toEqual([]);
    expect(sorted(editedBody(emptied, inverseOf(body, edits)))).toEqual(sorted(body));
  });

  it("say the same in fewer words", () => {
    fc.assert(
      fc.property(bodyAndEdits, ([body, edits]) => {
        const fewer = condensed(edits);
        expect(fewer.length).toBeLessThanOrEqual(edits.length);
        expect(sorted(editedBody(body, fewer))).toEqual(sorted(editedBody(body, edits)));
      }),
    );
    const typed = ["F", "Fo", "Fox"].map((title): SceneEdit => ({
      do: "putNode",
      node: { ...newNode("end", { x: 0, y: 0 }), id: "n", title },
    }));
    expect(condensed(typed)).toEqual([typed[2]]);
  });

  it("of two people meet by property, and what is taken back spares what somebody else has changed since", () => {
    const body = bodyOf({ start: "a", nodes: [clip("a"), clip("b")], edges: [choice("c", "a", "b")] });
    const [a] = body.nodes;
    const mine = narrowed([{ do: "putNode", node: { ...a!, title: "Mine", x: 5 } }], body)!;
    expect(mine).toEqual([{ do: "patchNode", id: "a", set: { title: "Mine", x: 5 } }]);
    const after = editedBody(body, mine);
    const theirs = editedBody(after, [
      { do: "patchNode", id: "a", set: { title: "Theirs", caption: { en: "said" } } },
      { do: "removeNode", id: "b" },
    ]);
    expect(theirs.nodes).toMatchObject([{ title: "Theirs", caption: { en: "said" }, x: 5 }]);
    const undone = editedBody(theirs, sparing(inverseOf(body, mine), after, theirs));
    expect(undone.nodes).toMatchObject([{ title: "Theirs", caption: { en: "said" }, x: 0 }]);
    expect(sparing([{ do: "patchNode", id: "b", set: { title: "" } }], after, theirs)).toEqual([]);
  });

  it("keep id and kind, refuse what would be none any more, and say nothing where nothing changes", () => {
    const body = bodyOf({ nodes: [clip("a"), clip("b")], edges: [choice("c", "a", "b")] });
    const set = JSON.parse('{"id":"z","type":"end","title":"T","__proto__":{"x":9},"else":1}') as Record<string, unknown>;
    const [patched] = editedBody(body, [{ do: "patchNode", id: "a", set }]).nodes;
    expect(patched).toEqual({ ...body.nodes[0]!, title: "T" });
    expect(narrowed([{ do: "patchNode", id: "a", set: { segments: 5 } }], body)).toBe(null);
    // As long as it is, no frame holds it.
    const long = ["s", "t", "u", "v", "w"].map((id) => ({
      id,
      media: { kind: "asset" as const, assetId: "ast_a" },
      subtitles: { ja: `WEBVTT\n\n${"語".repeat(19_000)}` },
    }));
    const [whole, part] = [long, long.slice(1)].map((segments) => bodyOf({ nodes: [{ id: "v", type: "video", segments }] }).nodes[0]!);
    expect(narrowed([{ do: "putNode", node: whole! }], body)).toBe(null);
    expect(narrowed([{ do: "putNode", node: part! }], body)).toHaveLength(1);
    expect(SceneBody.safeParse(editedBody(body, [{ do: "patchEdge", id: "c", set: { cut: "never" } }])).success).toBe(false);
    expect(narrowed([{ do: "putNode", node: structuredClone(body.nodes[0]!) }], body)).toEqual([]);
  });

  it("lead from one body to another in small steps, or say that they cannot", () => {
    const sound = (body: SceneBody) => SceneBody.safeParse(body);
    fc.assert(
      fc.property(bodyAndEdits, ([body, edits]) => {
        const read = sound(editedBody(body, edits));
        fc.pre(read.success);
        const small = editsBetween(body, read.data!);
        if (small === null) expect(edits.some(({ do: done }) => done === "removeNode" || done === "removeEdge")).toBe(true);
        else expect(editedBody(body, small)).toEqual(read.data);
      }),
    );
    const body = bodyOf({ nodes: [clip("a"), clip("b")] });
    expect(editsBetween(body, { ...body, nodes: body.nodes.toReversed() })).toBe(null);
  });

  it("over a scene on which somebody else worked leave one that is sound", () => {
    const sound = (body: SceneBody) => SceneBody.safeParse(body).success;
    fc.assert(
      fc.property(
        anyBody.chain((body) => fc.tuple(fc.constant(body), anyEdits(body), anyEdits(body))),
        ([body, mine, theirs]) => {
          const narrow = narrowed(mine, body) ?? [];
          const [ours, other] = [editedBody(body, narrow), editedBody(body, theirs)];
          fc.pre(sound(ours) && sound(other));
          // Removing and bringing back within one step is not what the editor does: it sends those apart.
          fc.pre(!mine.some(({ do: done }) => done === "removeNode"));
          expect(sound(editedBody(other, fitted(narrow, other)))).toBe(true);
        },
      ),
    );
  });

  it("go in calls that a frame takes", () => {
    const node = { ...newNode("end", { x: 0, y: 0 }), title: "x".repeat(200) };
    const edits = Array.from({ length: 1200 }, (_, at): SceneEdit => ({ do: "putNode", node: { ...node, id: `n${at}` } }));
    const first = firstCall(edits);
    expect(first).toBeGreaterThan(100);
    expect(JSON.stringify(edits.slice(0, first)).length).toBeLessThan(160_000);
    expect(firstCall(edits.slice(0, 3))).toBe(3);
  });
});

const anyRect = fc.record({
  x: coordinate,
  y: coordinate,
  width: fc.integer({ min: 0, max: 900 }),
  height: fc.integer({ min: 0, max: 900 }),
});

describe("the canvas", () => {
  it("finds what lies within a frame as asking all of them would", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyRect, fc.constant<Rect>({ x: -9000, y: 0, width: 20_000, height: 9000 }))),
        anyRect,
        (rects, frame) => {
          const named = rects.map((rect, at) => [`r${at}`, rect] as const);
          const all = named.filter(([, rect]) => overlaps(rect, frame)).map(([id]) => id);
          expect([...spatialOf(named).within(frame)].sort()).toEqual(all.sort());
        },
      ),
    );
  });

  it("has a place for what is new where it covers nothing, the one that is wanted if that is free", () => {
    fc.assert(
      fc.property(fc.array(anyRect, { maxLength: 30 }), anyRect, (taken, wanted) => {
        const placed = { ...wanted, ...freePlace(wanted, taken) };
        expect(taken.some((other) => overlaps(placed, other))).toBe(false);
        if (!taken.some((other) => overlaps(wanted, other))) expect(placed).toEqual(wanted);
        expect([placed.x, placed.y >= wanted.y]).toEqual([wanted.x, true]);
      }),
    );
  });

  it("keeps a curve in its box, and knows a point on it from one off it", () => {
    fc.assert(
      fc.property(anyRect, anyRect, fc.double({ min: 0, max: 1, noNaN: true }), (from, to, t) => {
        const curve = curveOf(from, to, 0.5);
        const point = pointOn(curve, t);
        expect(overlaps(grown(boxOf(curve), 1e-6), { ...point, width: 0, height: 0 })).toBe(true);
        // The pieces cut corners, by little.
        expect(distanceTo(curve, point)).toBeLessThan(12);
        expect(distanceTo(curve, { x: point.x, y: boxOf(curve).y - 500 })).toBeGreaterThan(500 - 1e-6);
      }),
    );
  });

  it("leaves what is under the pointer there when it is made larger", () => {
    fc.assert(
      fc.property(coordinate, coordinate, fc.double({ min: 0.2, max: 5, noNaN: true }), (x, y, factor) => {
        const view = { x: 12, y: -40, scale: 0.7 };
        const at = { x, y };
        const [before, after] = [toCanvas(view, at), toCanvas(zoomedAt(view, at, factor), at)];
        expect(after.x).toBeCloseTo(before.x, 6);
        expect(after.y).toBeCloseTo(before.y, 6);
      }),
    );
    expect(rectBetween({ x: 5, y: 9 }, { x: 1, y: 2 })).toEqual({ x: 1, y: 2, width: 4, height: 7 });
    expect(boundsOf([])).toBeNull();
  });
});

describe("the words on an edge", () => {
  const widthOf = (text: string) => text.length * 10;
  const at = (x: number, y: number) => ({ x, y, width: 208, height: 64 });

  it("are shortened to what has room between two nodes that stand beside each other, and left out where that says nothing", () => {
    const room = roomOn(curveOf(at(0, 0), at(320, 0), 0.5));
    expect(room).toBe(112);
    expect(shortened("Turn back", room, widthOf)).toBe("Turn back");
    expect(shortened("Follow the lantern", room, widthOf)).toBe("Follow the…");
    expect(widthOf(shortened("Follow the lantern", room, widthOf))).toBeLessThanOrEqual(room);
    expect(shortened("Follow the lantern", 30, widthOf)).toBe("");
    for (const words of ["Take 🔥🔥🔥🔥🔥🔥", "Take it 🔥🔥🔥🔥🔥"]) expect(shortened(words, room, widthOf)).toMatch(/^Take[ \w]* 🔥+…$/u);
  });

  it("have all the room they want where the nodes are above each other, or the edge leads back", () => {
    expect(roomOn(curveOf(at(0, 0), at(320, 400), 0.5))).toBe(Infinity);
    expect(roomOn(curveOf(at(320, 0), at(0, 0), 0.5))).toBe(Infinity);
    expect(shortened("Follow the lantern", Infinity, widthOf)).toBe("Follow the lantern");
  });
});

describe("copying", () => {
  it("brings nodes in with ids of their own, leading among themselves as before", () => {
    fc.assert(
      fc.property(anyBody, fc.array(fc.nat({ max: 7 })), coordinate, (body, picked, x) => {
        const graph = graphOf(body);
        const ids = new Set(picked.map((at) => body.nodes[at]!.id));
        const result = pasted(copied(graph, ids), { x, y: 16 }, graph);
        if (ids.size === 0) {
          expect(result).toBeNull();
          return;
        }
        const after = editedBody(body, result!.edits);
        expect(SceneBody.safeParse(after).success).toBe(true);
        expect(after.nodes.length).toBe(body.nodes.length + ids.size);
        const inside = body.edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
        expect(after.edges.length).toBe(body.edges.length + inside.length);
        const added = after.edges.slice(body.edges.length);
        expect(added.every(({ from, to }) => result!.ids.has(from) && result!.ids.has(to))).toBe(true);
      }),
    );
  });

  it("puts no node exactly on another, however often it is pasted at the same place", () => {
    fc.assert(
      fc.property(anyBody, fc.integer({ min: 1, max: 6 }), coordinate, coordinate, (body, times, x, y) => {
        const text = copied(graphOf(body), new Set([body.nodes[0]!.id]));
        const all = Array.from({ length: times }).reduce<SceneBody>(
          (now) => editedBody(now, pasted(text, { x, y }, graphOf(now))!.edits),
          bodyOf({}),
        );
        expect(new Set(all.nodes.map((node) => `${node.x} ${node.y}`)).size).toBe(times);
        expect([all.nodes[0]!.x, all.nodes[0]!.y]).toEqual([snapped(x), snapped(y)].map((at) => expect.closeTo(at, 6)));
      }),
    );
  });

  it("takes a group with what stands in it, and leaves any other text alone", () => {
    const body = bodyOf({
      nodes: [
        { id: "g", type: "group" },
        { ...clip("a"), group: "g" },
      ],
    });
    const result = pasted(copied(graphOf(body), new Set(["g"])), { x: 0, y: 0 }, graphOf(bodyOf({})))!;
    const { nodes } = editedBody(bodyOf({}), result.edits);
    expect(nodes.map(({ type }) => type)).toEqual(["group", "video"]);
    expect(nodes[1]!.group).toBe(nodes[0]!.id);
    const hostile = JSON.stringify({
      format: "pixsim-nodes",
      version: 1,
      nodes: [{ id: "a", type: "end", ending: "__proto__" }],
      edges: [],
    });
    for (const text of ["", "hello", "{}", "[1]", hostile]) expect(pasted(text, { x: 0, y: 0 }, graphOf(body))).toBeNull();
  });
});

describe("the graph", () => {
  const body = bodyOf({
    start: "a",
    nodes: [
      { ...clip("a"), x: 0, y: 0 },
      { ...clip("b"), x: 400, y: -200 },
      { ...clip("c"), x: 400, y: 200 },
      { id: "far", type: "end", ending: "far", x: 0, y: 900 },
    ],
    edges: [choice("1", "a", "b", { order: 1 }), choice("2", "a", "c", { order: 0 })],
  });
  const graph = graphOf(body);

  it("is walked along its edges, and to what is nearest where there is none", () => {
    expect(neighbourOf(graph, "a", "right")).toBe("c");
    expect(neighbourOf(graph, "c", "up")).toBe("b");
    expect(neighbourOf(graph, "b", "down")).toBe("c");
    expect(neighbourOf(graph, "b", "left")).toBe("a");
    expect(neighbourOf(graph, "a", "down")).toBe("far");
    expect(neighbourOf(graph, "a", "left")).toBeNull();
  });

  it("takes new nodes of every type, and edges where one may lead", () => {
    for (const type of nodeTypes) {
      const node = newNode(type, { x: 16, y: 32 });
      const grown = graphOf(editedBody(body, [{ do: "putNode", node }]));
      const edge = newEdge(grown, node.id, "a");
      expect(edge === null).toBe(kindsFrom(type).length === 0);
      if (edge !== null) expect(SceneBody.safeParse(editedBody(grown.body, [{ do: "putEdge", edge }])).success).toBe(true);
      expect(newEdge(grown, "a", node.id) === null).toBe(type === "group");
    }
  });

  it("is laid out without one node on another, in the order in which it is played", () => {
    fc.assert(
      fc.property(anyBody, ({ nodes, edges }) => {
        const placed = arrange({ nodes: nodes.map((node) => ({ ...rectOf(node), id: node.id })), edges });
        const rects = placed.map(({ id, x, y }) => rectOf({ ...nodes.find((node) => node.id === id)!, x, y }));
        for (const [at, rect] of rects.entries()) {
          for (const other of rects.slice(at + 1)) expect(overlaps(rect, other)).toBe(false);
        }
      }),
      { numRuns: 30 },
    );
    const chain = arrange({
      nodes: ["x", "y", "z"].map((id) => ({ id, width: 200, height: 64 })),
      edges: [
        { from: "x", to: "y" },
        { from: "y", to: "z" },
      ],
    });
    expect(chain.map(({ x }) => x)).toEqual(chain.map(({ x }) => x).toSorted((a, b) => a - b));
  });
});
