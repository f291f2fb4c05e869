import { createRoot } from "solid-js";
import { describe, expect, it, vi } from "vitest";
import { editedBody, type SceneEdit } from "#protocol/scene/edit.ts";
import { bodyOf, choice, clip } from "#protocol/scene/testing.ts";
import { scenes as domain, type Scene } from "#protocol/scene.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { memoryClient } from "#web/store/testing.ts";
import { createSceneStore } from "./scene-store.ts";

const begun = bodyOf({ start: "a", nodes: [clip("a"), clip("b")], edges: [choice("c", "a", "b")] });

/** A server with one scene, which takes edits as the real one does; `hold` keeps its answers back. */
const open = async () => {
  const lost: Array<string> = [];
  let body = begun;
  let rev = 1;
  let refusal: CallError | null = null;
  let held: Array<() => void> | null = null;
  const row = (): Scene => ({ ...domain.topics.scenes.example.delta, rev });
  const client = memoryClient({
    "scenes.get": () => ({ scene: row(), body }),
    "scenes.edit": async ({ edits }) => {
      if (refusal !== null) throw refusal;
      body = editedBody(body, edits as ReadonlyArray<SceneEdit>);
      rev += 1;
      const answer = row();
      if (held !== null) await new Promise<void>((go) => held!.push(go));
      return answer;
    },
  });
  const [store, close] = createRoot((dispose) => [createSceneStore(client, "scn_1", (why) => lost.push(why)), dispose] as const);
  client.snapshot("scenes.scenes", { count: 1, scenes: [row()], next: null });
  await vi.waitFor(() => expect(store.state().kind).toBe("ready"));
  return {
    client,
    store,
    close,
    lost,
    server: () => body,
    edits: () => client.calls.filter(({ name }) => name === "scenes.edit"),
    refuse: (error: CallError | null) => (refusal = error),
    hold: () => (held = []),
    release: () => {
      const waiting = held ?? [];
      held = null;
      for (const go of waiting) go();
    },
    /** Somebody else edits it. */
    other: (edits: ReadonlyArray<SceneEdit>) => {
      body = editedBody(body, edits);
      rev += 1;
      client.deltas("scenes.scenes", [row()]);
    },
  };
};
const titled = (title: string): SceneEdit => ({ do: "putNode", node: { ...begun.nodes[0]!, title } });
const titleOf = (body: typeof begun, id = "a") => body.nodes.find((node) => node.id === id)?.title;
const saved = ({ store }: Awaited<ReturnType<typeof open>>) => vi.waitFor(() => expect(store.saving().kind).toBe("saved"));

describe("a scene as it is edited", () => {
  it("shows an edit at once and sends what came meanwhile in one call", async () => {
    const scene = await open();
    scene.hold();
    expect(scene.store.apply([titled("F")], "node a")).toBe(true);
    expect(titleOf(scene.store.body())).toBe("F");
    scene.store.apply([titled("Fo")], "node a");
    scene.store.apply([titled("Fox")], "node a");
    scene.release();
    await saved(scene);
    expect(titleOf(scene.server())).toBe("Fox");
    expect(scene.edits()).toHaveLength(2);
    scene.store.undo();
    expect(titleOf(scene.store.body())).toBe("");
    scene.store.redo();
    await saved(scene);
    expect(titleOf(scene.server())).toBe("Fox");
    expect(scene.store.canRedo()).toBe(false);
    scene.close();
  });

  it("takes in what somebody else changes, keeps its own, and undoes its own alone", async () => {
    const scene = await open();
    scene.hold();
    scene.store.apply([titled("Mine")]);
    scene.store.apply([{ do: "moveNode", id: "b", x: 320, y: 16 }]);
    scene.other([{ do: "putNode", node: { ...scene.server().nodes[0]!, x: 48 } }]);
    scene.release();
    await saved(scene);
    await vi.waitFor(() => expect(scene.store.body().nodes.find(({ id }) => id === "a")).toMatchObject({ title: "Mine", x: 48 }));
    expect(scene.server().nodes).toMatchObject([{ title: "Mine", x: 48 }, { x: 320 }]);
    scene.store.undo();
    scene.store.undo();
    await saved(scene);
    expect(scene.server().nodes).toMatchObject([{ title: "", x: 48 }, { x: 0 }]);
    scene.close();
  });

  it("brings back what was removed, with its edges", async () => {
    const scene = await open();
    scene.store.apply([{ do: "removeNode", id: "a" }]);
    expect(scene.store.body().edges).toEqual([]);
    scene.store.undo();
    await saved(scene);
    expect(scene.server().edges).toEqual(begun.edges);
    expect(scene.server().start).toBe("a");
    scene.close();
  });

  it("keeps edits while the server is not reached, and sends them when it is", async () => {
    const scene = await open();
    scene.refuse(new CallError("unavailable", "The connection to the server was lost."));
    scene.store.apply([titled("Kept")]);
    await vi.waitFor(() => expect(scene.store.saving().kind).toBe("waiting"));
    scene.store.apply([{ do: "moveNode", id: "b", x: 64, y: 0 }]);
    expect(titleOf(scene.store.body())).toBe("Kept");
    scene.refuse(null);
    scene.client.stale("scenes.scenes", false);
    await saved(scene);
    expect(scene.server().nodes).toMatchObject([{ title: "Kept" }, { x: 64 }]);
    expect(scene.lost).toEqual([]);
    scene.close();
  });

  it("goes back to what the server has where an edit never will be taken", async () => {
    const scene = await open();
    scene.refuse(new CallError("payload_too_large", "It is too long.", { limit: 1 }));
    scene.store.apply([titled("Too long")]);
    await vi.waitFor(() => expect(scene.lost).toEqual(["It is too long."]));
    await vi.waitFor(() => expect(titleOf(scene.store.body())).toBe(""));
    expect(scene.store.canUndo()).toBe(false);
    scene.close();
  });

  it("refuses what would not be a scene", async () => {
    const scene = await open();
    const twice = [
      { name: "n", scope: "session" as const, type: { kind: "boolean" as const, initial: false } },
      { name: "n", scope: "session" as const, type: { kind: "boolean" as const, initial: false } },
    ];
    expect(scene.store.apply([{ do: "setHead", head: { variables: twice } }])).toBe(false);
    expect(scene.store.body()).toEqual(begun);
    expect(scene.edits()).toEqual([]);
    scene.close();
  });
});
