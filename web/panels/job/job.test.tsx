import { fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ActorView } from "#protocol/actor.ts";
import { JobState, type Charge, type Job } from "#protocol/job.ts";
import { prompts } from "#protocol/prompt.ts";
import { spend } from "#protocol/spend.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { own } from "#web/panels/accounts/testing.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { sampleAccount } from "#web/store/testing.ts";
import { jobStateLooks } from "#web/ui/job-state.tsx";
import JobPanel from "./job.tsx";
import { JobLife } from "./testing.ts";
import { stateWords } from "./words.ts";

const opened = recordOpened();

type Handlers = Parameters<typeof renderInWorkspace>[0];

const show = (life: JobLife, handlers: Handlers = {}, jobId: string | undefined = "job_1") => {
  const [params, setParams] = createSignal<{ readonly jobId?: string }>(jobId === undefined ? {} : { jobId });
  const shown = renderInWorkspace({ "actors.history": ({ from }) => life.entries.slice(from), ...handlers }, () => (
    <JobPanel params={params()} visible={() => true} setTitle={() => undefined} />
  ));
  const moved = (from: number, row: Partial<Job> = {}) => {
    shown.client.deltas("actors.actor", life.deltas(from));
    shown.client.deltas("jobs.jobs", [life.row(row)]);
  };
  return { ...shown, setParams, moved };
};
const showLive = async (life: JobLife, handlers: Handlers = {}, view: Partial<ActorView> = {}, row: Partial<Job> = {}) => {
  const shown = show(life, handlers);
  shown.client.snapshot("jobs.jobs", { counts: {}, jobs: [life.row(row)], next: null });
  shown.client.snapshot("actors.actor", life.view(view));
  await screen.findByRole("slider", { name: "Step of the job" });
  await waitFor(() => expect(slider().max).toBe(String(Math.max(life.last.seq, 1))));
  await waitFor(() => expect(screen.queryByText("Reading the steps…")).toBeNull());
  return shown;
};

const slider = () => screen.getByRole<HTMLInputElement>("slider", { name: "Step of the job" });
const travelTo = (seq: number) => fireEvent.input(slider(), { target: { value: String(seq) } });
const openTab = (name: string) => fireEvent.click(screen.getByRole("radio", { name }));
const texts = (selector: string) => [...document.querySelectorAll(selector)].map((element) => element.textContent?.trim() ?? "");
/** The state that is lit, with its lit part. */
const lit = () =>
  [...texts(".machine-state[data-current] > .machine-name"), ...texts(".machine-part[data-current]")].join(" · ").replace(/×\d+/, "");
const steps = () => screen.getByRole("tree", { name: "Steps of the job" });
const selectedStep = () => within(steps()).getByRole("treeitem", { selected: true });

/** Two attempts: one fails after five reports of progress, one is under way. */
const twoAttempts = () => {
  const life = new JobLife().until("processing");
  for (const fraction of [0.1, 0.2, 0.3, 0.4, 0.5]) {
    life.progress(fraction);
  }
  return life.fail("provider", "It broke.").retry().until("processing");
};

beforeEach(() => {
  // Room for all rows: there is no layout here.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
});

describe("the Job panel", () => {
  it("leads to the jobs where none is open", () => {
    const { client } = show(new JobLife(), {}, "");
    client.refuse("actors.actor", new CallError("not_found", "There is no such job."));
    expect(screen.getByText("This job is not there")).toBeTruthy();
    fireEvent.click(screen.getByText("Show the jobs"));
    expect(opened).toEqual(["jobs {}"]);
  });

  it("waits visibly, and asks for a job that no list has loaded", async () => {
    const life = new JobLife().until("processing");
    const { client } = show(life, { "jobs.get": () => life.row() });
    expect(screen.getByLabelText("Loading the job")).toBeTruthy();
    client.snapshot("actors.actor", life.view());
    await screen.findByRole("heading", { name: "a fox in the snow" });
    expect(client.calls.map(({ name }) => name)).toContain("jobs.get");
  });

  it("lists what each submission was charged, on which account, and how it ended", async () => {
    const life = new JobLife().until("processing");
    const charge = (change: Partial<Charge>): Charge => ({
      key: "k1",
      accountId: "acc_1",
      accountTitle: "Main",
      estimated: 45,
      charged: 0,
      type: "credits",
      outcome: "provider",
      tookMs: 12_000,
      at: 1_764_000_000_000,
      ...change,
    });
    const charges = [
      charge({}),
      charge({ key: "k2", accountTitle: "Other", charged: null, outcome: "goes on" }),
      charge({ key: "k3", charged: null, outcome: "unknown" }),
    ];
    const { client } = await showLive(life, {}, {}, { accountId: "acc_2", credits: 45, charges });
    client.snapshot("accounts.accounts", { accounts: [sampleAccount({ id: "acc_2", title: "Third" })] });
    expect((await screen.findByText(/about 135 credits · studio · Third/)).textContent).toContain("Text to video");
    openTab("Request");
    const [, first, second, third] = within(screen.getByRole("table", { name: "Charges, oldest first" })).getAllByRole("row");
    expect(first?.textContent).toMatch(/^MainThe provider failed, 12 s after its start · .*450 credits$/);
    expect(second?.textContent).toMatch(/^OtherNot followed to its end, and counted as made, .*45not told$/);
    expect(third?.textContent).toMatch(/^MainNobody can say whether it was taken.*45unknown$/);
  });

  it("asks what a submission cost that nobody knew of, shows what was said, and lets it be corrected", async () => {
    const life = new JobLife().until("submitting").send({ type: "job.cancel" }).succeed();
    const entry = { ...spend.calls.tell.example.output, key: "job_1-1", accountId: "acc_2", charged: null, source: null, told: null };
    const charge: Charge = { ...entry, outcome: "unknown", tookMs: 12_000 };
    await showLive(
      life,
      {
        "spend.ledger": () => ({ entries: [entry], next: null }),
        "spend.tell": ({ charged }) => ({ ...entry, charged, source: "person" as const, told: { by: "usr_1", at: 1_764_000_100_000 } }),
      },
      {},
      { accountId: "acc_2", credits: 45, charges: [charge] },
    );
    const notice = await screen.findByText("Whether it was charged is not known");
    expect(notice.parentElement?.textContent).toContain("Its estimate of 45 credits stays held");
    fireEvent.click(screen.getByRole("button", { name: "Say what it cost…" }));
    fireEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByText("Whether it was charged is not known")).toBeNull());
    openTab("Request");
    const [, told] = within(screen.getByRole("table", { name: "Charges, oldest first" })).getAllByRole("row");
    expect(told?.textContent).toMatch(/Told by a person.*Correct it….*0 credits$/);
  });

  it("says of what charges nobody that it is free, also where nobody knows whether it was taken", async () => {
    const life = new JobLife().until("submitting").send({ type: "job.cancel" }).succeed();
    const entry = { ...spend.calls.tell.example.output, key: "job_1-1", charged: null, source: null, told: null, type: null, estimated: 0 };
    const charge: Charge = { ...entry, provider: "comfyui", outcome: "unknown", tookMs: 12_000 };
    await showLive(
      life,
      { "spend.ledger": () => ({ entries: [entry], next: null }), "jobs.providers": () => ({ providers: [own] }) },
      {},
      { provider: "comfyui", credits: 0, charges: [charge] },
    );
    const notice = await screen.findByText("Whether it was taken is not known");
    expect(notice.parentElement?.textContent).toContain("It is free, whatever became of it: it stays open until its provider");
    openTab("Request");
    const [, only] = within(screen.getByRole("table", { name: "Charges, oldest first" })).getAllByRole("row");
    expect(only?.textContent).toMatch(/freefree$/);
    expect(screen.getByText("Estimated at", { selector: "dt" }).nextElementSibling?.textContent).toBe("free");
  });

  it("names no amount of what a provider charges without saying how much", async () => {
    const life = new JobLife().until("submitting").send({ type: "job.cancel" }).succeed();
    const entry = { ...spend.calls.tell.example.output, key: "job_1-1", charged: null, source: null, told: null, type: null, estimated: 0 };
    const charge: Charge = { ...entry, outcome: "unknown", tookMs: 12_000 };
    await showLive(life, { "spend.ledger": () => ({ entries: [entry], next: null }) }, {}, { credits: 0, charges: [charge] });
    const notice = await screen.findByText("Whether it was charged is not known");
    expect(notice.parentElement?.textContent).toContain("Its price is not told: it stays open, and budgets count it");
    openTab("Request");
    const [, only] = within(screen.getByRole("table", { name: "Charges, oldest first" })).getAllByRole("row");
    expect(only?.textContent).toMatch(/not toldunknown$/);
  });

  it.each([
    ["not taken", /Its provider, asked later, says that it was not taken/, true],
    ["filtered", /Its provider, asked later, says that it ended there/, false],
  ] as const)("shows what the provider said later of a submission that nobody knew of: %s", async (outcome, words, mayCorrect) => {
    const life = new JobLife().until("submitting").send({ type: "job.cancel" }).succeed();
    const entry = { ...spend.calls.tell.example.output, key: "job_1-1", accountId: "acc_2", outcome: "unknown" as const, told: null };
    const found = { outcome, at: 1_764_000_100_000 };
    await showLive(
      life,
      { "spend.ledger": () => ({ entries: [{ ...entry, charged: 0, source: "provider" as const, found }], next: null }) },
      {},
      { accountId: "acc_2", credits: 45, charges: [{ ...entry, charged: null, tookMs: 12_000 }] },
    );
    openTab("Request");
    await screen.findByText(words);
    const [, told] = within(screen.getByRole("table", { name: "Charges, oldest first" })).getAllByRole("row");
    expect(told?.textContent).toMatch(/0 credits$/);
    expect(screen.queryByText("Whether it was charged is not known")).toBeNull();
    expect(screen.queryByRole("button", { name: "Say what it cost…" })).toBeNull();
    // What it charged is as it says; that it knows nothing of it may be wrong.
    expect(screen.queryByRole("button", { name: "Correct it…" }) !== null).toBe(mayCorrect);
  });

  it.each(["lost", "goes on"] as const)("says of what was %s what its provider has given back, and no end of it", async (outcome) => {
    const entry = { ...spend.calls.tell.example.output, key: "job_1-1", accountId: "acc_2", outcome, told: null, type: "credits" };
    const known = { ...entry, charged: 15, refunded: 30, source: "provider" as const, found: { outcome, at: 1_764_000_100_000 } };
    await showLive(
      new JobLife().until("submitting").send({ type: "job.cancel" }).succeed(),
      { "spend.ledger": () => ({ entries: [known], next: null }) },
      {},
      { accountId: "acc_2", credits: 45, charges: [{ ...entry, charged: 45, tookMs: 12_000 }] },
    );
    openTab("Request");
    await screen.findByText(/Its provider, asked later, says that it has given back 30 credits/);
    const [, told] = within(screen.getByRole("table", { name: "Charges, oldest first" })).getAllByRole("row");
    expect(told?.textContent).toMatch(/15 credits$/);
    expect(told?.textContent).not.toContain("ended there");
  });

  it("says which provider took over from which, and why, and which is next", async () => {
    const life = new JobLife().until("processing");
    const left = { operation: "text_to_video" as const, params: {}, at: 1_764_000_000_000 };
    const fallback: Job["fallback"] = {
      on: ["unavailable"],
      afterMs: null,
      orders: [{ provider: "replicate", operation: "text_to_video", params: {}, credits: 0 }],
      switches: [
        { ...left, provider: "pixverse", reason: "refused", message: "Main: it has 0 credits left." },
        { ...left, provider: "fal", reason: "unavailable", message: "It broke." },
      ],
    };
    await showLive(life, {}, {}, { fallback });
    const notices = screen.getAllByText(/took over from/).map((title) => title.parentElement?.textContent ?? "");
    expect(notices).toEqual([
      expect.stringMatching(/^fal took over from pixverseMain: it has 0 credits left\. /) as string,
      expect.stringMatching(/^studio took over from falIt broke\. /) as string,
    ]);
    openTab("Request");
    expect(screen.getByText("If it fails there").parentElement?.textContent).toContain("replicate");
  });

  it("draws every state of a job once", async () => {
    await showLive(new JobLife());
    expect(texts(".machine-name").toSorted()).toEqual(JobState.options.map((state) => jobStateLooks[state].label).toSorted());
  });

  it("lights the state that it is in, as it moves", async () => {
    const life = new JobLife();
    const { moved } = await showLive(life);
    expect(lit()).toBe("Waiting for slot");
    while (life.state !== "completed") {
      life.succeed();
      moved(life.last.seq);
      expect(lit()).toBe(stateWords(life.last.value));
    }
    expect(screen.getByText(/^Now in Completed\. It has ended here/)).toBeTruthy();
    expect(texts(".machine-state[data-visited] > .machine-name")).toHaveLength(8);
  });

  it("tells where it can go from here, for those who do not see the drawing", async () => {
    await showLive(new JobLife().until("processing"));
    expect(screen.getByText(/^Now in Processing \(tracking\)\. From here it can go to .*Downloading: track done/)).toBeTruthy();
  });

  it("says when it is not live", async () => {
    const { client } = await showLive(new JobLife());
    expect(screen.queryByText("Not live")).toBeNull();
    client.stale("actors.actor", true);
    expect(screen.getByText("Not live")).toBeTruthy();
    client.stale("actors.actor", false);
    expect(screen.queryByText("Not live")).toBeNull();
  });

  it("says why the steps could not be read, and reads them on request", async () => {
    const life = new JobLife().until("processing");
    let fails = true;
    const { client } = show(life, {
      "actors.history": ({ from }) => {
        if (fails) {
          throw new CallError("internal", "The journal is away.");
        }
        return life.entries.slice(from);
      },
    });
    client.snapshot("jobs.jobs", { counts: {}, jobs: [life.row()], next: null });
    client.snapshot("actors.actor", life.view());
    await screen.findByText("The journal is away.");
    expect(lit()).toBe("Processing · tracking");
    fails = false;
    fireEvent.click(screen.getByText("Try again"));
    await screen.findByRole("tree", { name: "Steps of the job" });
  });

  it("offers to cancel what runs, and to play or repeat what is done", async () => {
    const life = new JobLife().until("processing");
    const { client, moved } = await showLive(life, { "jobs.cancel": ({ ids }) => ({ done: ids, failed: [] }) });
    fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(client.calls.at(-1)).toEqual({ name: "jobs.cancel", input: { ids: ["job_1"] } }));
    life.until("completed");
    moved(3);
    fireEvent.click(await screen.findByRole("button", { name: "Play" }));
    expect(opened).toEqual(['asset {"assetId":"ast_1"}']);
  });
});

describe("travelling through the steps", () => {
  it("shows the state as it was after each step, and its context", async () => {
    const life = twoAttempts().until("completed");
    await showLive(life);
    openTab("Context");
    for (const { seq, value, context } of life.entries.slice(0, -1).toReversed()) {
      travelTo(seq);
      expect(lit()).toBe(stateWords(value));
      expect(slider().getAttribute("aria-valuetext")).toContain(`Step ${seq} of ${life.last.seq}. ${stateWords(value)}`);
      const attempt = screen.getByText("attempt").closest("div");
      expect(attempt?.lastElementChild?.lastElementChild?.textContent).toBe(String(context["attempt"]));
    }
    travelTo(life.last.seq);
    expect(lit()).toBe("Completed");
    expect(screen.queryByText("To the end")).toBeNull();
  });

  it("tells what a step changed, with what was there before", async () => {
    await showLive(twoAttempts());
    openTab("Context");
    travelTo(8);
    expect(screen.getByText(/^This step changed \d+ values$/)).toBeTruthy();
    expect(screen.getByText("attempt").closest("div")?.textContent).toMatch(/1→ +is now 2/);
  });

  it("stays where it is while the job goes on and ends, and returns to the end", async () => {
    const life = twoAttempts();
    const { moved } = await showLive(life);
    travelTo(1);
    expect(lit()).toBe("Submitting");
    const from = life.last.seq + 1;
    life.progress(0.7).until("completed");
    moved(from);
    expect(lit()).toBe("Submitting");
    expect(slider().value).toBe("1");
    expect(slider().max).toBe(String(life.last.seq));
    fireEvent.click(await screen.findByRole("button", { name: "To the end" }));
    expect(lit()).toBe("Completed");
    expect(slider().value).toBe(String(life.last.seq));
  });

  it("goes step by step, and back to live with Escape", async () => {
    const life = twoAttempts();
    const { moved } = await showLive(life);
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Step after" }).disabled).toBe(true);
    fireEvent.click(screen.getByRole("button", { name: "Step before" }));
    expect(slider().value).toBe(String(life.last.seq - 1));
    expect(screen.getByRole("button", { name: "Back to live" })).toBeTruthy();
    fireEvent.keyDown(slider(), { key: "Escape" });
    expect(screen.queryByRole("button", { name: "Back to live" })).toBeNull();
    life.progress(0.9);
    moved(life.last.seq);
    expect(slider().value).toBe(String(life.last.seq));
  });

  it("begins at the present with another job", async () => {
    const life = twoAttempts();
    const other = new JobLife().until("submitting");
    const { client, setParams } = await showLive(life, {
      "actors.history": ({ address, from }) => (address === "job/job_1" ? life : other).entries.slice(from),
    });
    travelTo(1);
    setParams({ jobId: "job_2" });
    client.deltas("jobs.jobs", [other.row({ id: "job_2", prompt: "a hen" })]);
    client.snapshot("actors.actor", other.view({ address: "job/job_2" }));
    await screen.findByRole("heading", { name: "a hen" });
    expect(lit()).toBe("Submitting");
    expect(screen.queryByText("Back to live")).toBeNull();
  });
});

describe("the steps", () => {
  it("are rows, with what repeats in one; choosing one travels there", async () => {
    const life = twoAttempts();
    await showLive(life);
    const rows = within(steps()).getAllByRole("treeitem");
    expect(rows[0]?.textContent).toContain("Accepted");
    expect(rows[3]?.textContent).toContain("10 % → 50 %");
    fireEvent.click(within(rows[1] ?? steps()).getByText("Acquire slot done"));
    expect(lit()).toBe("Submitting");
    expect(selectedStep()).toBe(rows[1]);
  });

  it("are walked by keys, into a burst that is opened and out of it at both ends", async () => {
    await showLive(twoAttempts());
    const press = (key: string) => fireEvent.keyDown(steps(), { key });
    const at = () => Number(slider().value);
    press("Home");
    expect(at()).toBe(0);
    press("ArrowDown");
    press("ArrowDown");
    press("ArrowDown");
    expect(at()).toBe(7);
    press("Enter");
    expect(selectedStep().getAttribute("aria-level")).toBe("2");
    for (const seq of [6, 5, 4, 3, 2]) {
      press("ArrowUp");
      expect(at()).toBe(seq);
    }
    press("ArrowDown");
    expect(at()).toBe(3);
    press("ArrowLeft");
    expect(selectedStep().getAttribute("aria-level")).toBe("1");
    expect(selectedStep().textContent).toContain("5 steps");
    press("ArrowDown");
    expect(at()).toBe(8);
    press("Escape");
    expect(screen.queryByText("Back to live")).toBeNull();
  });

  it("show their event in full", async () => {
    await showLive(new JobLife().until("submitting"));
    fireEvent.keyDown(steps(), { key: "ArrowRight" });
    expect(steps().textContent).toContain('"slot": "studio-1"');
    fireEvent.keyDown(steps(), { key: "ArrowLeft" });
    expect(steps().textContent).not.toContain('"slot": "studio-1"');
  });
});

describe("timings", () => {
  const rowsOf = (caption: string) => {
    const table = screen.getByText(caption).closest("table") ?? expect.fail("no table");
    return [...table.rows].map((row) => [row.cells[0]?.textContent, row.cells[2]?.textContent]);
  };

  it("are by state, and add up", async () => {
    await showLive(new JobLife().until("submitting").fail("limit").retry().until("completed"));
    openTab("Timings");
    expect(rowsOf("Time in each state")).toEqual([
      ["Waiting for slot", "200 ms"],
      ["Submitting", "200 ms"],
      ["Queued", "1 min 00 s"],
      ["Processing", "100 ms"],
      ["Downloading", "100 ms"],
      ["Ingesting", "100 ms"],
      ["In all", "1 min 01 s"],
    ]);
  });

  it("of the past are as they were then: what was open does not run on to today", async () => {
    await showLive(new JobLife().until("completed"));
    openTab("Timings");
    travelTo(2);
    expect(rowsOf("Time in each state")).toEqual([
      ["Waiting for slot", "100 ms"],
      ["Submitting", "100 ms"],
      ["Processing", "0 ms"],
      ["In all", "200 ms"],
    ]);
    expect(screen.getByText("Under way").closest("li")?.textContent).toContain("200 ms");
  });

  it("tell each attempt, what was asked and why it failed", async () => {
    await showLive(twoAttempts());
    openTab("Timings");
    const items = within(screen.getByText(/^Attempts/).nextElementSibling as HTMLElement)
      .getAllByRole("listitem")
      .map((item) => item.textContent);
    expect(items).toHaveLength(2);
    expect(items[0]).toMatch(/^1It broke\.p-1/);
    expect(items[1]).toMatch(/^2Under wayp-1/);
  });
});

describe("the request", () => {
  const value = (name: string) => screen.getByText(name, { selector: "dt" }).nextElementSibling?.textContent;

  it("says what was asked and what was answered, as of the step", async () => {
    const life = new JobLife().until("processing");
    await showLive(life, {}, { effects: [{ key: "track:1", name: "track", state: "review", startedAt: Date.now() }] });
    openTab("Request");
    expect([value("Operation"), value("Provider"), value("Submission key"), value("Sent again safely")]).toEqual([
      "Text to video",
      "Studio",
      "job_1-1",
      "Yes",
    ]);
    expect([value("Duration"), value("Loop")]).toEqual(["5", "Yes"]);
    expect([value("Name at the provider"), value("Slot")]).toEqual(["p-1", "studio-1"]);
    expect(screen.getByText("Track").closest("li")?.textContent).toContain("review");
    travelTo(0);
    expect(screen.getByText("Nothing yet.")).toBeTruthy();
  });

  it("says what its words were made from, and leads to that version of the library as long as it is kept", async () => {
    const { output } = prompts.calls.version.example;
    const template = {
      text: "a {red|grey} fox in ${place}",
      negative: "",
      versionId: output.version.id,
      styleVersionId: "prv_gone",
      lists: { animals: "prv_unread" },
      variables: { place: "the snow" },
      seed: 7,
    };
    await showLive(
      new JobLife(),
      {
        "prompts.version": ({ id }) => {
          if (id === output.version.id) return output;
          throw new CallError(id === "prv_gone" ? "not_found" : "unavailable", "The version cannot be told.");
        },
      },
      {},
      { template },
    );
    openTab("Request");
    expect([value("Text"), value("${place}"), value("Choices drawn by")]).toEqual([template.text, "the snow", "7"]);
    fireEvent.click(await screen.findByRole("button", { name: "“Fox”, version 1" }));
    expect(opened).toContain('prompts {"promptId":"prm_1","versionId":"prv_1"}');
    expect((await screen.findByText("no longer in the library")).closest("p")?.textContent).toContain("Style: ");
    expect((await screen.findByText("could not be read")).closest("p")?.textContent).toContain("List animals: ");
  });
});

describe("what needs a person", () => {
  it("a parked job is resumed", async () => {
    const { client } = await showLive(
      new JobLife().until("processing"),
      { "actors.resume": () => ({}) },
      { parked: "It failed five times." },
    );
    expect(screen.getByText("Parked: it waits for you").closest("section")?.textContent).toContain("It failed five times.");
    fireEvent.click(screen.getByRole("button", { name: "Resume" }));
    await waitFor(() => expect(client.calls.at(-1)).toEqual({ name: "actors.resume", input: { address: "job/job_1" } }));
  });

  const unknown = {
    parked: "The server stopped.",
    effects: [{ key: "submit:1", name: "submit", state: "review" as const, startedAt: 1 }],
  };

  it("a submission of unknown outcome is sent again, once that is confirmed", async () => {
    const { client } = await showLive(new JobLife().until("submitting"), { "actors.resolveEffect": () => ({}) }, unknown);
    expect(screen.queryByRole("button", { name: "Resume" })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Send it again…" }));
    const dialog = await screen.findByRole("dialog");
    expect(client.calls.some(({ name }) => name === "actors.resolveEffect")).toBe(false);
    fireEvent.click(within(dialog).getByRole("button", { name: "Send it again" }));
    await waitFor(() =>
      expect(client.calls.at(-1)).toEqual({
        name: "actors.resolveEffect",
        input: { address: "job/job_1", key: "submit:1", decision: "resend" },
      }),
    );
  });

  it("a submission of unknown outcome is marked as done, with what a person found of it", async () => {
    const life = new JobLife().until("submitting");
    const paid = { accountId: "acc_1", credits: 10 };
    const { client } = await showLive(life, { "jobs.markDone": () => life.row(paid) }, unknown, paid);
    const open = async () => {
      fireEvent.click(screen.getByRole("button", { name: "Mark as done…" }));
      return screen.findByRole("dialog");
    };
    const confirm = (dialog: HTMLElement) => fireEvent.click(within(dialog).getByRole("button", { name: "Mark as done" }));
    const dialog = await open();
    const charge = within(dialog).getByLabelText("Charged, in credits");
    expect(within(dialog).getByText("Empty: as estimated, 10 credits.")).toBeTruthy();
    fireEvent.input(charge, { target: { value: "-1" } });
    confirm(dialog);
    expect(within(dialog).getByText("Not less than nothing.")).toBeTruthy();
    expect(client.calls.some(({ name }) => name === "jobs.markDone")).toBe(false);
    fireEvent.input(charge, { target: { value: "" } });
    confirm(dialog);
    const told = { name: "jobs.markDone", input: { id: "job_1", key: "submit:1" } };
    await waitFor(() => expect(client.calls.at(-1)).toEqual(told));

    const again = await open();
    fireEvent.input(within(again).getByLabelText("Its name at the provider"), { target: { value: " 354 " } });
    fireEvent.input(within(again).getByLabelText("Charged, in credits"), { target: { value: "7.5" } });
    confirm(again);
    await waitFor(() => expect(client.calls.at(-1)).toEqual({ ...told, input: { ...told.input, providerJobId: "354", charged: 7.5 } }));
  });

  it("a submission whose price nobody tells is marked as done without an amount", async () => {
    await showLive(new JobLife().until("submitting"), {}, unknown, { accountId: "acc_1", credits: 0 });
    fireEvent.click(screen.getByRole("button", { name: "Mark as done…" }));
    const dialog = await screen.findByRole("dialog");
    expect(within(dialog).getByLabelText("Charged")).toBeTruthy();
    expect(within(dialog).getByText("Empty: not told.")).toBeTruthy();
  });

  it("a decision that was not taken is told", async () => {
    await showLive(
      new JobLife().until("processing"),
      {
        "actors.resume": () => {
          throw new CallError("conflict", "It is not parked any more.");
        },
      },
      { parked: "It failed five times." },
    );
    fireEvent.click(screen.getByRole("button", { name: "Resume" }));
    await screen.findByText("The job could not be resumed");
    expect(screen.getByText("It is not parked any more.")).toBeTruthy();
  });

  it("a job that asked for what cannot be says so, and leads back to its settings", async () => {
    const life = new JobLife().until("processing").fail("parameters", "Too long.");
    expect(life.state).toBe("failed");
    await showLive(life);
    const notice = screen.getByText("The request does not fit the provider").closest("section") ?? expect.fail("no notice");
    expect(notice.textContent).toContain("Too long. Open the settings in Generate");
    expect(within(notice).queryByRole("button", { name: "Run again" })).toBeNull();
    fireEvent.click(within(notice).getByRole("button", { name: "Change the settings" }));
    expect(opened).toEqual(["generate {}"]);
  });

  it("a job that failed for good runs again, with a new seed if one likes", async () => {
    const life = new JobLife();
    for (const _ of [1, 2]) {
      life.until("submitting").fail("provider").retry();
    }
    const { client } = await showLive(life.until("submitting").fail("provider", "It broke for good."), {
      "jobs.retry": () => ({ jobs: [life.row({ id: "job_2" })], failed: [] }),
    });
    expect(screen.getByText(/It broke for good\. Run it again, or with a new seed/)).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "With a new seed" }));
    await waitFor(() => expect(client.calls.at(-1)).toEqual({ name: "jobs.retry", input: { ids: ["job_1"], newSeed: true } }));
  });

  it("a job that waits says for what, and leads to its place in the queue", async () => {
    const life = new JobLife();
    await showLive(life, {}, {}, { state: "waitingForSlot", waitingFor: "A free slot at Studio." });
    expect(screen.getByText("Waiting").closest("section")?.textContent).toContain("A free slot at Studio.");
    fireEvent.click(screen.getByText("Its place in the queue"));
    expect(opened.at(-1)).toBe('queue {"jobId":"job_1"}');
  });

  it("shows what was asked differently from the job that it repeats, which it reads where it is not known", async () => {
    const life = new JobLife().until("processing");
    const parent = { ...life.row(), id: "job_0", params: { ...life.row().params, duration: 12 } };
    await showLive(life, { "jobs.get": () => parent }, {}, { parentJobId: "job_0" });
    openTab("Request");
    await screen.findByText("Changed against", { exact: false });
    await waitFor(() => expect(texts(".job-differences tbody td")).toEqual(["12", "5"]));
    fireEvent.click(screen.getByRole("button", { name: "the job that it repeats" }));
    expect(opened).toContain('job {"jobId":"job_0"}');
  });
});
