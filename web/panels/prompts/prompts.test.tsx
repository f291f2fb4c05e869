import { fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { Suspense } from "solid-js";
import { describe, expect, it } from "vitest";
import type { CallArgs, CallOutput } from "#protocol/contract.ts";
import { prompts as domain, type Prompt, type PromptResults, type PromptVersion } from "#protocol/prompt.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { PanelParams } from "#web/dock/panel.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { sampleJob } from "#web/store/testing.ts";
import PromptsPanel from "./prompts.tsx";
import { resultWords, treeOf } from "./versions.ts";

const opened = recordOpened();
const sample = domain.topics.prompts.example.delta;
const version = (number: number, change: Partial<PromptVersion> = {}): PromptVersion => ({
  ...sample.latest,
  id: `prv_${number}`,
  number,
  parentId: number === 1 ? null : "prv_1",
  ...change,
});
const first = version(1, { text: "a {red|grey} fox in ${place:the snow}" });
const second = version(2, { text: "a {red|grey} fox in the rain", negative: "blurry", note: "wetter", rating: 4 });
const fox: Prompt = { ...sample, title: "Fox", versions: 2, latest: second, rev: 2 };
const none = { jobs: 0, completed: 0, filtered: 0, failed: 0, favourites: 0, lastUsedAt: null };
const some = { jobs: 4, completed: 2, filtered: 1, failed: 1, favourites: 1, lastUsedAt: 5 };
const whole: CallOutput<"prompts.get"> = {
  prompt: fox,
  versions: [
    { ...first, results: some },
    { ...second, results: none },
  ],
};

const show = (
  handlers: Parameters<typeof renderInWorkspace>[0] = {},
  library: ReadonlyArray<Prompt> = [fox],
  params: PanelParams["prompts"] = {},
) => {
  const shown = renderInWorkspace({ "prompts.get": () => whole, "prompts.list": () => ({ prompts: [], next: null }), ...handlers }, () => (
    <Suspense fallback="The panel waits">
      <PromptsPanel params={params} visible={() => true} setTitle={() => undefined} />
    </Suspense>
  ));
  shown.client.snapshot("prompts.prompts", { count: library.length, prompts: [...library], next: null });
  return shown;
};
const press = (name: string | RegExp, inside: HTMLElement = document.body) => fireEvent.click(within(inside).getByRole("button", { name }));
const open = async () => {
  fireEvent.click(await screen.findByRole("button", { name: /^Fox/ }));
  return screen.findByRole("article", { name: "Fox" });
};
const sent = ({ client }: ReturnType<typeof show>, name: string) =>
  client.calls.filter((call) => call.name === name).map(({ input }) => input);

describe("the Prompts panel", () => {
  it("tells anew what came of a version when a job has ended", async () => {
    let results: PromptResults = none;
    const { client } = show({ "prompts.get": () => ({ ...whole, versions: [{ ...second, results }] }) });
    await open();
    expect(screen.getByText("not used yet", { selector: "p" })).toBeTruthy();
    client.snapshot("jobs.jobs", { counts: { processing: 1 }, jobs: [sampleJob({ state: "processing", rev: 1 })], next: null });
    results = some;
    client.deltas("jobs.jobs", [sampleJob({ state: "completed", rev: 2 })]);
    await screen.findByText(resultWords(some), { selector: "p" }, { timeout: 20_000 });
  });

  it("shows the version that it is opened with, and the newest of what is chosen then", async () => {
    show({}, [fox, { ...fox, id: "prm_2", title: "Owl" }], { promptId: "prm_1", versionId: "prv_1" });
    expect((await screen.findByRole("region", { name: "Version 1" })).textContent).toContain("in ${place:the snow}");
    fireEvent.click(screen.getByRole("button", { name: /^Owl/ }));
    expect((await screen.findByRole("region", { name: "Version 2" })).textContent).toContain("in the rain");
  });

  it("says what the library is for while it is empty, and takes the first prompt in", async () => {
    const shown = show(
      { "prompts.create": ({ title, text }: CallArgs<"prompts.create">) => ({ ...fox, title, latest: { ...second, text } }) },
      [],
    );
    await screen.findByText("The library is empty");
    press("Add a prompt");
    const dialog = await screen.findByRole("dialog", { name: "Save to the library" });
    press("Save", dialog);
    expect(await within(dialog).findByText("Give it a title.")).toBeTruthy();
    expect(within(dialog).getByText("Character 1: It says nothing yet.")).toBeTruthy();
    fireEvent.input(within(dialog).getByLabelText("Title"), { target: { value: " Fox " } });
    fireEvent.input(within(dialog).getByLabelText("Text"), { target: { value: "a {fox" } });
    expect(await within(dialog).findByText(/^Character 3: This \{ is never closed/)).toBeTruthy();
    fireEvent.input(within(dialog).getByLabelText("Text"), { target: { value: "a fox" } });
    press("Save", dialog);
    expect(await screen.findByRole("article", { name: "Fox" })).toBeTruthy();
    expect(sent(shown, "prompts.create")).toEqual([{ kind: "prompt", title: "Fox", text: "a fox", negative: "", note: "" }]);
  });

  it("shows a server's refusal at its field", async () => {
    const issues = [{ path: ["title"], message: "There is one already." }];
    show({ "prompts.create": () => Promise.reject(new CallError("invalid_input", "No.", { issues })) }, []);
    press("Add a prompt, style or list");
    const dialog = await screen.findByRole("dialog");
    fireEvent.click(within(dialog).getByLabelText("List"));
    fireEvent.input(within(dialog).getByLabelText("Title"), { target: { value: "colours" } });
    fireEvent.input(within(dialog).getByLabelText("Lines"), { target: { value: "red" } });
    press("Save", dialog);
    expect(await within(dialog).findByText("There is one already.")).toBeTruthy();
  });

  it("tells a refusal of what is no field of the form", async () => {
    const issues = [{ path: ["id"], message: "It is not there any more." }];
    show({ "prompts.rename": () => Promise.reject(new CallError("invalid_input", "No.", { issues })) });
    press("Rename", await open());
    const dialog = await screen.findByRole("dialog");
    fireEvent.input(within(dialog).getByLabelText("Title"), { target: { value: "Wolf" } });
    press("Save", dialog);
    expect((await within(dialog).findByRole("alert")).textContent).toBe("It is not there any more.");
  });

  it("shows the versions as a tree, the newest first looked at, and what came of each", async () => {
    show();
    const article = await open();
    const versions = within(article).getByRole("navigation", { name: "Versions" });
    expect(
      within(versions)
        .getAllByRole("button")
        .map(({ textContent }) => textContent),
    ).toEqual(["Version 14 videos asked for, 2 made, 1 refused, 1 failed, 1 favourite", "Version 2★★★★wetter"]);
    expect(within(article).getByRole("region", { name: "Version 2" }).textContent).toContain("a {red|grey} fox in the rain");
    press(/^Version 1/, versions);
    expect(await within(article).findByRole("region", { name: "Version 1" })).toBeTruthy();
  });

  it("marks what differs between two versions", async () => {
    show();
    const article = await open();
    fireEvent.change(within(article).getByLabelText("Compare with"), { target: { value: "prv_1" } });
    const sides = await within(article).findAllByRole("region", { name: /^Words of Version/ });
    expect(sides.flatMap((side) => [...side.querySelectorAll("del")].map(({ textContent }) => textContent)).join("")).toContain("place");
    expect(sides.flatMap((side) => [...side.querySelectorAll("ins")].map(({ textContent }) => textContent)).join(" ")).toContain("rain");
    // One of them has words that are not wanted, the other none.
    expect(sides.map((side) => side.querySelector(".prompts-negative")?.textContent)).toEqual(["Not: nothing", "Not: blurry"]);
  });

  it("keeps a rating and a note, and hands the version to the form", async () => {
    const shown = show({
      "prompts.annotate": (change) => ({ prompt: { ...fox, rev: 3 }, version: { ...second, rating: change.rating ?? null } }),
    });
    const article = await open();
    fireEvent.click(within(article).getByLabelText("5"));
    fireEvent.input(within(article).getByLabelText("Note"), { target: { value: "the best" } });
    press("Save the note", article);
    await waitFor(() =>
      expect(sent(shown, "prompts.annotate")).toEqual([
        { versionId: "prv_2", rating: 5 },
        { versionId: "prv_2", note: "the best" },
      ]),
    );
    press("Use in Generate", article);
    expect(opened).toEqual(["generate {}"]);
    expect(shown.workspace.draft.take()).toEqual([
      {
        kind: "prompt",
        text: second.text,
        negative: "blurry",
        origin: { versionId: "prv_2", title: "Fox", number: 2, text: second.text, negative: "blurry" },
      },
    ]);
  });

  it("stays at the version that is looked at, with the note that is being typed, while something else of it changes", async () => {
    let rating: number | null = null;
    const shown = show({
      "prompts.get": () => ({
        prompt: { ...fox, rev: rating === null ? 2 : 3 },
        versions: [
          { ...first, rating, results: some },
          { ...second, results: none },
        ],
      }),
      "prompts.annotate": (change) => {
        rating = change.rating ?? null;
        return { prompt: { ...fox, rev: 3 }, version: { ...first, rating } };
      },
    });
    const article = await open();
    press(/^Version 1/, article);
    const region = await within(article).findByRole("region", { name: "Version 1" });
    const note = within(region).getByLabelText<HTMLInputElement>("Note");
    fireEvent.input(note, { target: { value: "half a thou" } });
    fireEvent.click(within(region).getByLabelText("3"));
    await within(article).findByLabelText("rated 3 of 5");
    expect(sent(shown, "prompts.get")).toHaveLength(2);
    expect(within(article).getByRole("region", { name: "Version 1" })).toBe(region);
    expect(note.value).toBe("half a thou");
  });

  it("stands while the lists for its examples are on their way", async () => {
    show({ "prompts.list": () => new Promise(() => undefined) });
    const article = await open();
    press(/^Version 1/, article);
    await within(article).findByRole("region", { name: "Examples" });
    expect(screen.queryByText("The panel waits")).toBeNull();
  });

  it("shows what a version becomes with values for its variables", async () => {
    show();
    const article = await open();
    press(/^Version 1/, article);
    const examples = await within(article).findByRole("region", { name: "Examples" });
    const texts = () =>
      within(examples)
        .getAllByRole("listitem")
        .map(({ textContent }) => textContent);
    await waitFor(() => expect(texts().every((text) => /^a (?:red|grey) fox in the snow$/.test(text ?? ""))).toBe(true));
    fireEvent.input(within(examples).getByLabelText("place"), { target: { value: "a wood" } });
    await waitFor(() => expect(texts().every((text) => text?.endsWith("in a wood"))).toBe(true));
  });

  it("looks through the history, and uses from it", async () => {
    const used = { text: "an {old|older} prompt", negative: "dogs", jobs: 3, lastUsedAt: 1_764_000_000_000, jobId: "job_1" };
    const shown = show({ "prompts.history": ({ search }) => ({ used: search === "nothing" ? [] : [used], next: null }) });
    fireEvent.click(screen.getByLabelText("History"));
    expect(await screen.findByText("an {old|older} prompt")).toBeTruthy();
    press("Use");
    expect(shown.workspace.draft.take()).toEqual([{ kind: "prompt", text: used.text, negative: "dogs" }]);
    fireEvent.input(screen.getByLabelText("Search used prompts"), { target: { value: "nothing" } });
    expect(await screen.findByText("Nothing is like that")).toBeTruthy();
  });

  it("keeps what is there where older ones of the history do not come, and asks for them again", async () => {
    const used = (text: string) => ({ text, negative: "", jobs: 1, lastUsedAt: 1_764_000_000_000, jobId: "job_1" });
    let fails = true;
    show({
      "prompts.history": ({ cursor }) => {
        if (cursor === undefined) {
          return { used: [used("the newest")], next: "older" };
        }
        if (fails) {
          throw new CallError("unavailable", "The database does not answer.");
        }
        return { used: [used("an older one")], next: null };
      },
    });
    fireEvent.click(screen.getByLabelText("History"));
    await screen.findByText("the newest");
    press("Show older ones");
    expect((await screen.findByRole("alert")).textContent).toContain("Older ones could not be read. The database does not answer.");
    expect(screen.getByText("the newest")).toBeTruthy();
    fails = false;
    press("Try again");
    expect(await screen.findByText("an older one")).toBeTruthy();
    expect(screen.getByText("the newest")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("shows in the history what is used meanwhile, beside the older ones that were asked for", async () => {
    const used = (text: string, lastUsedAt: number) => ({ text, negative: "", jobs: 1, lastUsedAt, jobId: `job_${lastUsedAt}` });
    let newest = [used("the second", 2)];
    const { client } = show({
      "prompts.history": ({ cursor }) =>
        cursor === undefined ? { used: newest, next: "older" } : { used: [used("the first", 1)], next: null },
    });
    fireEvent.click(screen.getByLabelText("History"));
    const texts = () => screen.getAllByRole("listitem").flatMap((row) => row.querySelector(".prompts-wording")?.textContent ?? []);
    await screen.findByText("the second");
    client.snapshot("jobs.jobs", { counts: { completed: 1 }, jobs: [sampleJob({ state: "completed", rev: 1 })], next: null });
    press("Show older ones");
    const kept = await screen.findByText("the first");
    newest = [used("the third", 3), ...newest];
    client.deltas("jobs.jobs", [sampleJob({ id: "job_2", state: "queued", rev: 2 })]);
    await screen.findByText("the third", {}, { timeout: 20_000 });
    expect(texts()).toEqual(["the third", "the second", "the first"]);
    expect(screen.getByText("the first")).toBe(kept);
  });

  it("says beside what it knows that it does not hear of changes", async () => {
    const { client } = show();
    await screen.findByRole("button", { name: /^Fox/ });
    client.refuse("prompts.prompts", new CallError("unavailable", "The database does not answer."));
    expect((await screen.findByRole("alert")).textContent).toContain("What changes could not be read.");
    expect(screen.getByRole("button", { name: /^Fox/ })).toBeTruthy();
    press("Try again");
    expect(client.followers("prompts.prompts")).toBe(1);
  });

  it("says so where the library cannot be read, and follows it again on request", async () => {
    const { client } = show({}, []);
    client.refuse("prompts.prompts", new CallError("unavailable", "The database does not answer."));
    expect(await screen.findByText("The database does not answer.")).toBeTruthy();
    press("Try again");
    expect(screen.queryByText("The database does not answer.")).toBeNull();
    expect(client.followers("prompts.prompts")).toBe(1);
    client.snapshot("prompts.prompts", { count: 1, prompts: [fox], next: null });
    expect(await screen.findByRole("button", { name: /^Fox/ })).toBeTruthy();
  });
});

it("versions whose parent is not there stand at the root", () => {
  const results = none;
  const shape = treeOf([
    { ...version(1), results },
    { ...version(2), results },
    { ...version(3, { parentId: "prv_2" }), results },
    { ...version(4, { parentId: "prv_gone" }), results },
  ]);
  expect(
    shape.map(({ version: { number }, children }) => [number, children.map((each) => [each.version.number, each.children.length])]),
  ).toEqual([
    [1, [[2, 1]]],
    [4, []],
  ]);
  expect(resultWords(none)).toBe("not used yet");
  expect(resultWords({ ...none, jobs: 1, completed: 1 })).toBe("1 video asked for, 1 made");
});
