import { fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { describe, expect, it } from "vitest";
import type { Job } from "#protocol/job.ts";
import { sampleAccount, sampleJob } from "#web/store/testing.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { allCommands } from "#web/app/commands.ts";
import JobsPanel from "./jobs.tsx";

const job = (number: number, change: Parameters<typeof sampleJob>[0] = {}) =>
  sampleJob({ id: `job_${number}`, prompt: `prompt ${number}`, createdAt: 1000 - number, rev: 1, ...change });
const three = [
  job(1, { state: "processing", progress: 0.4 }),
  job(2, { state: "completed" }),
  job(3, { state: "failed", failure: { kind: "provider", message: "It broke." } }),
];

const opened = recordOpened();

const show = (handlers: Parameters<typeof renderInWorkspace>[0] = {}) =>
  renderInWorkspace(handlers, () => <JobsPanel params={{}} visible={() => true} setTitle={() => undefined} />);
const showThree = async (handlers: Parameters<typeof renderInWorkspace>[0] = {}) => {
  const shown = show(handlers);
  shown.client.snapshot("jobs.jobs", { counts: { processing: 1, completed: 1, failed: 1 }, jobs: three, next: null });
  await screen.findByText("prompt 1");
  return shown;
};
const row = (number: number) => screen.getByText(`prompt ${number}`).closest<HTMLElement>("[role=option]") ?? document.body;
const list = () => screen.getByRole("listbox", { name: "Jobs" });

describe("the Jobs panel", () => {
  it("waits visibly, then says that there are none and leads to the form", async () => {
    const { client } = show();
    expect(screen.getByLabelText("Loading jobs")).toBeTruthy();
    client.snapshot("jobs.jobs", { counts: {}, jobs: [], next: null });
    fireEvent.click(await screen.findByText("Make a video"));
    expect(opened).toEqual(["generate {}"]);
  });

  it("shows state, progress and why one failed, and moves as changes come", async () => {
    const { client } = await showThree();
    expect(within(row(1)).getByRole("progressbar").getAttribute("aria-valuenow")).toBe("40");
    expect(within(row(3)).getByText("It broke.")).toBeTruthy();
    client.deltas("jobs.jobs", [{ ...job(1), state: "waitingForSlot", waitingFor: "studio renders 2 of 2", rev: 9 }]);
    await waitFor(() => expect(within(row(1)).getByText("Waiting: studio renders 2 of 2")).toBeTruthy());
    client.deltas("jobs.jobs", [{ ...job(1), state: "queued", rev: 2 }]);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    expect(within(row(1)).getByText("Waiting for slot")).toBeTruthy();
  });

  it("names the account of each, and what it costs: about, until it has ended", async () => {
    const charge = {
      key: "k",
      accountId: "acc_gone",
      accountTitle: "Gone",
      estimated: 45,
      charged: 40,
      type: "credits",
      outcome: "completed" as const,
      tookMs: 1000,
      at: 1,
    };
    const { client } = show();
    client.snapshot("accounts.accounts", { accounts: [sampleAccount({ id: "acc_1", title: "Main" })] });
    client.snapshot("jobs.jobs", {
      counts: {},
      jobs: [
        job(1, { state: "processing", accountId: "acc_1", credits: 45 }),
        job(2, { state: "completed", accountId: "acc_gone", credits: 45, charges: [charge] }),
        job(3, { state: "completed" }),
      ],
      next: null,
    });
    await screen.findByText("prompt 1");
    expect(within(row(1)).getByText("Text to video · about 45 credits · studio · Main")).toBeTruthy();
    expect(within(row(2)).getByText("Text to video · 40 credits · studio · Gone")).toBeTruthy();
    expect(within(row(3)).getByText("Text to video · studio")).toBeTruthy();
    client.deltas("accounts.accounts", [sampleAccount({ id: "acc_1", title: "Renamed", rev: 99 })]);
    await waitFor(() => expect(within(row(1)).getByText(/Renamed/)).toBeTruthy());
  });

  it("says why one waits, not what went wrong before it", async () => {
    const failure = { kind: "limit" as const, message: "No room there." };
    const { client } = show();
    client.snapshot("jobs.jobs", {
      counts: {},
      jobs: [
        job(1, { state: "waitingForSlot", failure, waitingFor: "a place at Main", credits: 45 }),
        job(2, { state: "processing", failure }),
      ],
      next: null,
    });
    await screen.findByText("Waiting: a place at Main");
    expect(screen.getByText("about 45 credits")).toBeTruthy();
    expect(screen.queryByText("No room there.")).toBeNull();
    client.deltas("jobs.jobs", [job(2, { state: "failed", failure, rev: 2 })]);
    await screen.findByText("No room there.");
  });

  it("counts by group and filters through the server", async () => {
    const { client } = await showThree({
      "jobs.list": ({ filter }) => ({ jobs: three.filter(({ state }) => filter.states?.includes(state)), next: null }),
    });
    fireEvent.click(screen.getByRole("button", { name: "Problems 1" }));
    await screen.findByText("prompt 3");
    expect(screen.queryByText("prompt 2")).toBeNull();
    expect(client.calls.at(-1)).toMatchObject({ name: "jobs.list", input: { filter: { states: ["failed", "filtered", "timedOut"] } } });
  });

  it("selects a stretch by keyboard and cancels what still runs", async () => {
    const { client } = await showThree({ "jobs.cancel": ({ ids }) => ({ done: ids, failed: [] }) });
    fireEvent.keyDown(list(), { key: "ArrowDown" });
    fireEvent.keyDown(list(), { key: "ArrowDown", shiftKey: true });
    fireEvent.keyDown(list(), { key: "ArrowDown", shiftKey: true });
    expect(screen.getByText("3 selected")).toBeTruthy();
    expect(list().getAttribute("aria-activedescendant")).toBe(row(3).id);
    fireEvent.keyDown(list(), { key: "Delete" });
    await screen.findByText("1 job cancelled");
    expect(client.calls.at(-1)?.input).toEqual({ ids: ["job_1"] });
  });

  it("cancels all that is active on request, loaded or not, in as many calls as it takes, and says how many", async () => {
    const active = Array.from({ length: 1203 }, (_, index) => job(index + 10, { state: "queued" }));
    const { client } = await showThree({
      "jobs.list": ({ cursor, limit }) => {
        const from = Number(cursor ?? 0);
        return { jobs: active.slice(from, from + limit), next: from + limit < active.length ? String(from + limit) : null };
      },
      "jobs.cancel": ({ ids }) => ({ done: ids, failed: [] }),
    });
    const run = () =>
      allCommands()
        .find(({ id }) => id === "jobs.cancelActive")
        ?.run();
    run();
    await screen.findByText("Cancel 1,203 jobs?");
    expect(client.calls.filter(({ name }) => name === "jobs.cancel")).toEqual([]);
    expect(client.calls.at(-1)?.input).toMatchObject({ filter: { states: expect.not.arrayContaining(["completed"]) } });
    fireEvent.click(screen.getByRole("button", { name: "Cancel 1,203 jobs" }));
    await screen.findByText("1,203 jobs cancelled");
    const cancelled = client.calls.flatMap(({ name, input }) => (name === "jobs.cancel" ? [(input as { ids: Array<string> }).ids] : []));
    expect(cancelled.map(({ length }) => length)).toEqual([500, 500, 203]);
    expect(cancelled.flat()).toEqual(active.map(({ id }) => id));
    active.length = 0;
    run();
    await screen.findByText("No job is active.");
  });

  it("runs many again in as many calls as it takes, and says what could not be", async () => {
    const many = Array.from({ length: 250 }, (_, index) => job(index + 1, { state: "failed" }));
    const shown = show({
      "jobs.retry": ({ ids }) => ({
        jobs: ids.filter((id) => id !== "job_250").map((id) => job(1000 + Number(id.slice(4)))),
        failed: ids.filter((id) => id === "job_250").map((id) => ({ id, message: "Its input is gone." })),
      }),
      "jobs.cancel": ({ ids }) => ({ done: ids, failed: [] }),
    });
    shown.client.snapshot("jobs.jobs", { counts: { failed: 250 }, jobs: many, next: null });
    await screen.findByText("prompt 1");
    fireEvent.keyDown(list(), { key: "a", ctrlKey: true });
    fireEvent.click(within(screen.getByRole("toolbar", { name: "Selected jobs" })).getByText("Run again"));
    await screen.findByText("249 new jobs");
    expect(screen.getByText("1 job could not be run again")).toBeTruthy();
    expect(screen.getByText("Its input is gone.")).toBeTruthy();
    const asked = shown.client.calls.flatMap(({ name, input }) => (name === "jobs.retry" ? [(input as { ids: Array<string> }).ids] : []));
    expect(asked.map(({ length }) => length)).toEqual([100, 100, 50]);
    const again = asked.flat().map((id) => Number(id.split("_")[1]));
    // Oldest first: a higher number here is older.
    expect(again).toEqual(again.toSorted((a, b) => b - a));
    fireEvent.click(screen.getByText("Cancel them"));
    await screen.findByText("249 jobs cancelled");
  });

  it("offers to compare the chosen ones as soon as two of them have a video", async () => {
    const { client } = show();
    const rows = [job(1, { state: "processing" }), job(2, { state: "completed", assetId: "ast_2" })];
    client.snapshot("jobs.jobs", { counts: { processing: 1, completed: 1 }, jobs: rows, next: null });
    await screen.findByText("prompt 1");
    fireEvent.keyDown(list(), { key: "a", ctrlKey: true });
    const bar = within(screen.getByRole("toolbar", { name: "Selected jobs" }));
    expect(bar.queryByText("Compare")).toBeNull();
    client.deltas("jobs.jobs", [{ ...rows[0]!, state: "completed", assetId: "ast_1", rev: 2 }]);
    fireEvent.click(await bar.findByText("Compare"));
    expect(opened).toEqual(['compare {"assetIds":["ast_1","ast_2"]}']);
  });

  it("pauses what waits, resumes what is paused, and puts one first; what runs is left alone", async () => {
    const { client } = show({
      "jobs.pause": ({ ids }) => ({ done: ids, failed: [] }),
      "jobs.resume": ({ ids, batchId }) => ({
        done: batchId === undefined ? ids : ["job_1"],
        failed: [{ id: "job_2", message: "It was not paused." }],
      }),
      "jobs.prioritise": ({ ids }) => ({ done: ids, failed: [] }),
    });
    const rows = [job(1, { state: "waitingForSlot", batchId: "bat_1" }), job(2, { state: "processing" }), job(3, { state: "queued" })];
    client.snapshot("jobs.jobs", { counts: { waitingForSlot: 1, processing: 1, queued: 1 }, jobs: rows, next: null });
    await screen.findByText("prompt 1");
    fireEvent.keyDown(list(), { key: "ArrowDown" });
    for (const _ of [2, 3]) {
      fireEvent.keyDown(list(), { key: "ArrowDown", shiftKey: true });
    }
    fireEvent.click(screen.getByRole("button", { name: "Pause 2" }));
    await screen.findByText("2 jobs paused");
    expect(client.calls.at(-1)).toMatchObject({ name: "jobs.pause", input: { ids: ["job_1", "job_3"] } });
    client.deltas("jobs.jobs", [
      { ...rows[0]!, state: "paused", rev: 2 },
      { ...rows[2]!, state: "paused", rev: 2 },
    ]);
    await waitFor(() => expect(within(row(1)).getByText("Paused")).toBeTruthy());
    fireEvent.keyDown(list(), { key: "p" });
    await screen.findByText("2 jobs resumed");
    expect(screen.queryByText("2 jobs paused")).toBeNull();
    expect(screen.getByText("It was not paused.")).toBeTruthy();
    expect(client.calls.at(-1)).toMatchObject({ name: "jobs.resume", input: { ids: ["job_1", "job_3"] } });
    client.deltas("jobs.jobs", [{ ...rows[0]!, rev: 3 }]);
    await waitFor(() => expect(within(row(1)).getByText("Waiting for slot")).toBeTruthy());
    fireEvent.click(row(2));
    const choose = async (name: string) => {
      fireEvent.contextMenu(row(1));
      const item = await screen.findByRole("menuitem", { name });
      fireEvent.pointerDown(item, { button: 0, pointerType: "mouse" });
      fireEvent.pointerUp(item, { button: 0, pointerType: "mouse" });
    };
    await choose("Run next");
    await waitFor(() =>
      expect(client.calls.at(-1)).toMatchObject({ name: "jobs.prioritise", input: { ids: ["job_1"], priority: "next" } }),
    );
    await choose("Resume its batch");
    await waitFor(() => expect(client.calls.at(-1)).toMatchObject({ name: "jobs.resume", input: { batchId: "bat_1" } }));
    // That some of a batch were under way is no fault.
    expect(await screen.findByText("1 of its batch not: It was not paused.")).toBeTruthy();
    expect(screen.getAllByText("Not resumed: 1 job")).toHaveLength(1);
  });

  const chooseTwoWaiting = async () => {
    const { client } = show({
      "jobs.pause": ({ ids }) => ({ done: ids, failed: [] }),
      "jobs.resume": ({ ids }) => ({ done: ids, failed: [] }),
    });
    const rows = [job(1, { state: "queued" }), job(2, { state: "queued" })];
    client.snapshot("jobs.jobs", { counts: { queued: 2 }, jobs: rows, next: null });
    await screen.findByText("prompt 1");
    fireEvent.keyDown(list(), { key: "a", ctrlKey: true });
    return { client, rows };
  };

  it("offers to resume those alone that nobody has resumed since", async () => {
    const { client, rows } = await chooseTwoWaiting();
    fireEvent.click(screen.getByRole("button", { name: "Pause 2" }));
    const offer = await screen.findByText("2 jobs paused");
    client.deltas("jobs.jobs", [{ ...rows[0]!, state: "paused", rev: 2 }]);
    await waitFor(() => expect(within(row(1)).getByText("Paused")).toBeTruthy());
    fireEvent.click(row(1));
    fireEvent.keyDown(list(), { key: "p" });
    await screen.findByText("1 job resumed");
    // It is told before the offer is changed.
    await new Promise((done) => setTimeout(done));
    fireEvent.click(within(offer.closest<HTMLElement>(".ui-toast")!).getByText("Resume"));
    await waitFor(() => expect(client.calls.at(-1)).toMatchObject({ name: "jobs.resume", input: { ids: ["job_2"] } }));
  });

  it("offers no more to resume what was resumed elsewhere, and takes the offer away once all were", async () => {
    const { client } = await chooseTwoWaiting();
    const tell = async (rev: number, ...states: readonly [Job["state"], Job["state"]]) => {
      client.deltas(
        "jobs.jobs",
        states.map((state, at) => job(at + 1, { state, rev })),
      );
      await new Promise((done) => requestAnimationFrame(done));
    };
    const pause = async () => {
      fireEvent.click(screen.getByRole("button", { name: "Pause 2" }));
      return (await screen.findByText("2 jobs paused")).closest<HTMLElement>(".ui-toast")!;
    };
    await pause();
    // What was told before they were paused is not news of that.
    await tell(2, "queued", "waitingForSlot");
    await tell(3, "paused", "paused");
    expect(screen.getByText("2 jobs paused")).toBeTruthy();
    await tell(4, "waitingForSlot", "cancelled");
    await waitFor(() => expect(screen.queryByText("2 jobs paused")).toBeNull());

    await tell(5, "queued", "queued");
    const offer = await pause();
    await tell(6, "paused", "paused");
    await tell(7, "waitingForSlot", "paused");
    fireEvent.click(within(offer).getByText("Resume"));
    await waitFor(() => expect(client.calls.at(-1)).toMatchObject({ name: "jobs.resume", input: { ids: ["job_2"] } }));
  });

  it("holds two jobs against each other, the later one against the earlier", async () => {
    await showThree();
    fireEvent.keyDown(list(), { key: "ArrowDown" });
    fireEvent.keyDown(list(), { key: "ArrowDown", shiftKey: true });
    fireEvent.click(screen.getByRole("button", { name: "What differs" }));
    expect(opened).toContain('job {"jobId":"job_1","against":"job_2"}');
    fireEvent.keyDown(list(), { key: "ArrowDown", shiftKey: true });
    expect(screen.queryByRole("button", { name: "What differs" })).toBeNull();
  });

  it("opens a job with Enter and previews it with a click", async () => {
    await showThree();
    fireEvent.click(row(2));
    fireEvent.keyDown(list(), { key: "Enter" });
    expect(opened).toEqual(['job {"jobId":"job_2"}', 'job {"jobId":"job_2"}']);
  });

  it("runs again with a new seed, and says so", async () => {
    const { client } = await showThree({ "jobs.retry": () => ({ jobs: [job(9)], failed: [] }) });
    fireEvent.click(row(3));
    fireEvent.keyDown(list(), { key: "R", shiftKey: true });
    await screen.findByText("1 new job");
    expect(client.calls.at(-1)?.input).toEqual({ ids: ["job_3"], newSeed: true });
  });

  it("has a menu on every job", async () => {
    await showThree();
    fireEvent.contextMenu(row(2), { clientX: 10, clientY: 10 });
    const menu = await screen.findByRole("menu");
    expect(
      within(menu)
        .getAllByRole("menuitem")
        .map((item) => item.textContent),
    ).toContain("Use these settings");
  });

  it("says that the list could not be read and reads it again on request", async () => {
    let fails = true;
    await showThree({
      "jobs.list": () => {
        if (fails) {
          throw new Error("no way");
        }
        return { jobs: [three[1] ?? job(2)], next: null };
      },
    });
    fireEvent.click(screen.getByRole("button", { name: "Completed 1" }));
    expect((await screen.findByRole("alert")).textContent).toContain("no way");
    fails = false;
    fireEvent.click(screen.getByText("Try again"));
    await screen.findByText("prompt 2");
  });

  it("says how many were cancelled when the rest could not be", async () => {
    const active = Array.from({ length: 600 }, (_, index) => job(index + 10, { state: "queued" }));
    let calls = 0;
    await showThree({
      "jobs.list": ({ cursor }) => ({
        jobs: cursor === undefined ? active.slice(0, 500) : active.slice(500),
        next: cursor === undefined ? "on" : null,
      }),
      "jobs.cancel": ({ ids }) => {
        calls += 1;
        if (calls > 1) {
          throw new Error("The line broke.");
        }
        return { done: ids, failed: [] };
      },
    });
    allCommands()
      .find(({ id }) => id === "jobs.cancelActive")
      ?.run();
    fireEvent.click(await screen.findByRole("button", { name: "Cancel 600 jobs" }));
    await screen.findByText("500 jobs cancelled");
    expect(screen.getByText("The line broke.")).toBeTruthy();
  });
});
