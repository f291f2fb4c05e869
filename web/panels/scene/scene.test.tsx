import { fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { CallInput } from "#protocol/contract.ts";
import { editedBody, type SceneEdit } from "#protocol/scene/edit.ts";
import { bodyOf, choice, clip } from "#protocol/scene/testing.ts";
import type { SceneBody } from "#protocol/scene/scene.ts";
import { scenes as domain } from "#protocol/scene.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { sampleAsset } from "#web/store/testing.ts";
import { overlaps, rectOf } from "./geometry.ts";
import ScenePanel from "./scene.tsx";
import { PageWorker } from "./testing.ts";

recordOpened();
beforeAll(() => vi.stubGlobal("Worker", PageWorker));
afterAll(() => vi.unstubAllGlobals());
const forest = { ...domain.topics.scenes.example.delta, title: "The forest" };
const params = {
  properties: {
    prompt: { type: "string", "x-widget": "prompt" },
    duration: { type: "integer", minimum: 1, maximum: 10 },
    negative_prompt: { type: "string", maxLength: 200, "x-widget": "prompt" },
    quality: { enum: ["draft", "fine"], default: "draft" },
    guidance: { type: "number" },
    mask: { type: "object" },
  },
};
const textToVideo = { operation: "text_to_video" as const, title: "Text to video", summary: "", params, inputs: [] };
const studio = { id: "studio", title: "Studio", summary: "", operations: [textToVideo], concurrency: 1, account: null };
const begun = bodyOf({
  start: "a",
  flags: [{ name: "met" }],
  nodes: [
    { ...clip("a"), title: "Path" },
    { ...clip("b"), title: "Hut", x: 400 },
    { id: "end", type: "end", ending: "home", x: 800 },
  ],
  edges: [choice("c", "a", "b", { text: { en: "Go in" } })],
});

const fox = sampleAsset({ id: "ast_fox", name: "a fox in the snow", mediaType: "video" });
const show = async (begin: SceneBody = begun, row: Partial<typeof forest> = {}, answers: Parameters<typeof renderInWorkspace>[0] = {}) => {
  const scene = { ...forest, ...row };
  let body = begin;
  let { draft } = forest;
  const titles: Array<string> = [];
  const shown = renderInWorkspace(
    {
      "scenes.get": () => ({ scene: { ...scene, draft }, body }),
      "scenes.edit": ({ edits }) => {
        body = editedBody(body, edits as ReadonlyArray<SceneEdit>);
        draft += 1;
        return { ...scene, draft };
      },
      "assets.many": () => ({ assets: [] }),
      "jobs.providers": () => ({ providers: [studio] }),
      ...answers,
    },
    () => <ScenePanel params={{ sceneId: forest.id }} visible={() => true} setTitle={(title) => titles.push(title)} />,
  );
  shown.client.snapshot("assets.assets", { count: 1, assets: [fox], next: null });
  shown.client.snapshot("scenes.scenes", { count: 1, scenes: [scene], next: null });
  const canvas = await screen.findByRole("group", { name: /^Canvas/ });
  return { ...shown, canvas, titles, server: () => body };
};
const node = (canvas: HTMLElement, name: RegExp) => within(canvas).findByRole("button", { name });
const key = (target: HTMLElement, name: string, more: object = {}) => fireEvent.keyDown(target, { key: name, ...more });

describe("the Scene panel", () => {
  it("calls scenes of the same owner, all of them, and says of one that is not shared that it is not", async () => {
    const calling = bodyOf({ start: "a", nodes: [{ id: "a", type: "scene_call", scene: "scn_hers" }] });
    const listed: Array<unknown> = [];
    const { canvas, server } = await show(
      calling,
      { access: "editor", ownerId: "usr_other" },
      {
        "scenes.story": () => ({ story: { entry: forest.id, scenes: [] }, hidden: ["scn_hers"] }),
        "scenes.list": (input) => {
          listed.push(input);
          const second = input.cursor === "more";
          return {
            scenes: [{ ...forest, id: second ? "scn_2" : "scn_1", title: second ? "Second" : "First" }],
            next: second ? null : "more",
          };
        },
      },
    );
    fireEvent.pointerDown(await node(canvas, /^Scene call/));
    const pick = await screen.findByLabelText("Scene");
    await waitFor(() => expect(pick).toHaveProperty("value", "scn_hers"));
    await waitFor(() =>
      expect(
        within(pick)
          .getAllByRole("option")
          .map((option) => option.textContent),
      ).toEqual(["A scene that is not shared with you", "First", "Second"]),
    );
    expect(listed).toMatchObject([{ ownerId: "usr_other" }, { ownerId: "usr_other", cursor: "more" }]);
    expect(screen.queryByRole("button", { name: "Open it" })).toBeNull();
    fireEvent.change(pick, { target: { value: "scn_2" } });
    await waitFor(() => expect(server().nodes[0]).toMatchObject({ scene: "scn_2" }));
    expect(await screen.findByRole("button", { name: "Open it" })).toBeTruthy();
  });

  it("puts what is added to the same place in places of their own", async () => {
    const { canvas, server } = await show(bodyOf({ start: null, nodes: [], edges: [] }));
    canvas.focus();
    for (const [at, title] of ["Video", "Choice", "Ending"].entries()) {
      // Beside the same one as before.
      if (at === 2) key(canvas, "ArrowLeft");
      key(canvas, "n", { shiftKey: true });
      fireEvent.pointerUp(await screen.findByRole("menuitem", { name: title }), { button: 0, pointerType: "mouse" });
      await waitFor(() => expect(server().nodes).toHaveLength(at + 1));
    }
    const rects = server().nodes.map(rectOf);
    expect(rects.flatMap((one, at) => rects.slice(at + 1).map((other) => overlaps(one, other)))).toEqual([false, false, false]);
  });

  it("is walked, connected and edited by keyboard alone, and takes it back", async () => {
    const { canvas, server, titles } = await show();
    expect(titles).toContain("The forest");
    canvas.focus();
    key(canvas, "ArrowRight");
    const path = await node(canvas, /^Video Path, the start, 1 way on/);
    await waitFor(() => expect(path.getAttribute("aria-pressed")).toBe("true"));
    key(canvas, "ArrowRight");
    const hut = await node(canvas, /^Video Hut/);
    await waitFor(() => expect(hut.getAttribute("aria-pressed")).toBe("true"));
    expect(hut.tabIndex).toBe(0);
    key(canvas, "c");
    key(canvas, "ArrowRight");
    key(canvas, "Enter");
    await waitFor(() => expect(server().edges).toMatchObject([{ id: "c" }, { from: "b", to: "end", kind: "default" }]));
    expect(await screen.findByText("Taken where no other way is.")).toBeTruthy();
    key(canvas, "z", { ctrlKey: true });
    await waitFor(() => expect(server().edges).toHaveLength(1));
    key(canvas, "a", { ctrlKey: true });
    key(canvas, "ArrowDown", { shiftKey: true });
    await waitFor(() => expect(server().nodes.map(({ y }) => y)).toEqual([16, 16, 16]));
    key(canvas, "Delete");
    await waitFor(() => expect(server().nodes).toEqual([]));
    expect(document.activeElement).toBe(canvas);
    expect(await screen.findByText("An empty scene")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(server().nodes).toHaveLength(3));
    expect(server().edges).toHaveLength(1);
  });

  it("is looked at and played, and not changed, by whom it is shared with to look", async () => {
    const { canvas, client } = await show(begun, { access: "viewer", ownerName: "ada", ownerId: "usr_ada" });
    expect(await screen.findByText(/^This is a scene of ada, which you can look at and play\./)).toBeTruthy();
    for (const name of ["Add a node", "Publish", "Undo", "Arrange", "Played"]) expect(screen.queryByRole("button", { name })).toBeNull();
    canvas.focus();
    key(canvas, "ArrowRight");
    const title = await screen.findByLabelText<HTMLInputElement>("Title");
    expect(title.matches(":disabled") || title.closest("fieldset")!.disabled).toBe(true);
    for (const name of ["Delete", "n", "c", "a"]) key(canvas, name);
    expect(screen.queryByRole("menu")).toBeNull();
    await node(canvas, /^Video Path/);
    key(canvas, "p");
    expect(await screen.findByRole("region", { name: "Preview" })).toBeTruthy();
    expect(client.calls.filter(({ name }) => name === "scenes.edit")).toEqual([]);
    fireEvent.click(screen.getByRole("button", { name: "Who has this scene" }));
    expect(await screen.findByRole("dialog", { name: "Who has “The forest”" })).toBeTruthy();
  });

  it("changes a node and its choice by forms, with a condition built from menus and written as text", async () => {
    const { canvas, server } = await show();
    key(canvas, "ArrowRight");
    fireEvent.input(await screen.findByLabelText("Title"), { target: { value: "The old path" } });
    await waitFor(() => expect(server().nodes[0]!.title).toBe("The old path"));
    fireEvent.click(screen.getByRole("button", { name: /Choice “Go in” to Hut/ }));
    fireEvent.input(await screen.findByLabelText("What the choice says"), { target: { value: "Enter" } });
    await waitFor(() => expect(server().edges[0]).toMatchObject({ text: { en: "Enter" } }));
    const open = screen.getByRole("region", { name: "Open if" });
    fireEvent.keyDown(within(open).getByRole("button", { name: "Add a condition" }), { key: "Enter" });
    fireEvent.pointerUp(await screen.findByRole("menuitem", { name: "A flag" }), { button: 0, pointerType: "mouse" });
    await waitFor(() => expect(server().edges[0]).toMatchObject({ condition: { kind: "flag", name: "met", set: true } }));
    fireEvent.change(within(open).getByLabelText("On or off"), { target: { value: "off" } });
    await waitFor(() => expect(server().edges[0]).toMatchObject({ condition: { set: false } }));
    fireEvent.click(within(open).getByRole("button", { name: "As text" }));
    const text = within(open).getByLabelText<HTMLTextAreaElement>("Open if");
    expect(text.value).toBe("flag met is off");
    fireEvent.input(text, { target: { value: "flag met is perhaps" } });
    expect(await within(open).findByText(/^Character 13: Here belongs on or off/)).toBeTruthy();
    fireEvent.input(text, { target: { value: "flag met is on or chance 5 %" } });
    await waitFor(() => expect(server().edges[0]).toMatchObject({ condition: { kind: "any", of: [{ set: true }, { percent: 5 }] } }));
  });

  it("says who makes what a generation node asks for, also where that provider is gone", async () => {
    const dream = { id: "a", type: "generation", strategy: "once", provider: "gone", fallback: { mode: "skip" } } as const;
    const { canvas, server } = await show(bodyOf({ start: "a", nodes: [dream] }));
    key(canvas, "ArrowRight");
    const pick = await screen.findByLabelText<HTMLSelectElement>("Made by");
    expect(pick.value).toBe("gone");
    fireEvent.change(pick, { target: { value: "" } });
    await waitFor(() => expect(server().nodes[0]).toMatchObject({ provider: null }));
    await within(pick).findByRole("option", { name: "Studio" });
    fireEvent.change(pick, { target: { value: "studio" } });
    await waitFor(() => expect(server().nodes[0]).toMatchObject({ provider: "studio" }));
  });

  it("asks the provider of a generation node for more by its own form, and tells what it does not take", async () => {
    const dream = { id: "a", type: "generation", strategy: "once", constraints: { mood: "dark" }, fallback: { mode: "skip" } } as const;
    const { canvas, server } = await show(bodyOf({ start: "a", nodes: [dream] }));
    const asked = () => (server().nodes[0] as { readonly constraints: object }).constraints;
    key(canvas, "ArrowRight");
    const part = within(await screen.findByRole("region", { name: "Also asked for" }));
    const more = await part.findByLabelText<HTMLSelectElement>("Ask for more");
    expect([...more.options].map(({ textContent }) => textContent)).toEqual(["Choose…", "Negative prompt", "Quality", "Guidance"]);
    expect(part.getByText(/does not take this/)).toBeTruthy();
    fireEvent.click(part.getByRole("button", { name: "Ask for no mood" }));
    await waitFor(() => expect(asked()).toEqual({}));
    fireEvent.change(more, { target: { value: "quality" } });
    await waitFor(() => expect(asked()).toEqual({ quality: "draft" }));
    fireEvent.click(part.getByRole("radio", { name: "Fine" }));
    await waitFor(() => expect(asked()).toEqual({ quality: "fine" }));
    fireEvent.change(part.getByLabelText("Ask for more"), { target: { value: "negative_prompt" } });
    fireEvent.input(await part.findByLabelText("Negative prompt"), { target: { value: "rain" } });
    await waitFor(() => expect(asked()).toEqual({ quality: "fine", negative_prompt: "rain" }));
    fireEvent.click(part.getByRole("button", { name: "Ask for no Quality" }));
    await waitFor(() => expect(asked()).toEqual({ negative_prompt: "rain" }));
  });

  it("shows what is asked for already, also where the node says it by itself", async () => {
    const constraints = { duration: 3, negative_prompt: "rain", prompt: "a wood" };
    const dream = { id: "a", type: "generation", strategy: "once", constraints, fallback: { mode: "skip" } } as const;
    const { canvas } = await show(bodyOf({ start: "a", nodes: [dream] }));
    key(canvas, "ArrowRight");
    const part = within(await screen.findByRole("region", { name: "Also asked for" }));
    expect((await part.findByLabelText<HTMLTextAreaElement>("Negative prompt")).value).toBe("rain");
    expect(part.getByLabelText<HTMLInputElement>("Duration").value).toBe("3");
    expect(part.getByText("prompt: a wood").parentElement?.textContent).toContain("What is to be seen is asked for in its place.");
    expect(part.queryByText(/does not take this/)).toBe(null);
    expect([...part.getByLabelText<HTMLSelectElement>("Ask for more").options].map(({ textContent }) => textContent)).toEqual([
      "Choose…",
      "Quality",
      "Guidance",
    ]);
  });

  it("keeps as much text as providers take, and says what is asked for where a number is cleared", async () => {
    const constraints = { negative_prompt: "rain", guidance: 7 };
    const dream = { id: "a", type: "generation", strategy: "once", constraints, fallback: { mode: "skip" } } as const;
    const { canvas, server } = await show(bodyOf({ start: "a", nodes: [dream] }));
    const asked = () => (server().nodes[0] as { readonly constraints: object }).constraints;
    key(canvas, "ArrowRight");
    const part = within(await screen.findByRole("region", { name: "Also asked for" }));
    const text = await part.findByLabelText<HTMLTextAreaElement>("Negative prompt");
    const long = "r".repeat(2500);
    expect(text.maxLength).toBeGreaterThanOrEqual(long.length);
    fireEvent.input(text, { target: { value: long } });
    await waitFor(() => expect(asked()).toEqual({ negative_prompt: long, guidance: 7 }));
    const guidance = part.getByLabelText<HTMLInputElement>("Guidance");
    fireEvent.input(guidance, { target: { value: "" } });
    expect(await part.findByText("7 is still asked for: give another number, or ask for none.")).toBeTruthy();
    fireEvent.input(guidance, { target: { value: "5" } });
    await waitFor(() => expect(asked()).toEqual({ negative_prompt: long, guidance: 5 }));
    expect(part.queryByText(/is still asked for/)).toBe(null);
  });

  it("shows who else has it open, what they look at and where they point, and tells them the same", async () => {
    const { canvas, client } = await show();
    const told = () => client.calls.flatMap(({ name, input }) => (name === "scenes.here" ? [input as CallInput<"scenes.here">] : []));
    client.snapshot("scenes.editors", {});
    await waitFor(() => expect(told()).toMatchObject([{ id: forest.id, hello: true, at: { nodes: [] } }]));
    const anna = { say: "here" as const, editor: "edt_anna", userId: "usr_anna", name: "anna", hello: true };
    const at = { cursor: { x: 40, y: 80 }, nodes: ["b"], selected: 1, edge: null };
    client.deltas("scenes.editors", [{ ...anna, at }]);
    const here = await screen.findByRole("list", { name: "Also here" });
    expect(await screen.findByText("anna is here, too.")).toBeTruthy();
    // Who has come is answered.
    await waitFor(() => expect(told()).toHaveLength(2));
    fireEvent.click(within(here).getByRole("button", { name: "anna: Hut" }));
    expect(await screen.findByText("Also here: anna.")).toBeTruthy();
    await waitFor(() => expect(told().at(-1)).toMatchObject({ hello: false, at: { nodes: ["b"], selected: 1 } }));
    expect(canvas.querySelector(".scene-cursor")?.textContent).toBe("anna");
    expect(canvas.querySelectorAll(".scene-held")).toHaveLength(1);
    client.deltas("scenes.editors", [{ ...anna, hello: false, at: { cursor: null, nodes: [], selected: 0, edge: "c" } }]);
    expect(await within(here).findByRole("button", { name: /^anna: .*Go in/ })).toBeTruthy();
    expect(canvas.querySelector(".scene-cursor")).toBe(null);
    client.deltas("scenes.editors", [{ ...anna, editor: "edt_second", hello: false, at }]);
    expect((await within(here).findByRole("button", { name: "anna (2): Hut" })).textContent).toBe("A2");
    client.deltas("scenes.editors", [{ say: "gone", editor: "edt_anna" }]);
    expect(await screen.findByText("anna left.")).toBeTruthy();
    client.deltas("scenes.editors", [{ ...anna, editor: "edt_second", hello: false, at: { ...at, nodes: [] } }]);
    expect((await within(here).findByRole("button", { name: "anna (2)" })).textContent).toBe("A2");
    client.deltas("scenes.editors", [{ say: "gone", editor: "edt_second" }]);
    expect(await screen.findByText("anna (2) left.")).toBeTruthy();
    expect(screen.queryByRole("list", { name: "Also here" })).toBe(null);
    // Of this window itself it is said when a connection ends that it has long replaced.
    const words = told().length;
    client.deltas("scenes.editors", [{ say: "gone", editor: told()[0]!.editor }]);
    await waitFor(() => expect(told()).toHaveLength(words + 1));
  });

  it("orders and names the steps of a progression, and says where one plays nothing", async () => {
    const segments = ["s1", "s2"].map((id) => ({ id, media: { kind: "asset" as const, assetId: `ast_${id}` } }));
    const steps = [{ label: "one", segment: "s1" }];
    const film = { id: "a", type: "video" as const, segments, playback: { mode: "progression" as const, steps } };
    const { canvas, server } = await show(bodyOf({ start: "a", nodes: [film] }));
    const now = () => {
      const [node] = server().nodes;
      return node?.type === "video" && node.playback.mode === "progression"
        ? node.playback.steps.map(({ label, segment }) => `${label} ${segment}`)
        : [];
    };
    key(canvas, "ArrowRight");
    expect(await screen.findByRole("button", { name: "Remove step 1" })).toHaveProperty("disabled", true);
    fireEvent.click(screen.getByRole("button", { name: "Add a step" }));
    await waitFor(() => expect(now()).toEqual(["one s1", "step2 s2"]));
    fireEvent.input(screen.getByLabelText("Name of step 2"), { target: { value: "two" } });
    fireEvent.click(screen.getByRole("button", { name: "Step 2 earlier" }));
    await waitFor(() => expect(now()).toEqual(["two s2", "one s1"]));
    fireEvent.change(screen.getByLabelText("Clip of step 2"), { target: { value: "s2" } });
    await waitFor(() => expect(now()).toEqual(["two s2", "one s2"]));
    fireEvent.click(screen.getAllByRole("button", { name: "Take it out" })[1]!);
    expect(await screen.findAllByText("Its clip is not there any more: choose another.")).toHaveLength(2);
    fireEvent.click(screen.getByRole("button", { name: "Remove step 2" }));
    await waitFor(() => expect(now()).toEqual(["two s2"]));
  });

  it("takes a clip that stands in for a generation without a result", async () => {
    const made = { id: "a", type: "generation" as const, strategy: "once" as const, prompt: "a fox", fallback: { mode: "skip" as const } };
    const { canvas, server } = await show(bodyOf({ start: "a", nodes: [made] }));
    key(canvas, "ArrowRight");
    const mode = await screen.findByLabelText("Where there is no result");
    fireEvent.change(mode, { target: { value: "placeholder" } });
    expect(await screen.findByText("It says nothing yet: write what is to be shown.")).toBeTruthy();
    fireEvent.change(mode, { target: { value: "default" } });
    const picker = await screen.findByRole("dialog", { name: "The clip that stands in" });
    fireEvent.click(await within(picker).findByRole("button", { name: "a fox in the snow" }));
    await waitFor(() => expect(server().nodes).toMatchObject([{ fallback: { mode: "default", media: { assetId: "ast_fox" } } }]));
    expect(await screen.findByRole("button", { name: "Choose another" })).toBeTruthy();
  });

  it("lets a generation go on from what is seen before it, or from a picture, by who makes videos of pictures", async () => {
    const dream = { id: "a", type: "generation", strategy: "once", prompt: "it moves", fallback: { mode: "skip" } } as const;
    const { canvas, server } = await show(bodyOf({ start: "a", nodes: [dream] }));
    key(canvas, "ArrowRight");
    const makers = async () => {
      const pick = await screen.findByLabelText<HTMLSelectElement>("Made by");
      return [...pick.options].map(({ value }) => value);
    };
    await waitFor(async () => expect(await makers()).toContain("studio"));
    const from = await screen.findByLabelText<HTMLSelectElement>("Goes on from");
    fireEvent.change(from, { target: { value: "here" } });
    await waitFor(() => expect(server().nodes[0]).toMatchObject({ picture: { from: "here" } }));
    // The studio of these tests makes videos of words only.
    await waitFor(async () => expect(await makers()).toEqual([""]));
    fireEvent.change(from, { target: { value: "media" } });
    const picker = await screen.findByRole("dialog", { name: "The picture that it goes on from" });
    fireEvent.click(await within(picker).findByRole("button", { name: "a fox in the snow" }));
    await waitFor(() => expect(server().nodes[0]).toMatchObject({ picture: { from: "media", media: { assetId: "ast_fox" } } }));
    fireEvent.change(from, { target: { value: "none" } });
    await waitFor(() => expect(server().nodes[0]).toMatchObject({ picture: { from: "none" } }));
  });

  it("says of what somebody else removes under one's hand that it is gone, and keeps the rest selected", async () => {
    const { canvas, client } = await show();
    client.snapshot("scenes.draft", { draft: forest.draft });
    key(canvas, "a", { ctrlKey: true });
    expect(await screen.findByText("3 nodes selected.")).toBeTruthy();
    const remove = (id: string, by: number) =>
      client.deltas("scenes.draft", [{ draft: forest.draft + by, edits: [{ do: "removeNode", id }], token: null }]);
    remove("b", 1);
    expect(await screen.findByText("2 nodes selected.")).toBeTruthy();
    remove("end", 2);
    expect(await screen.findByLabelText("Title")).toHaveProperty("value", "Path");
    remove("a", 3);
    expect(await screen.findByText("What was selected here has been removed.")).toBeTruthy();
    key(canvas, "Escape");
    expect(await screen.findByText(/^Select a node or an edge to change it/)).toBeTruthy();
  });

  it("finds nodes by what they say, and goes there", async () => {
    const { canvas } = await show();
    fireEvent.click(screen.getByRole("button", { name: "Find" }));
    fireEvent.input(await screen.findByLabelText("Search names, texts and rules"), { target: { value: "go in" } });
    const found = await screen.findByRole("list", { name: "Found" });
    fireEvent.click(within(found).getByRole("button", { name: /Path/ }));
    fireEvent.click(screen.getByRole("button", { name: "Inspect" }));
    expect(await screen.findByLabelText("What the choice says")).toBeTruthy();
    expect(canvas.isConnected).toBe(true);
  });

  it("copies to another scene through the clipboard", async () => {
    const first = await show();
    key(first.canvas, "a", { ctrlKey: true });
    first.canvas.focus();
    const data = new DataTransfer();
    fireEvent(document, new ClipboardEvent("copy", { clipboardData: data }));
    expect(data.getData("text/plain")).toContain("pixsim-nodes");
    first.canvas.remove();
    const second = await show(bodyOf({}));
    second.canvas.focus();
    fireEvent(document, new ClipboardEvent("paste", { clipboardData: data }));
    await waitFor(() => expect(second.server().nodes.map(({ title }) => title)).toEqual(["Path", "Hut", ""]));
    expect(second.server().edges).toHaveLength(1);
    expect(second.server().nodes.map(({ id }) => id)).not.toContain("a");
    // It begins where what came is begun with.
    await waitFor(() => expect(second.server().start).toBe(second.server().nodes[0]!.id));
  });

  it("pastes where the pointer is, and each time beside what it pasted there before", async () => {
    const { canvas, server } = await show();
    fireEvent.pointerDown(await node(canvas, /^Video Path/), { button: 0 });
    fireEvent.pointerUp(canvas);
    canvas.focus();
    const data = new DataTransfer();
    fireEvent(document, new ClipboardEvent("copy", { clipboardData: data }));
    const paste = () => fireEvent(document, new ClipboardEvent("paste", { clipboardData: data }));
    const placed = () =>
      server()
        .nodes.slice(3)
        .map(({ x, y }) => ({ x, y }));
    paste();
    paste();
    await waitFor(() => expect(placed()).toHaveLength(2));
    const [first, second] = placed();
    expect(second).toEqual({ x: first!.x + 32, y: first!.y + 32 });
    const box = canvas.getBoundingClientRect();
    fireEvent.pointerMove(canvas, { clientX: box.left + 333, clientY: box.top + 111 });
    paste();
    fireEvent.pointerMove(canvas, { clientX: box.left + 333 + 160, clientY: box.top + 111 + 80 });
    paste();
    fireEvent.pointerLeave(canvas);
    paste();
    await waitFor(() => expect(placed()).toHaveLength(5));
    const [, , at, moved, away] = placed();
    expect(at).not.toEqual(first);
    expect(moved).toEqual({ x: at!.x + 160, y: at!.y + 80 });
    // Where the pointer is elsewhere: in the middle again.
    expect(away).toEqual({ x: second!.x + 32, y: second!.y + 32 });
  });

  it("takes clips and pictures from the gallery as nodes, where they were dropped, and shows a picture as long as is said", async () => {
    const { canvas, server, workspace } = await show(bodyOf({}));
    workspace.assets.put([sampleAsset({ id: "ast_map", name: "a map", mediaType: "image" })]);
    for (const id of ["ast_fox", "ast_map"]) {
      const drop = new Event("drop", { bubbles: true, cancelable: true });
      const dataTransfer = { types: ["application/x-pixsim-assets"], getData: () => JSON.stringify([id]) };
      Object.assign(drop, { clientX: 60, clientY: 40, dataTransfer });
      fireEvent(canvas, drop);
    }
    const map = (durationMs: number) => ({ kind: "still", assetId: "ast_map", durationMs });
    await waitFor(() =>
      expect(server().nodes).toMatchObject([
        { type: "video", title: "a fox in the snow", segments: [{ media: { kind: "asset", assetId: "ast_fox" } }] },
        { type: "video", title: "a map", segments: [{ media: map(4000) }] },
      ]),
    );
    expect(server().start).toBe(server().nodes[0]!.id);
    const length = await screen.findByLabelText<HTMLInputElement>("Shown for, s");
    expect(screen.queryByRole("button", { name: "Trim" })).toBeNull();
    for (const value of ["0", "2.5"]) fireEvent.input(length, { target: { value } });
    await waitFor(() => expect(server().nodes[1]).toMatchObject({ segments: [{ media: map(2500) }] }));
    fireEvent.change(screen.getByLabelText("How they are played"), { target: { value: "loopSegment" } });
    expect(await screen.findByText("A picture that comes last stays until a choice is made.")).toBeTruthy();
    expect(screen.queryByLabelText("From, s")).toBeNull();
  });

  it("takes subtitles of a clip from a file or as they are written, and nothing that is none", async () => {
    const { canvas, server } = await show();
    const subtitles = () =>
      server().nodes.flatMap((one) => (one.type === "video" ? one.segments.map((segment) => segment.subtitles) : []))[0];
    key(canvas, "ArrowRight");
    fireEvent.click(await screen.findByRole("button", { name: "Subtitles" }));
    const field = await screen.findByLabelText<HTMLTextAreaElement>("Subtitles, English");
    fireEvent.input(field, { target: { value: "Hello" } });
    expect(await screen.findByText("This is not a WebVTT file.")).toBeTruthy();
    fireEvent.input(field, { target: { value: "WEBVTT" } });
    await waitFor(() => expect(subtitles()).toEqual({ en: "WEBVTT" }));
    expect(screen.queryByText("This is not a WebVTT file.")).toBeNull();
    const file = "WEBVTT\n\n00:00.000 --> 00:01.000\nHello";
    const picker = screen.getByLabelText<HTMLInputElement>("Subtitles file");
    Object.defineProperty(picker, "files", { value: [new File([file], "hut.vtt")] });
    fireEvent.change(picker);
    await waitFor(() => expect(subtitles()).toEqual({ en: file }));
    fireEvent.click(screen.getByRole("button", { name: "Take them out" }));
    await waitFor(() => expect(subtitles()).toEqual({}));
  });

  it("takes no more subtitles for one video than go to the server with it, and says so", async () => {
    const long = `WEBVTT\n\n${"語".repeat(19_000)}`;
    const pieces: ReadonlyArray<Record<string, string>> = [{}, { ja: long }, { ja: long }];
    const segments = pieces.map((subtitles, at) => ({
      id: `s${at}`,
      media: { kind: "asset" as const, assetId: "ast_a" },
      subtitles,
    }));
    const { canvas, server } = await show(bodyOf({ start: "a", nodes: [{ id: "a", type: "video", segments }] }));
    key(canvas, "ArrowRight");
    fireEvent.click((await screen.findAllByRole("button", { name: "Subtitles" }))[0]!);
    const field = await screen.findByLabelText<HTMLTextAreaElement>("Subtitles, English");
    expect(field.getAttribute("aria-invalid")).toBe(null);
    fireEvent.input(field, { target: { value: long } });
    await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
    expect(await screen.findByText("The subtitles of one video have room for 150 kB in all its pieces and languages.")).toBeTruthy();
    fireEvent.input(field, { target: { value: "WEBVTT" } });
    await waitFor(() => expect(server().nodes[0]).toMatchObject({ segments: [{ subtitles: { en: "WEBVTT" } }, {}, {}] }));
    expect(field.getAttribute("aria-invalid")).toBe(null);
  });

  it("plays from a node, by what its edges say, and shows what came of it", async () => {
    const { canvas } = await show();
    key(canvas, "ArrowRight");
    key(canvas, "p");
    const preview = await screen.findByRole("region", { name: "Preview" });
    fireEvent.click(within(preview).getByRole("button", { name: "Go in" }));
    const hut = await node(canvas, /^Video Hut/);
    await waitFor(() => expect(hut.getAttribute("aria-pressed")).toBe("true"));
    fireEvent.click(within(preview).getByRole("button", { name: "To the end of the clip" }));
    expect(await within(preview).findByText("Nothing leads on from here")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "A step back" }));
    expect(await within(preview).findByRole("button", { name: "To the end of the clip" })).toBeTruthy();
  });

  it("goes on from a picture after its time, also where the same one comes next", async () => {
    const segments = [{ id: "s", media: { kind: "still" as const, assetId: "ast_map", durationMs: 100 } }];
    const nodes = ["a", "b"].map((id) => ({ id, type: "video" as const, segments }));
    const { canvas } = await show(
      bodyOf({
        start: "a",
        nodes: [...nodes, { id: "over", type: "end", ending: "over" }],
        edges: [
          { id: "ab", from: "a", to: "b", kind: "default" },
          { id: "bo", from: "b", to: "over", kind: "default" },
        ],
      }),
    );
    key(canvas, "ArrowRight");
    key(canvas, "p");
    const preview = await screen.findByRole("region", { name: "Preview" });
    const skips = () => within(preview).queryByRole("button", { name: "To the end of the clip" });
    await waitFor(() => expect(skips()).toBeNull(), { timeout: 20_000 });
  });

  it.each([
    { origin: { kind: "generation" as const, jobId: "job_1" }, shown: "/whole" },
    { origin: { kind: "upload" as const }, shown: "/still" },
  ])("shows of a picture what players are shown of it: $origin.kind", async ({ origin, shown }) => {
    const media = { kind: "still" as const, assetId: "ast_map", durationMs: 100_000 };
    const { canvas, workspace } = await show(bodyOf({ start: "a", nodes: [{ id: "a", type: "video", segments: [{ id: "s", media }] }] }));
    const urls = { ...fox.urls, original: "/whole", poster: "/poster", still: "/still" };
    workspace.assets.put([sampleAsset({ id: "ast_map", mediaType: "image", width: 1920, height: 1080, origin, urls })]);
    key(canvas, "ArrowRight");
    key(canvas, "p");
    const preview = await screen.findByRole("region", { name: "Preview" });
    await waitFor(() => expect(preview.querySelector("img")?.getAttribute("src")).toBe(shown));
  });

  it("declares variables, and refuses a name that stands twice", async () => {
    const { server } = await show();
    fireEvent.click(screen.getByRole("button", { name: "Story" }));
    fireEvent.click(await screen.findByRole("button", { name: "Add a variable" }));
    fireEvent.click(screen.getByRole("button", { name: "Add a variable" }));
    await waitFor(() => expect(server().variables.map(({ name }) => name)).toEqual(["variable", "variable2"]));
    const [, second] = screen.getAllByLabelText("Name of the variable");
    fireEvent.input(second!, { target: { value: "variable" } });
    fireEvent.input(second!, { target: { value: "coins" } });
    await waitFor(() => expect(server().variables.map(({ name }) => name)).toEqual(["variable", "coins"]));
    expect(await screen.findAllByText("not used")).toHaveLength(3);
  });

  it("declares achievements, by an ending or by what holds", async () => {
    const { server } = await show();
    fireEvent.click(screen.getByRole("button", { name: "Story" }));
    fireEvent.click(await screen.findByRole("button", { name: "Add an achievement" }));
    await waitFor(() => expect(server().achievements).toMatchObject([{ name: "achievement", when: { is: "ending", ending: "home" } }]));
    fireEvent.change(screen.getByLabelText("Achieved when"), { target: { value: "condition" } });
    await waitFor(() => expect(server().achievements[0]!.when).toEqual({ is: "condition", condition: { kind: "constant", value: false } }));
    const holds = await screen.findByRole("region", { name: "Holds" });
    fireEvent.click(within(holds).getByRole("button", { name: "As text" }));
    fireEvent.input(within(holds).getByLabelText("Holds"), { target: { value: "flag met is on" } });
    await waitFor(() => expect(server().achievements[0]!.when).toMatchObject({ condition: { kind: "flag", name: "met", set: true } }));
    expect(await screen.findByText("1 use")).toBeTruthy();
  });

  it("groups, duplicates and arranges what is selected, and takes each back", async () => {
    const { canvas, server } = await show();
    canvas.focus();
    key(canvas, "a", { ctrlKey: true });
    key(canvas, "g", { ctrlKey: true });
    await waitFor(() => expect(server().nodes.map(({ type }) => type)).toContain("group"));
    const group = server().nodes.find(({ type }) => type === "group")!.id;
    expect(server().nodes.flatMap((one) => (one.group === group ? [one.id] : []))).toEqual(["a", "b", "end"]);
    key(canvas, "z", { ctrlKey: true });
    await waitFor(() => expect(server().nodes.map(({ id }) => id)).toEqual(["a", "b", "end"]));
    expect(server().nodes.map((one) => one.group)).toEqual([null, null, null]);

    key(canvas, "a", { ctrlKey: true });
    key(canvas, "d", { ctrlKey: true });
    // The edge between two of them with them, to the copies.
    await waitFor(() => expect([server().nodes.length, server().edges.length]).toEqual([6, 2]));
    expect(new Set(server().nodes.map(({ id }) => id)).size).toBe(6);
    key(canvas, "z", { ctrlKey: true });
    await waitFor(() => expect([server().nodes.length, server().edges.length]).toEqual([3, 1]));

    const before = server().nodes.map(({ x, y }) => [x, y]);
    key(canvas, "a");
    await waitFor(() => expect(server().nodes.map(({ x, y }) => [x, y])).not.toEqual(before));
    await waitFor(() => expect(screen.getByRole("button", { name: /^Arrange/ })).toHaveProperty("disabled", false));
    key(canvas, "z", { ctrlKey: true });
    await waitFor(() => expect(server().nodes.map(({ x, y }) => [x, y])).toEqual(before));
  });

  it("begins at the top of what is shown beside the canvas, and keeps the place in a list that is gone through", async () => {
    await show();
    const side = await screen.findByRole("complementary", { name: "Details of the scene" });
    const body = side.querySelector(".scene-side-body")!;
    fireEvent.click(await screen.findByRole("button", { name: /^Problems \d/ }));
    body.scrollTop = 300;
    fireEvent.click(await within(side).findByRole("button", { name: /^error Hut/ }));
    expect(body.scrollTop).toBe(300);
    fireEvent.click(within(side).getByRole("button", { name: "Inspect" }));
    await waitFor(() => expect(body.scrollTop).toBe(0));
  });

  it("says of a clip from which frame to which it goes", async () => {
    const segments = [{ id: "s", media: { kind: "clip" as const, assetId: fox.id, startMs: 500, endMs: 2000 } }];
    const { canvas, workspace } = await show(bodyOf({ start: "a", nodes: [{ id: "a", type: "video", segments }] }));
    workspace.assets.put([{ ...fox, fps: 24, durationMs: 3000 }]);
    canvas.focus();
    key(canvas, "ArrowRight");
    key(canvas, "Enter");
    expect(await screen.findByText("0:00.12 – 0:02.00")).toBeTruthy();
  });

  it("says for whom the story is", async () => {
    const { server } = await show();
    fireEvent.click(await screen.findByRole("button", { name: "Story" }));
    fireEvent.change(await screen.findByLabelText("For whom it is"), { target: { value: "teen" } });
    await waitFor(() => expect(server().rating).toBe("teen"));
  });

  it("tells problems as they come, and leads to their place", async () => {
    const { canvas } = await show();
    const tab = await screen.findByRole("button", { name: /^Problems \d/ });
    fireEvent.click(tab);
    const problems = await screen.findByRole("list", { name: "Problems" });
    expect(screen.getByText(/^\d+ errors?, .*With an error it cannot be published\.$/)).toBeTruthy();
    fireEvent.click(within(problems).getByRole("button", { name: /^error Hut/ }));
    const hut = await node(canvas, /^Video Hut.*problem/);
    await waitFor(() => expect(hut.getAttribute("aria-pressed")).toBe("true"));
  });
});
