import { gunzipSync } from "node:zlib";
import { fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { describe, expect, it } from "vitest";
import type { CallInput } from "#protocol/contract.ts";
import { play } from "#protocol/play.ts";
import { scenes as domain, type Scene } from "#protocol/scene.ts";
import { sceneLimits } from "#protocol/scene/limits.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { fileNameOf, packedText, sourceOf, titleOfFile } from "./files.ts";
import ScenesPanel from "./scenes.tsx";

const opened = recordOpened();
const forest: Scene = { ...domain.topics.scenes.example.delta, title: "The forest" };

const show = (handlers: Parameters<typeof renderInWorkspace>[0] = {}, library: ReadonlyArray<Scene> = [forest]) => {
  const usual = {
    "scenes.list": () => ({ scenes: [], next: null }),
    "scenes.people": () => ({ owner: { userId: forest.ownerId, name: forest.ownerName }, people: [] }),
  };
  const shown = renderInWorkspace({ ...usual, ...handlers }, () => (
    <ScenesPanel params={{}} visible={() => true} setTitle={() => undefined} />
  ));
  shown.client.snapshot("scenes.scenes", { count: library.length, scenes: [...library], next: null });
  return shown;
};
const sent = ({ client }: ReturnType<typeof show>, name: string) =>
  client.calls.filter((call) => call.name === name).map(({ input }) => input);
const press = (name: string | RegExp, inside: HTMLElement = document.body) => fireEvent.click(within(inside).getByRole("button", { name }));
const choose = async (item: string) => {
  fireEvent.contextMenu(await screen.findByRole("button", { name: /^The forest/ }));
  fireEvent.pointerUp(await screen.findByRole("menuitem", { name: item }), { button: 0, pointerType: "mouse" });
};

describe("the Scenes panel", () => {
  it("says what scenes are while there are none, makes one and opens it", async () => {
    const shown = show({ "scenes.create": ({ title }) => ({ ...forest, id: "scn_new", title }) }, []);
    await screen.findByText("No scenes yet");
    press("New scene");
    const dialog = await screen.findByRole("dialog", { name: "A new scene" });
    press("Create", dialog);
    expect(await within(dialog).findByText("Give it a title.")).toBeTruthy();
    fireEvent.input(within(dialog).getByLabelText("Title"), { target: { value: " The cave " } });
    press("Create", dialog);
    await waitFor(() => expect(opened).toEqual(['scene {"sceneId":"scn_new"}']));
    expect(sent(shown, "scenes.create")).toEqual([{ title: "The cave" }]);
    expect(await screen.findByRole("button", { name: /^The cave/ })).toBeTruthy();
  });

  it("opens a scene, and says how it stands to its versions", async () => {
    const { client } = show();
    fireEvent.click(await screen.findByRole("button", { name: /^The forest/ }));
    expect(opened).toEqual(['scene {"sceneId":"scn_1"}']);
    expect(screen.getByText("Draft")).toBeTruthy();
    const latest = domain.calls.publish.example.output.version;
    client.deltas("scenes.scenes", [{ ...forest, versions: 1, latest, edited: true, rev: forest.rev + 1 }]);
    expect(await screen.findByText("Version 1, edited since")).toBeTruthy();
  });

  it("brings stories in as what they are, and says what could not be taken over", async () => {
    const shown = show({ "scenes.import": () => ({ id: "scn_1", scenes: [forest], notes: ["A macro was left out."] }) });
    const picker = screen.getByLabelText<HTMLInputElement>("Story files");
    const twee = new File([":: Start\nHello. [[On->End]]"], "forest.twee");
    fireEvent.change(picker, { target: { files: [twee] } });
    expect(await screen.findByText("A macro was left out.")).toBeTruthy();
    expect(sent(shown, "scenes.import")).toEqual([{ source: "twee", text: ":: Start\nHello. [[On->End]]", untitled: "forest" }]);
    expect(["A walk.ink.json", "Two.tw", ".twee"].map(titleOfFile)).toEqual(["A walk", "Two", undefined]);
    const long = '{"texts":"Grüße"}'.repeat(20_000);
    const { text, packed, before } = await packedText(long);
    expect([packed, before, text.length < 60_000, gunzipSync(Buffer.from(text, "base64")).toString()]).toEqual(["gzip", [], true, long]);
    expect(await packedText("short")).toEqual({ before: [], text: "short" });
    expect(sourceOf(' {"inkVersion":21,"root":[]}')).toBe("ink");
    expect(sourceOf('\uFEFF{"format":"pixsim-story"}')).toBe("pixsim");
    expect(fileNameOf("A/B: the “forest”")).toBe("AB-the-forest.pixsim.json");
    expect(fileNameOf("…")).toBe("story.pixsim.json");
  });

  describe("a story that is longer than a frame", () => {
    let state = 1;
    /** Of digits that do not pack to less than half of them. */
    const noise = (length: number): string =>
      Array.from({ length: length / 8 }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state.toString(16).padStart(8, "0");
      }).join("");
    const bring = (text: string) =>
      fireEvent.change(screen.getByLabelText<HTMLInputElement>("Story files"), { target: { files: [new File([text], "long.twee")] } });

    it("is sent in parts, each of which fits", async () => {
      const shown = show({ "scenes.import": () => ({ id: "scn_1", scenes: [forest], notes: [] }), "scenes.part": () => ({}) });
      const text = `:: Start\n${noise(900_000)}`;
      bring(text);
      await screen.findByText("1 scene came in from long.twee");
      const parts = sent(shown, "scenes.part") as ReadonlyArray<CallInput<"scenes.part">>;
      const [last] = sent(shown, "scenes.import") as ReadonlyArray<CallInput<"scenes.import">>;
      expect(parts.map(({ at }) => at)).toEqual([0, 1]);
      expect(new Set(parts.map(({ file }) => file))).toEqual(new Set([last!.parts!.file]));
      expect(last!.parts!.count).toBe(2);
      const whole = [...parts, last!].map((part) => part.text).join("");
      expect(gunzipSync(Buffer.from(whole, "base64")).toString()).toBe(text);
      for (const part of parts) expect(domain.calls.part.input.safeParse(part).success).toBe(true);
      expect(domain.calls.import.input.safeParse(last).success).toBe(true);
    });

    it("comes also where it is the longest that there may be, in prose, with all its media", async () => {
      const words = Array.from({ length: 4096 }, (_, index) => noise(8).slice(0, 3 + (index % 6)));
      // Seldom words are more than half of all that there are, and few of those that are read.
      const word = (): string => words[Math.trunc((Number.parseInt(noise(8), 16) / 2 ** 32) ** 2 * words.length)]!;
      const prose = Array.from({ length: sceneLimits.characters / 6 }, word)
        .join(" ")
        .slice(0, sceneLimits.characters);
      const media = Array.from({ length: sceneLimits.nodes * 2 }, () => ({
        kind: "video",
        sha256: noise(64),
        name: `${word()} ${word()}`,
      }));
      const { before } = await packedText(JSON.stringify({ media, prose }));
      expect(before.length).toBeGreaterThan(sceneLimits.parts / 2);
      expect(before.length).toBeLessThanOrEqual(sceneLimits.parts);
    });

    it("is too large where it has more parts than there may be", async () => {
      await expect(packedText(noise(16_000_000))).rejects.toThrow(
        /^The story is too large to be brought in: packed it takes [78]\.\d MB, and at most 5\.9 MB can be sent\. Divide it/,
      );
    });
  });

  it("brings in one file after the other, also after one that is refused", async () => {
    const { promise: answer, reject } = Promise.withResolvers<never>();
    const shown = show({
      "scenes.import": ({ untitled }) =>
        untitled === "one" ? answer : { id: "scn_1", scenes: [{ ...forest, rev: forest.rev + 1 }], notes: [] },
    });
    const files = ["one.twee", "two.twee", "three.twee"].map((name) => new File([":: Start\nHello."], name));
    fireEvent.change(screen.getByLabelText<HTMLInputElement>("Story files"), { target: { files } });
    const titles = () => (sent(shown, "scenes.import") as ReadonlyArray<CallInput<"scenes.import">>).map(({ untitled }) => untitled);
    await waitFor(() => expect(titles()).toHaveLength(1));
    await Promise.all(files.map((file) => file.text()));
    await new Promise(requestAnimationFrame);
    expect(titles()).toEqual(["one"]);
    reject(new CallError("unavailable", "The database does not answer."));
    expect(await screen.findByText("1 scene came in from three.twee")).toBeTruthy();
    expect(screen.getByText("one.twee could not be imported")).toBeTruthy();
    expect(titles()).toEqual(["one", "two", "three"]);
  });

  it("moves a scene to the trash at once, back on request, and back too where the server refuses", async () => {
    let refuses = false;
    const shown = show({
      "scenes.delete": ({ ids }) => {
        if (refuses) throw new CallError("unavailable", "The database does not answer.");
        return { deleted: ids };
      },
      "scenes.restore": ({ ids }) => ({ restored: ids }),
    });
    await choose("Move to the trash");
    await waitFor(() => expect(screen.queryByRole("button", { name: /^The forest/ })).toBeNull());
    press("Undo", await screen.findByRole("list", { name: "Notifications" }));
    expect(await screen.findByRole("button", { name: /^The forest/ })).toBeTruthy();
    expect(sent(shown, "scenes.restore")).toEqual([{ ids: ["scn_1"] }]);
    refuses = true;
    await choose("Move to the trash");
    expect(await screen.findByText("It could not be moved to the trash")).toBeTruthy();
    expect(screen.getByRole("button", { name: /^The forest/ })).toBeTruthy();
  });

  it("publishes with a note, and shows why it could not be", async () => {
    show({ "scenes.publish": () => Promise.reject(new CallError("conflict", "It has errors: Nothing leads on.")) });
    await choose("Publish…");
    const dialog = await screen.findByRole("dialog", { name: "Publish a version" });
    fireEvent.input(within(dialog).getByLabelText("Note"), { target: { value: "first" } });
    press("Publish", dialog);
    expect((await within(dialog).findByRole("alert")).textContent).toContain("Nothing leads on.");
  });

  it("makes links to a published version, tells each once, and withdraws them", async () => {
    const sample = play.calls.share.example.output;
    const link = { ...sample.link, sceneId: forest.id, playthroughId: null, expiresAt: null, guests: 2 };
    let links: ReadonlyArray<typeof link> = [];
    const latest = domain.calls.publish.example.output.version;
    const shown = show(
      {
        "play.shares": () => ({ links: [...links, { ...link, id: "lnk_other", sceneId: "scn_other" }] }),
        "play.share": () => {
          links = [link];
          return { link, token: sample.token };
        },
        "play.unshare": () => {
          links = [];
          return {};
        },
      },
      [{ ...forest, versions: 1, latest }],
    );
    await choose("Share…");
    const dialog = await screen.findByRole("dialog", { name: "Share “The forest”" });
    fireEvent.change(within(dialog).getByLabelText("Good for"), { target: { value: "open" } });
    press("Make a link", dialog);
    const field = await within(dialog).findByLabelText<HTMLInputElement>("The link");
    expect(field.value).toMatch(new RegExp(`/play/#link=${sample.token}$`));
    expect(sent(shown, "play.share")).toEqual([{ of: { kind: "version", versionId: latest.id }, lifeMs: null }]);
    const made = await within(dialog).findByRole("list", { name: "Links that were made" });
    expect(within(made).getByRole("listitem").textContent).toMatch(/^Good until it is withdrawn, opened by 2 guests/);
    press("Withdraw", dialog);
    await waitFor(() => expect(within(dialog).queryByRole("list", { name: "Links that were made" })).toBeNull());
    expect(sent(shown, "play.unshare")).toEqual([{ id: link.id }]);
  });

  it("shares a scene with people by name, in a role, and takes it from them again", async () => {
    const person = domain.calls.grant.example.output;
    let people: ReadonlyArray<typeof person> = [];
    const shown = show({
      "scenes.people": () => ({ owner: { userId: "usr_1", name: "ada" }, people: [...people] }),
      "scenes.grant": ({ who, role }) => {
        if (who !== person.name) throw new CallError("not_found", `Nobody here is called “${who}”.`);
        const given = { ...person, role };
        people = [given];
        return given;
      },
      "scenes.withdraw": () => {
        people = [];
        return {};
      },
    });
    await choose("Share…");
    const dialog = await screen.findByRole("dialog", { name: "Share “The forest”" });
    expect(within(dialog).getByText("Publish a version first: a link leads to one.")).toBeTruthy();
    const field = within(dialog).getByLabelText("User name or e-mail");
    const add = (who: string) => {
      fireEvent.input(field, { target: { value: who } });
      press("Add", dialog);
    };
    add(" ");
    expect((await within(dialog).findByRole("alert")).textContent).toContain("Give the user name");
    add("nobody");
    await waitFor(() => expect(within(dialog).getByRole("alert").textContent).toContain("Nobody here is called “nobody”."));
    add("grace");
    const role = await within(dialog).findByLabelText<HTMLSelectElement>("What grace can do");
    expect(within(dialog).queryByRole("alert")).toBeNull();
    expect(await within(dialog).findByText("grace can edit this scene now.")).toBeTruthy();
    fireEvent.change(role, { target: { value: "viewer" } });
    expect(await within(dialog).findByText("grace can look at this scene from now on.")).toBeTruthy();
    press("Take it from grace", dialog);
    await waitFor(() => expect(within(dialog).getAllByRole("listitem")).toHaveLength(1));
    expect(sent(shown, "scenes.grant")).toMatchObject([
      { who: "nobody" },
      { who: "grace", role: "editor" },
      { who: "grace", role: "viewer" },
    ]);
    expect(sent(shown, "scenes.withdraw")).toEqual([{ id: "scn_1", userId: person.userId }]);
  });

  it("has scenes of others with their names, what may be done with them, and a way to leave", async () => {
    const theirs: Scene = { ...forest, access: "editor", ownerId: "usr_2", ownerName: "grace" };
    const me = { ...domain.calls.grant.example.output, userId: "usr_1", name: "ada" };
    const shown = show(
      {
        "scenes.people": () => ({ owner: { userId: "usr_2", name: "grace" }, people: [me] }),
        "scenes.withdraw": () => ({}),
      },
      [theirs],
    );
    expect(await screen.findByText(/of grace, you can edit$/)).toBeTruthy();
    fireEvent.contextMenu(await screen.findByRole("button", { name: /^The forest/ }));
    expect((await screen.findAllByRole("menuitem")).map(({ textContent }) => textContent?.trim())).toEqual([
      "Open",
      "Rename…",
      "Export as a file",
      "Who has it…",
    ]);
    fireEvent.pointerUp(screen.getByRole("menuitem", { name: "Who has it…" }), { button: 0, pointerType: "mouse" });
    const dialog = await screen.findByRole("dialog");
    expect(within(dialog).queryByRole("button", { name: "Add" })).toBeNull();
    fireEvent.click(await within(dialog).findByRole("button", { name: "Leave" }));
    await waitFor(() => expect(sent(shown, "scenes.withdraw")).toEqual([{ id: "scn_1", userId: "usr_1" }]));
    shown.client.deltas("scenes.scenes", [{ ...theirs, access: "none", rev: theirs.rev + 1 }]);
    await waitFor(() => expect(screen.queryByRole("button", { name: /^The forest/ })).toBeNull());
  });

  it("says what clips may be made for players, and changes it", async () => {
    const latest = domain.calls.publish.example.output.version;
    const sample = play.calls.budget.example.output;
    const shown = show(
      {
        "play.shares": () => ({ links: [] }),
        "play.budget": () => ({ ...sample, today: { storyDay: 3, creditsDay: 0 } }),
        "play.setBudget": ({ budget }) => ({ budget }),
      },
      [{ ...forest, versions: 1, latest }],
    );
    await choose("Share…");
    const dialog = await screen.findByRole("dialog", { name: "Share “The forest”" });
    const details = within(dialog).getByText("Clips that are made while it is played").closest("details")!;
    details.open = true;
    fireEvent(details, new Event("toggle"));
    expect(await within(details).findByText(/Today: 3 clips\.$/)).toBeTruthy();
    const credits = within(details).getByLabelText(/^Credits a day/);
    expect(within(details).getByText(/a US cent counts as one/)).toBeTruthy();
    fireEvent.input(credits, { target: { value: "" } });
    press("Save", details);
    expect((await within(details).findByRole("alert")).textContent).toContain("credits of 0 or more");
    fireEvent.input(credits, { target: { value: "25" } });
    press("Save", details);
    await waitFor(() => expect(within(details).queryByRole("alert")).toBeNull());
    expect(sent(shown, "play.setBudget")).toEqual([{ sceneId: forest.id, budget: { ...sample.budget, creditsDay: 25 } }]);
  });

  it("says so where the library cannot be read", async () => {
    const { client } = show({}, []);
    client.refuse("scenes.scenes", new CallError("unavailable", "Nobody is there."));
    expect(await screen.findByText("Nobody is there.")).toBeTruthy();
    press("Try again");
    expect(client.followers("scenes.scenes")).toBe(1);
  });
});
