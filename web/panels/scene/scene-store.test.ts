import { createComponent, createRenderEffect, createRoot, createSignal, untrack } from "solid-js";
import { render } from "solid-js/web";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { editedBody, type SceneEdit } from "#protocol/scene/edit.ts";
import { bodyOf, choice, clip } from "#protocol/scene/testing.ts";
import { SceneBody } from "#protocol/scene/scene.ts";
import { scenes as domain, type Scene } from "#protocol/scene.ts";
import { auth } from "#protocol/auth.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { memoryClient } from "#web/store/testing.ts";
import type { Save, SessionState } from "#web/store/session.ts";
import { ToastLayer } from "#web/ui/toast.tsx";
import { openScene } from "./open-scene.ts";

const begun = bodyOf({ start: "a", nodes: [clip("a"), clip("b")], edges: [choice("c", "a", "b")] });

/** A server with one scene, which takes edits as the real one does and tells of them; `hold` keeps its answers back, `cut` loses the next and its telling. */
const open = async () => {
  let body = begun;
  let draft = 1;
  let refusal: CallError | null = null;
  let held: Array<() => void> | null = null;
  let isStuck = false;
  let isCut = false;
  /** What was answered, by token: the same call is not taken twice. */
  const answers = new Map<string | null, Scene>();
  let access: Scene["access"] = "owner";
  let grants = 0;
  const row = (): Scene => ({ ...domain.topics.scenes.example.delta, access, rev: draft + grants, draft });
  const isWithdrawn = () => access === "none";
  const take = (edits: ReadonlyArray<SceneEdit>, token: string | null) => {
    body = SceneBody.parse(editedBody(body, edits));
    draft += 1;
    client.deltas("scenes.draft", [{ draft, edits: [...edits], token }]);
  };
  const unheard = (edits: ReadonlyArray<SceneEdit>) => {
    body = editedBody(body, edits);
    draft += 1;
  };
  const client = memoryClient({
    "scenes.get": () => {
      if (isWithdrawn()) throw gone;
      return { scene: row(), body };
    },
    "scenes.edit": async ({ edits, token = null }) => {
      if (isWithdrawn()) throw gone;
      if (refusal !== null) throw refusal;
      const before = answers.get(token);
      if (before !== undefined) return before;
      if (isCut) {
        isCut = false;
        unheard(edits);
        answers.set(token, row());
        throw new CallError("unavailable", "The connection to the server was lost.");
      }
      if (isStuck) await new Promise<void>((go) => held!.push(go));
      if (isWithdrawn()) throw gone;
      take(edits, token);
      const answer = row();
      answers.set(token, answer);
      if (held !== null) await new Promise<void>((go) => held!.push(go));
      return answer;
    },
  });
  const [session, setSession] = createSignal<SessionState>({ kind: "signedIn", user: auth.calls.signIn.example.output.user });
  /** Another editor of it; one that is opened while there is another, or something unsaved. */
  const saves = new Set<Save>();
  const beforeSignOut = (save: Save) => {
    saves.add(save);
    return () => saves.delete(save);
  };
  const enter = () => createRoot((dispose) => [openScene(client, "scn_1", { state: session, beforeSignOut }), dispose] as const);
  const [store, close] = enter();
  client.snapshot("scenes.scenes", { count: 1, scenes: [row()], next: null });
  client.snapshot("scenes.draft", { draft });
  await vi.waitFor(() => expect(store.state().kind).toBe("ready"));
  return {
    client,
    store,
    close,
    enter,
    signOut: () => setSession({ kind: "signedOut", notice: null }),
    /** What is asked of it before its user is signed out. */
    save: (withinMs = 3000) => Promise.all([...saves].map((save) => save(withinMs))),
    saves: () => saves.size,
    /** It is shown as the page shows it, which closes it once nobody is signed in. */
    show: () =>
      createRoot((dispose) => {
        createRenderEffect(() => {
          const isThere = session().kind === "signedIn";
          untrack(() => isThere && openScene(client, "scn_1", { state: session, beforeSignOut }));
        });
        return dispose;
      }),
    server: () => body,
    edits: () => client.calls.filter(({ name }) => name === "scenes.edit"),
    reads: () => client.calls.filter(({ name }) => name === "scenes.get").length,
    refuse: (error: CallError | null) => (refusal = error),
    hold: () => (held = []),
    /** Takes nothing until it is released. */
    stick: () => {
      isStuck = true;
      held = [];
    },
    release: () => {
      const waiting = held ?? [];
      held = null;
      for (const go of waiting) go();
    },
    /** Somebody else edits it. */
    other: (edits: ReadonlyArray<SceneEdit>) => take(edits, "theirs"),
    /** Somebody else edits it, and nobody is told. */
    unheard,
    cut: () => (isCut = true),
    /** Its owner has withdrawn it, which nobody is told. */
    withdrawUnheard: () => (access = "none"),
    /** Its owner has it be this to who edits here. */
    grant: (next: Scene["access"]) => {
      access = next;
      grants += 1;
      client.deltas("scenes.scenes", [row()]);
      if (next === "none") client.refuse("scenes.draft", gone);
    },
  };
};
const gone = new CallError("not_found", "This scene is not shared with you any more.");
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

  it("shows what somebody else changes as they do, without reading, keeps its own, and undoes its own alone", async () => {
    const scene = await open();
    scene.hold();
    scene.store.apply([titled("Mine")]);
    scene.store.apply([{ do: "moveNode", id: "b", x: 320, y: 16 }]);
    scene.other([{ do: "patchNode", id: "a", set: { x: 48 } }]);
    expect(scene.store.body().nodes).toMatchObject([{ title: "Mine", x: 48 }, { x: 320 }]);
    scene.release();
    await saved(scene);
    expect(scene.server().nodes).toMatchObject([{ title: "Mine", x: 48 }, { x: 320 }]);
    expect(scene.reads()).toBe(1);
    scene.store.undo();
    scene.store.undo();
    await saved(scene);
    expect(scene.server().nodes).toMatchObject([{ title: "", x: 48 }, { x: 0 }]);
    scene.close();
  });

  it("is only looked at where it is shared for that, and edited again once it may be", async () => {
    const scene = await open();
    scene.store.apply([titled("Mine")]);
    await saved(scene);
    scene.grant("viewer");
    expect([scene.store.canEdit(), scene.store.apply([titled("Not this")]), scene.store.canUndo()]).toEqual([false, false, false]);
    scene.store.undo();
    expect(titleOf(scene.store.body())).toBe("Mine");
    scene.other([{ do: "patchNode", id: "a", set: { title: "Theirs" } }]);
    expect(titleOf(scene.store.body())).toBe("Theirs");
    scene.grant("editor");
    expect(scene.store.apply([titled("Mine again")])).toBe(true);
    await saved(scene);
    expect(titleOf(scene.server())).toBe("Mine again");
    scene.close();
  });

  it("keeps what was not saved when it is withdrawn in the middle, says so, and saves it once it is given again", async () => {
    const scene = await open();
    scene.hold();
    scene.store.apply([titled("Saved")]);
    await vi.waitFor(() => expect(titleOf(scene.server())).toBe("Saved"));
    scene.store.apply([titled("Not saved")]);
    scene.grant("none");
    scene.release();
    await vi.waitFor(() =>
      expect(scene.store.saving()).toEqual({
        kind: "refused",
        problem: "This scene is not shared with you any more. What was not saved is still here: copy it before you leave.",
      }),
    );
    expect([scene.store.state().kind, titleOf(scene.store.body())]).toEqual(["ready", "Not saved"]);
    expect([scene.store.canEdit(), scene.store.apply([titled("More")])]).toEqual([false, false]);
    expect(titleOf(scene.server())).toBe("Saved");
    scene.grant("editor");
    scene.client.snapshot("scenes.draft", { draft: 2 });
    await saved(scene);
    expect(titleOf(scene.server())).toBe("Not saved");
    expect(scene.store.canEdit()).toBe(true);
    scene.close();
  });

  it("is gone when it is withdrawn and all was saved, or once what was not is dropped", async () => {
    const scene = await open();
    scene.grant("none");
    expect(scene.store.state()).toEqual({ kind: "failed", problem: gone.message });
    scene.close();
    const other = await open();
    other.refuse(new CallError("unavailable", "Try again."));
    other.store.apply([titled("Mine")]);
    await vi.waitFor(() => expect(other.store.saving().kind).toBe("waiting"));
    other.grant("none");
    expect([other.store.state().kind, titleOf(other.store.body())]).toEqual(["ready", "Mine"]);
    other.store.drop();
    expect(other.store.state()).toEqual({ kind: "failed", problem: gone.message });
    other.close();
  });

  it("leaves what somebody else wrote over its own as they wrote it, when it undoes", async () => {
    const scene = await open();
    scene.store.apply([titled("Mine")]);
    await saved(scene);
    scene.other([{ do: "patchNode", id: "a", set: { title: "Theirs" } }]);
    expect(titleOf(scene.store.body())).toBe("Theirs");
    scene.store.undo();
    expect(titleOf(scene.store.body())).toBe("Theirs");
    expect(scene.store.canUndo()).toBe(false);
    scene.close();
  });

  it("takes a word that is typed while others work as one step", async () => {
    const scene = await open();
    for (const title of ["F", "Fo", "Fox"]) {
      scene.store.apply([titled(title)], "node a");
      scene.other([{ do: "moveNode", id: "b", x: title.length * 16, y: 0 }]);
    }
    await saved(scene);
    expect(scene.store.body().nodes).toMatchObject([{ title: "Fox" }, { x: 48 }]);
    scene.store.undo();
    expect(scene.store.body().nodes).toMatchObject([{ title: "" }, { x: 48 }]);
    scene.close();
  });

  it("reads anew what it was not told", async () => {
    const scene = await open();
    scene.unheard([{ do: "patchNode", id: "a", set: { title: "Unheard" } }]);
    scene.other([{ do: "patchNode", id: "b", set: { title: "Heard" } }]);
    await vi.waitFor(() => expect(scene.store.body().nodes).toMatchObject([{ title: "Unheard" }, { title: "Heard" }]));
    expect(scene.reads()).toBe(2);
    scene.unheard([{ do: "patchNode", id: "a", set: { title: "Again" } }]);
    scene.client.snapshot("scenes.draft", { draft: 4 });
    await vi.waitFor(() => expect(titleOf(scene.store.body())).toBe("Again"));
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
    scene.client.stale("scenes.draft", false);
    await saved(scene);
    expect(scene.server().nodes).toMatchObject([{ title: "Kept" }, { x: 64 }]);
    scene.close();
  });

  it("sends what was made last although the editor is closed, also where the server is reached only later, and then lets go", async () => {
    const scene = await open();
    scene.hold();
    scene.store.apply([titled("F")], "node a");
    scene.store.apply([titled("Fox")], "node a");
    scene.close();
    scene.release();
    await vi.waitFor(() => expect(titleOf(scene.server())).toBe("Fox"));
    await vi.waitFor(() => expect(scene.client.followers("scenes.draft")).toBe(0));

    const cutOff = await open();
    cutOff.refuse(new CallError("unavailable", "The connection to the server was lost."));
    cutOff.store.apply([titled("Kept")]);
    await vi.waitFor(() => expect(cutOff.store.saving().kind).toBe("waiting"));
    cutOff.close();
    expect(cutOff.store.saving().kind).toBe("saving");
    await vi.waitFor(() => expect(cutOff.store.saving().kind).toBe("waiting"));
    cutOff.refuse(null);
    cutOff.client.stale("scenes.draft", false);
    await vi.waitFor(() => expect(titleOf(cutOff.server())).toBe("Kept"));
    await vi.waitFor(() => expect(cutOff.client.followers("scenes.draft")).toBe(0));

    const refused = await open();
    refused.refuse(new CallError("payload_too_large", "It is too long.", { limit: 1 }));
    refused.store.apply([titled("Too long")]);
    refused.close();
    await vi.waitFor(() => expect(refused.client.followers("scenes.draft")).toBe(0));
  });

  it("has the browser ask before the page is left with what was not saved, and only then", async () => {
    const leave = () => {
      const event = new Event("beforeunload", { cancelable: true });
      dispatchEvent(event);
      return event.defaultPrevented;
    };
    const scene = await open();
    expect(leave()).toBe(false);
    scene.refuse(new CallError("unavailable", "The connection to the server was lost."));
    scene.store.apply([titled("Fox")]);
    expect(leave()).toBe(true);
    await vi.waitFor(() => expect(scene.store.saving().kind).toBe("waiting"));
    expect(leave()).toBe(true);
    scene.refuse(null);
    scene.store.retry();
    await saved(scene);
    expect(leave()).toBe(false);
    scene.refuse(new CallError("payload_too_large", "It is too long.", { limit: 1 }));
    scene.store.apply([titled("Too long")]);
    await vi.waitFor(() => expect(scene.store.saving().kind).toBe("refused"));
    expect(leave()).toBe(true);
    scene.close();
    expect(leave()).toBe(false);
  });

  it("shows what somebody else wrote over an edit whose answer was lost, once that is answered again", async () => {
    const scene = await open();
    scene.cut();
    scene.store.apply([titled("Mine")]);
    await vi.waitFor(() => expect(scene.store.saving().kind).toBe("waiting"));
    scene.unheard([{ do: "patchNode", id: "a", set: { title: "Theirs" } }]);
    scene.client.snapshot("scenes.draft", { draft: 3 });
    await saved(scene);
    expect([titleOf(scene.server()), titleOf(scene.store.body()), scene.edits().length]).toEqual(["Theirs", "Theirs", 2]);
    scene.close();
  });

  it("keeps what the server refuses, says why, and sends it when it was changed, or drops it when it is told to", async () => {
    const scene = await open();
    scene.refuse(new CallError("payload_too_large", "It is too long.", { limit: 1 }));
    scene.store.apply([titled("Too long")]);
    await vi.waitFor(() => expect(scene.store.saving()).toEqual({ kind: "refused", problem: "It is too long." }));
    expect(titleOf(scene.store.body())).toBe("Too long");
    scene.other([{ do: "moveNode", id: "b", x: 16, y: 0 }]);
    expect([scene.edits().length, scene.store.saving().kind, titleOf(scene.store.body())]).toEqual([1, "refused", "Too long"]);
    scene.refuse(null);
    scene.store.apply([titled("Short")]);
    await saved(scene);
    expect(scene.server().nodes).toMatchObject([{ title: "Short" }, { x: 16 }]);
    scene.refuse(new CallError("payload_too_large", "It is too long.", { limit: 1 }));
    scene.store.apply([titled("Too long again")]);
    await vi.waitFor(() => expect(scene.store.saving().kind).toBe("refused"));
    scene.store.drop();
    expect([titleOf(scene.store.body()), scene.store.saving().kind, scene.store.canUndo()]).toEqual(["Short", "saved", false]);
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

describe("a scene whose editor was closed", () => {
  afterEach(() => void vi.useRealTimers());
  /** Draws the toasts, without those of before; answers the words of those that are there. */
  const toasts = () => {
    onTestFinished(render(() => createComponent(ToastLayer, {}), document.body));
    for (const button of document.querySelectorAll<HTMLElement>("[aria-label='Dismiss']")) button.click();
    return () => [...document.querySelectorAll(".ui-toast-words")].map((words) => [...words.children].map((child) => child.textContent));
  };
  const busy = new CallError("deadline_exceeded", "There was no answer in time.");
  const lateness = 600_000;

  it("is opened again with what waits to be saved, and nothing that was made before comes over what is made then", async () => {
    const scene = await open();
    scene.refuse(busy);
    scene.store.apply([titled("Fox")]);
    await vi.waitFor(() => expect(scene.store.saving().kind).toBe("waiting"));
    scene.close();
    const [again, close] = scene.enter();
    expect(titleOf(again.body())).toBe("Fox");
    again.apply([titled("Wolf")]);
    await vi.waitFor(() => expect(again.saving().kind).toBe("waiting"));
    scene.refuse(null);
    scene.other([{ do: "moveNode", id: "b", x: 64, y: 0 }]);
    await vi.waitFor(() => expect(again.saving().kind).toBe("saved"));
    expect([titleOf(scene.server()), titleOf(again.body())]).toEqual(["Wolf", "Wolf"]);
    close();
    expect(scene.client.followers("scenes.draft")).toBe(0);
  });

  it("is the same in two editors, and stays until both are closed", async () => {
    const scene = await open();
    const [other, close] = scene.enter();
    scene.close();
    expect(other.apply([titled("Mine")])).toBe(true);
    await vi.waitFor(() => expect(titleOf(scene.server())).toBe("Mine"));
    await vi.waitFor(() => expect(other.saving().kind).toBe("saved"));
    expect(scene.client.followers("scenes.draft")).toBe(1);
    close();
    expect(scene.client.followers("scenes.draft")).toBe(0);
  });

  it("is saved by itself once the server takes it", async () => {
    const scene = await open();
    vi.useFakeTimers();
    scene.refuse(busy);
    scene.store.apply([titled("Fox")]);
    await vi.advanceTimersByTimeAsync(0);
    scene.close();
    // The machine slept for hours.
    vi.setSystemTime(Date.now() + 20 * lateness);
    await vi.advanceTimersByTimeAsync(lateness / 2);
    scene.refuse(null);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([titleOf(scene.server()), scene.client.followers("scenes.draft")]).toEqual(["Fox", 0]);
  });

  it("is given up after a while, and what was not saved is told, and why", async () => {
    const scene = await open();
    const told = toasts();
    vi.useFakeTimers();
    scene.refuse(busy);
    scene.store.apply([titled("Fox")]);
    await vi.advanceTimersByTimeAsync(0);
    scene.close();
    await vi.advanceTimersByTimeAsync(lateness - 1);
    expect([told().length, scene.client.followers("scenes.draft")]).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(120_000);
    const title = `What you changed last in “${domain.topics.scenes.example.delta.title}” may not have been saved`;
    expect(told()).toEqual([[title, "There was no answer in time. It was about “Fox”."]]);
    expect([scene.client.followers("scenes.draft"), scene.edits().length < 25]).toEqual([0, true]);
    const event = new Event("beforeunload", { cancelable: true });
    dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
  });

  const long = new CallError("payload_too_large", "It is too long.", { limit: 1 });
  type Opened = Awaited<ReturnType<typeof open>>;
  it.each([
    [
      "it is refused then",
      "It is too long.",
      (scene: Opened) => void (scene.refuse(long), scene.store.apply([titled("Elk")]), scene.close()),
    ],
    [
      "it was refused before",
      "It is too long.",
      async (scene: Opened) => {
        scene.refuse(long);
        scene.store.apply([titled("Elk")]);
        await vi.waitFor(() => expect(scene.store.saving().kind).toBe("refused"));
        scene.close();
      },
    ],
    [
      "it is withdrawn then",
      gone.message,
      async (scene: Opened) => {
        scene.refuse(busy);
        scene.store.apply([titled("Elk")]);
        scene.close();
        await vi.waitFor(() => expect(scene.edits()).toHaveLength(1));
        scene.grant("none");
      },
    ],
    [
      "it was withdrawn before",
      gone.message,
      async (scene: Opened) => {
        scene.refuse(busy);
        scene.store.apply([titled("Elk")]);
        await vi.waitFor(() => expect(scene.store.saving().kind).toBe("waiting"));
        scene.grant("none");
        scene.close();
      },
    ],
    [
      "its user signs out",
      "You signed out before it was.",
      async (scene: Opened) => {
        scene.refuse(busy);
        scene.store.apply([titled("Elk")]);
        await vi.waitFor(() => expect(scene.store.saving().kind).toBe("waiting"));
        scene.close();
        scene.signOut();
      },
    ],
  ])("tells what was not saved where %s", async (_when, why, lose) => {
    const scene = await open();
    const told = toasts();
    await lose(scene);
    await vi.waitFor(() => expect(told().map(([, detail]) => detail)).toEqual([`${why} It was about “Elk”.`]));
    expect(scene.client.followers("scenes.draft")).toBe(0);
  });

  it("is sent once more by nobody after its user has gone, whoever comes then", async () => {
    const scene = await open();
    const hide = scene.show();
    scene.close();
    const told = toasts();
    scene.refuse(busy);
    scene.store.apply([titled("Elk")]);
    await vi.waitFor(() => expect(scene.store.saving().kind).toBe("waiting"));
    const [edits, reads] = [scene.edits().length, scene.reads()];
    vi.useFakeTimers();
    scene.signOut();
    expect(told().map(([, detail]) => detail)).toEqual(["You signed out before it was. It was about “Elk”."]);
    await vi.advanceTimersByTimeAsync(lateness);
    expect([scene.edits().length, scene.reads(), scene.saves()]).toEqual([edits, reads, 0]);
    hide();
  });

  it("reads nothing either where what was under way is refused after its user has gone", async () => {
    const scene = await open();
    const told = toasts();
    scene.stick();
    scene.store.apply([titled("Elk")]);
    scene.close();
    const reads = scene.reads();
    scene.signOut();
    scene.withdrawUnheard();
    scene.release();
    await vi.waitFor(() => expect(told()).toHaveLength(1));
    expect(scene.reads()).toBe(reads);
  });

  it("is saved before its user is signed out, also where it was waiting to be tried again", async () => {
    const scene = await open();
    vi.useFakeTimers();
    scene.refuse(busy);
    scene.store.apply([titled("Elk")]);
    await vi.advanceTimersByTimeAsync(0);
    expect(scene.store.saving().kind).toBe("waiting");
    scene.refuse(null);
    expect(await scene.save()).toEqual([null]);
    expect(titleOf(scene.server())).toBe("Elk");
    scene.close();
    expect(scene.saves()).toBe(0);
  });

  it("says before its user is signed out what is not saved: at once where it is refused, and in time where nothing is answered", async () => {
    const scene = await open();
    const title = (how: string) => `What you changed last in “${domain.topics.scenes.example.delta.title}” ${how}`;
    scene.stick();
    scene.store.apply([titled("Elk")]);
    expect(await scene.save(20)).toEqual([
      { title: title("may not have been saved"), detail: "The server has not answered yet. It was about “Elk”." },
    ]);
    scene.release();
    await saved(scene);
    scene.refuse(long);
    scene.store.apply([titled("Fox")]);
    expect(await scene.save(600_000)).toEqual([{ title: title("was not saved"), detail: "It is too long. It was about “Fox”." }]);
    scene.store.drop();
    scene.close();
  });

  it("says nothing to who signs out while it is being saved, and is another store for the next who signs in", async () => {
    const scene = await open();
    const told = toasts();
    scene.stick();
    scene.store.apply([titled("Fox")]);
    scene.close();
    scene.signOut();
    const [next, close] = scene.enter();
    expect(next).not.toBe(scene.store);
    scene.release();
    await vi.waitFor(() => expect(titleOf(scene.server())).toBe("Fox"));
    await vi.waitFor(() => expect(scene.client.followers("scenes.draft")).toBe(1));
    expect(told()).toEqual([]);
    close();
    expect(scene.client.followers("scenes.draft")).toBe(0);
  });
});
