import { fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { afterEach, describe, expect, it } from "vitest";
import type { ProviderQueue, QueueVerdict } from "#protocol/account.ts";
import type { Job } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { PanelParams } from "#web/dock/panel.ts";
import { local, remote } from "#web/panels/accounts/testing.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { sampleAccount, sampleJob } from "#web/store/testing.ts";
import QueuePanel from "./queue.tsx";

const opened = recordOpened();
afterEach(() => localStorage.clear());

const waits = (id: string, change: Partial<Job> = {}): Job =>
  sampleJob({ id, provider: "pixverse", state: "waitingForSlot", prompt: `a ${id}`, waitingFor: "Something.", credits: 45, ...change });
const queue = (ids: ReadonlyArray<string>, change: Partial<ProviderQueue> = {}): ProviderQueue => ({
  provider: "pixverse",
  waiting: ids.length,
  jobs: ids.map((jobId, ahead) => ({ jobId, ahead: ahead * 3, priority: 5, since: 1, cost: 45, reason: `${jobId} waits for a place.` })),
  accounts: null,
  ...change,
});
const verdict = (accountId: string, change: Partial<QueueVerdict> = {}): QueueVerdict => ({
  accountId,
  title: `Account ${accountId}`,
  shared: false,
  against: "places",
  reason: "All its 2 places are taken.",
  ...change,
});

const show = async (
  jobs: ReadonlyArray<Job>,
  queues: ReadonlyArray<ProviderQueue>,
  handlers: Parameters<typeof renderInWorkspace>[0] = {},
  params: PanelParams["queue"] = {},
) => {
  const [visible, setVisible] = createSignal(true);
  const shown = renderInWorkspace(
    {
      "jobs.list": () => ({ jobs: [...jobs], next: null }),
      "jobs.providers": () => ({ providers: [local, remote] }),
      ...handlers,
    },
    () => <QueuePanel params={params} visible={visible} setTitle={() => undefined} />,
  );
  shown.client.snapshot("jobs.jobs", { counts: {}, jobs: [...jobs], next: null });
  shown.client.snapshot("accounts.accounts", { accounts: [sampleAccount({ id: "acc_1", state: "saturated" })] });
  shown.client.snapshot("accounts.queue", { queues: [...queues] });
  await screen.findByRole(jobs.length === 0 ? "heading" : "list");
  return { ...shown, setVisible };
};
/** Not its handle, whose name begins otherwise. */
const row = (name: RegExp) => screen.findByRole("button", { name: new RegExp(`^${name.source}`) });
const rows = () => screen.getAllByRole("button", { expanded: false }).map((button) => button.querySelector("strong")?.textContent);

describe("the Queue panel", () => {
  it("says that nothing waits", async () => {
    await show([], []);
    expect(await screen.findByText("Nothing waits")).toBeTruthy();
    fireEvent.click(screen.getByText("Show the jobs"));
    expect(opened).toEqual(["jobs {}"]);
  });

  it("shows own jobs in the turns in which they will be taken, each with its reason, and how many wait besides", async () => {
    await show([waits("job_1"), waits("job_2")], [queue(["job_2", "job_1"], { waiting: 9 })]);
    const group = await screen.findByRole("region", { name: "Waiting for PixVerse" });
    expect(within(group).getByText("9 jobs wait, 7 of others")).toBeTruthy();
    await waitFor(() => expect(rows()).toEqual(["a job_2", "a job_1"]));
    expect((await row(/a job_2/)).textContent).toMatch(/job_2 waits for a place\.next.* · priority 5about 45 credits$/);
    expect((await row(/a job_1/)).textContent).toMatch(/3 ahead/);
    fireEvent.click(within(group).getByRole("button", { name: "Accounts at PixVerse" }));
    expect(opened).toEqual(['accounts {"provider":"pixverse"}']);
  });

  it("opened tells what speaks for and against each account, as it changes", async () => {
    const { client } = await show([waits("job_1")], [queue(["job_1"])]);
    fireEvent.click(await row(/a job_1/));
    client.snapshot("accounts.queue", {
      queues: [queue(["job_1"], { accounts: [verdict("acc_1"), verdict("acc_2", { shared: true, against: "state", reason: "Paused." })] })],
    });
    const list = await screen.findByRole("list", { name: "Accounts" });
    expect(within(list).getAllByLabelText("Not now")).toHaveLength(2);
    expect(within(list).getByText("All places taken")).toBeTruthy();
    client.deltas("accounts.queue", [queue(["job_1"], { accounts: [verdict("acc_1", { against: null, reason: "It may take it." })] })]);
    expect(await screen.findByLabelText("May take it")).toBeTruthy();
    expect(screen.queryByText("Paused.")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Open the account Account acc_1" }));
    fireEvent.click(screen.getByText("Open the job"));
    expect(opened).toEqual(['accounts {"provider":"pixverse"}', 'job {"jobId":"job_1"}']);
  });

  it("lets a job run next, but for the one that is", async () => {
    const { client } = await show([waits("job_1"), waits("job_2")], [queue(["job_1", "job_2"])], {
      "jobs.prioritise": ({ ids }) => ({ done: ids ?? [], failed: [] }),
    });
    const runNext = () => screen.getByRole<HTMLButtonElement>("button", { name: "Run next" });
    fireEvent.click(await row(/a job_1/));
    expect(runNext().disabled).toBe(true);
    fireEvent.click(await row(/a job_2/));
    fireEvent.click(runNext());
    await waitFor(() => expect(client.calls.at(-1)).toEqual({ name: "jobs.prioritise", input: { ids: ["job_2"], priority: "next" } }));
  });

  it("lets none be moved past those that are not shown, says why, and lets them once all are", async () => {
    const [first, second, third] = [waits("job_3", { createdAt: 3 }), waits("job_2", { createdAt: 2 }), waits("job_1", { createdAt: 1 })];
    await show([first, second], [queue(["job_1", "job_2", "job_3"])], {
      "jobs.list": ({ cursor }) => (cursor === undefined ? { jobs: [first, second], next: "more" } : { jobs: [third], next: null }),
    });
    await row(/a job_2/);
    expect(await screen.findByText(/they can be moved once all are shown/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Move a job_2" })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Show older ones" }));
    expect(await screen.findByRole("button", { name: "Move a job_1" })).toBeTruthy();
    expect(screen.queryByText(/they can be moved once all are shown/)).toBeNull();
  });

  it("puts a job elsewhere among one's own by keys, keeps the focus at it, and says where it stands", async () => {
    const jobs = ["job_1", "job_2", "job_3"];
    const { client } = await show(
      jobs.map((id) => waits(id)),
      [queue(jobs)],
      { "jobs.arrange": ({ ids }) => ({ done: ids, failed: [] }) },
    );
    await waitFor(() => expect(rows()).toEqual(["a job_1", "a job_2", "a job_3"]));
    const handle = (name: string) => screen.getByRole("button", { name: `Move a ${name}` });
    handle("job_1").focus();
    fireEvent.keyDown(handle("job_1"), { key: "ArrowUp" });
    fireEvent.keyDown(handle("job_1"), { key: "ArrowDown" });
    await screen.findByText("Moved to place 2 of 3.");
    client.deltas("accounts.queue", [queue(["job_2", "job_1", "job_3"])]);
    await waitFor(() => expect(rows()).toEqual(["a job_2", "a job_1", "a job_3"]));
    expect(document.activeElement).toBe(handle("job_1"));
    fireEvent.keyDown(handle("job_3"), { key: "Home" });
    await screen.findByText("Moved to place 1 of 3.");
    expect(client.calls.filter(({ name }) => name === "jobs.arrange").map(({ input }) => input)).toEqual([
      { ids: ["job_2", "job_1", "job_3"], priority: 5 },
      { ids: ["job_3", "job_2", "job_1"], priority: 5 },
    ]);
  });

  it("moves on at once while the server is still asked, and asks it for the newest order only", async () => {
    const jobs = ["job_1", "job_2", "job_3", "job_4"];
    let answer: () => void = () => undefined;
    const { client } = await show(
      jobs.map((id) => waits(id)),
      [queue(jobs)],
      {
        "jobs.arrange": async ({ ids }) => {
          await new Promise<void>((resolve) => (answer = resolve));
          return { done: ids, failed: [] };
        },
      },
    );
    await waitFor(() => expect(rows()).toHaveLength(4));
    const asked = () => client.calls.filter(({ name }) => name === "jobs.arrange").map(({ input }) => input);
    const handle = () => screen.getByRole("button", { name: "Move a job_4" });
    handle().focus();
    for (const place of [3, 2, 1]) {
      fireEvent.keyDown(document.activeElement!, { key: "ArrowUp" });
      expect(screen.getByText(`Moved to place ${place} of 4.`)).toBeTruthy();
      expect(rows().indexOf("a job_4")).toBe(place - 1);
      expect(document.activeElement).toBe(handle());
    }
    expect(asked()).toEqual([{ ids: ["job_1", "job_2", "job_4", "job_3"], priority: 5 }]);
    answer();
    await waitFor(() => expect(asked()).toHaveLength(2));
    expect(asked()[1]).toEqual({ ids: ["job_4", "job_1", "job_2", "job_3"], priority: 5 });
    // What the first came to is told meanwhile.
    client.deltas("accounts.queue", [queue(["job_1", "job_2", "job_4", "job_3"])]);
    expect(rows()).toEqual(["a job_4", "a job_1", "a job_2", "a job_3"]);
    answer();
    client.deltas("accounts.queue", [queue(["job_4", "job_1", "job_2", "job_3"])]);
    await new Promise((resolve) => setTimeout(resolve));
    // From here on it is as it is told again.
    client.deltas("accounts.queue", [queue(["job_2", "job_4", "job_1", "job_3"])]);
    await waitFor(() => expect(rows()).toEqual(["a job_2", "a job_4", "a job_1", "a job_3"]));
  });

  it("asks for no order of jobs that are under way by then, but for that of the others", async () => {
    const jobs = ["job_1", "job_2", "job_3", "job_4", "job_5"];
    const answers: Array<() => void> = [];
    const { client } = await show(
      jobs.map((id) => waits(id, { priority: id === "job_1" ? 3 : 5 })),
      [queue(jobs)],
      {
        "jobs.arrange": async ({ ids }) => {
          await new Promise<void>((resolve) => answers.push(resolve));
          return { done: ids, failed: [] };
        },
      },
    );
    await waitFor(() => expect(rows()).toHaveLength(5));
    const asked = () => client.calls.filter(({ name }) => name === "jobs.arrange").map(({ input }) => input);
    const move = (name: string, key: string) => fireEvent.keyDown(screen.getByRole("button", { name: `Move a ${name}` }), { key });
    move("job_5", "ArrowUp");
    move("job_2", "Home");
    move("job_4", "ArrowUp");
    expect(rows()).toEqual(["a job_2", "a job_1", "a job_3", "a job_4", "a job_5"]);
    client.deltas("jobs.jobs", [waits("job_1", { state: "processing", rev: 90 }), waits("job_2", { state: "processing", rev: 90 })]);
    await waitFor(() => expect(rows()).toHaveLength(3));
    answers[0]?.();
    await waitFor(() => expect(asked()).toHaveLength(2));
    expect(asked()).toEqual([
      { ids: ["job_2", "job_3", "job_5", "job_4"], priority: 5 },
      { ids: ["job_3", "job_4", "job_5"], priority: 5 },
    ]);
  });

  it("leaves a job as urgent as it has become meanwhile while another is moved", async () => {
    const jobs = ["job_1", "job_2", "job_3", "job_4"];
    const { client } = await show(
      jobs.map((id) => waits(id)),
      [queue(jobs)],
      { "jobs.arrange": ({ ids }) => ({ done: ids, failed: [] }) },
    );
    await waitFor(() => expect(rows()).toHaveLength(4));
    const asked = () => client.calls.filter(({ name }) => name === "jobs.arrange").map(({ input }) => input);
    const move = (name: string, key: string) => fireEvent.keyDown(screen.getByRole("button", { name: `Move a ${name}` }), { key });
    move("job_4", "ArrowUp");
    await waitFor(() => expect(asked()).toHaveLength(1));
    // It is run next, which is told before the order is.
    client.deltas("jobs.jobs", [waits("job_1", { priority: 0, rev: 90 })]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    move("job_3", "ArrowUp");
    await waitFor(() => expect(asked()).toHaveLength(2));
    expect(asked()[1]).toEqual({ ids: ["job_2", "job_3", "job_4"], priority: 5 });
  });

  it("stands as it stood where the server refuses, and goes to either end by a button", async () => {
    const jobs = ["job_1", "job_2", "job_3"];
    let refuses = false;
    const { client } = await show(
      jobs.map((id) => waits(id)),
      [queue(jobs)],
      {
        "jobs.arrange": ({ ids }) => {
          if (refuses) {
            throw new CallError("unavailable", "Not reachable now.");
          }
          return { done: ids, failed: [] };
        },
      },
    );
    fireEvent.click(await row(/a job_3/));
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "To the end" }).disabled).toBe(true);
    fireEvent.click(screen.getByRole("button", { name: "To the front" }));
    await waitFor(() =>
      expect(client.calls.at(-1)).toEqual({ name: "jobs.arrange", input: { ids: ["job_3", "job_1", "job_2"], priority: 5 } }),
    );
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "To the front" }).disabled).toBe(true);
    client.deltas("accounts.queue", [queue(["job_3", "job_1", "job_2"])]);
    refuses = true;
    fireEvent.click(screen.getByRole("button", { name: "To the end" }));
    expect(rows()).toEqual(["a job_1", "a job_2"]);
    await screen.findByText("The order could not be changed");
    for (const toast of screen.getAllByRole("button", { name: "Dismiss" })) {
      fireEvent.click(toast);
    }
    await waitFor(() => expect(screen.getByRole<HTMLButtonElement>("button", { name: "To the front" }).disabled).toBe(true));
  });

  it("takes back only what the server refuses: what was moved since stands, and is asked for, over what stood before", async () => {
    const jobs = ["job_1", "job_2", "job_3", "job_4"];
    const answers: Array<(refusal?: CallError) => void> = [];
    const { client } = await show(
      jobs.map((id) => waits(id)),
      [queue(jobs)],
      {
        "jobs.arrange": async ({ ids }) => {
          await new Promise<void>((resolve, reject) => answers.push((refusal) => (refusal === undefined ? resolve() : reject(refusal))));
          return { done: ids, failed: [] };
        },
      },
    );
    await waitFor(() => expect(rows()).toHaveLength(4));
    const asked = () => client.calls.flatMap(({ name, input }) => (name === "jobs.arrange" ? [(input as { ids: unknown }).ids] : []));
    const move = (name: string, key: string) => fireEvent.keyDown(screen.getByRole("button", { name: `Move a ${name}` }), { key });
    const refusal = new CallError("unavailable", "Not reachable now.");
    move("job_4", "Home");
    answers[0]!();
    await waitFor(() => expect(asked()).toEqual([["job_4", "job_1", "job_2", "job_3"]]));
    await new Promise((resolve) => setTimeout(resolve));
    // The first stands, though nobody has told so yet; the second is refused while the third is made.
    move("job_3", "ArrowUp");
    move("job_1", "End");
    expect(asked()[1]).toEqual(["job_4", "job_1", "job_3", "job_2"]);
    expect(rows()).toEqual(["a job_4", "a job_3", "a job_2", "a job_1"]);
    answers[1]!(refusal);
    await waitFor(() => expect(asked()).toHaveLength(3));
    expect(asked()[2]).toEqual(["job_4", "job_2", "job_3", "job_1"]);
    expect(rows()).toEqual(["a job_4", "a job_2", "a job_3", "a job_1"]);
    // Refused too, it stands as after the first, and nothing more is asked for.
    answers[2]!(refusal);
    await waitFor(() => expect(rows()).toEqual(["a job_4", "a job_1", "a job_2", "a job_3"]));
    expect(asked()).toHaveLength(3);
    for (const toast of screen.getAllByRole("button", { name: "Dismiss" })) {
      fireEvent.click(toast);
    }
    client.deltas("accounts.queue", [queue(["job_4", "job_1", "job_2", "job_3"])]);
    await new Promise((resolve) => setTimeout(resolve));
    client.deltas("accounts.queue", [queue(jobs)]);
    await waitFor(() => expect(rows()).toEqual(jobs.map((id) => `a ${id}`)));
  });

  it("is dragged by its handle, shows where it would be dropped, and says what was sent meanwhile", async () => {
    const jobs = ["job_1", "job_2", "job_3"];
    const { client } = await show(
      jobs.map((id) => waits(id)),
      [queue(jobs)],
      { "jobs.arrange": () => ({ done: [], failed: [{ id: "job_3", message: "Its turn has come already." }] }) },
    );
    await waitFor(() => expect(rows()).toHaveLength(3));
    const items = [...document.querySelectorAll<HTMLElement>(".queue-job")];
    items.forEach((item, at) => {
      item.getBoundingClientRect = () => new DOMRect(0, at * 100, 300, 100);
    });
    const handle = screen.getByRole("button", { name: "Move a job_3" });
    const marks = () => items.map((item) => item.dataset["mark"] ?? "");
    const drag = (y: number) => fireEvent.pointerMove(handle, { clientY: y });
    fireEvent.pointerDown(handle, { button: 0, clientY: 250 });
    expect(marks()).toEqual(["", "", "carried"]);
    drag(60);
    expect(marks()).toEqual(["", "before", "carried"]);
    fireEvent.keyDown(handle, { key: "Escape" });
    fireEvent.pointerUp(handle);
    expect(client.calls.some(({ name }) => name === "jobs.arrange")).toBe(false);
    fireEvent.pointerDown(handle, { button: 0, clientY: 250 });
    drag(10);
    expect(marks()).toEqual(["before", "", "carried"]);
    fireEvent.pointerUp(handle);
    await screen.findByText("1 job could not be moved");
    expect(client.calls.find(({ name }) => name === "jobs.arrange")?.input).toEqual({ ids: ["job_3", "job_1", "job_2"], priority: 5 });
  });

  it("is opened at the job that is meant", async () => {
    await show([waits("job_1"), waits("job_2")], [queue(["job_1", "job_2"], { accounts: [verdict("acc_9")] })], {}, { jobId: "job_2" });
    expect((await row(/a job_2/)).getAttribute("aria-expanded")).toBe("true");
    expect(rows()).toEqual(["a job_1"]);
    expect(screen.getByText("Account acc_9")).toBeTruthy();
  });

  it("of a provider without accounts tells its places, by priority and age", async () => {
    await show([waits("job_new", { provider: "studio", createdAt: 9 }), waits("job_old", { provider: "studio", createdAt: 2 })], []);
    await waitFor(() => expect(rows()).toEqual(["a job_old", "a job_new"]));
    fireEvent.click(await row(/a job_old.*Something/));
    expect(await screen.findByText("It needs no account: 2 places on this server, taken in turns.")).toBeTruthy();
  });

  it("cancels, and lets go of a job that waits no more", async () => {
    const { client } = await show([waits("job_1")], [queue(["job_1"])], { "jobs.cancel": ({ ids }) => ({ done: ids ?? [], failed: [] }) });
    fireEvent.click(await row(/a job_1/));
    fireEvent.click(screen.getByText("Cancel"));
    await screen.findByText("1 job cancelled");
    client.deltas("jobs.jobs", [waits("job_1", { state: "cancelled", rev: 90 })]);
    expect(await screen.findByText("Nothing waits")).toBeTruthy();
    expect(client.calls.filter(({ name }) => name === "jobs.cancel")).toEqual([{ name: "jobs.cancel", input: { ids: ["job_1"] } }]);
  });

  it("asks for the accounts of a job only while that one waits", async () => {
    const { client } = await show([waits("job_1"), waits("job_2")], [queue(["job_1", "job_2"])]);
    fireEvent.click(await row(/a job_1/));
    expect(client.followed("accounts.queue")).toEqual([{ jobId: "job_1" }]);
    client.deltas("jobs.jobs", [waits("job_1", { state: "processing", rev: 90 })]);
    await waitFor(() => expect(screen.queryByRole("button", { name: /a job_1/ })).toBeNull());
    expect(client.followed("accounts.queue")).toEqual([{}]);
  });

  it("keeps what it has when older ones cannot be read, and says so", async () => {
    await show([waits("job_1")], [], {
      "jobs.list": ({ cursor }) => {
        if (cursor !== undefined) {
          throw new CallError("unavailable", "Not reachable now.");
        }
        return { jobs: [waits("job_1")], next: "older" };
      },
    });
    fireEvent.click(await screen.findByText("Show older ones"));
    expect((await screen.findByRole("alert")).textContent).toContain("Older ones could not be read. Not reachable now.");
    expect(await row(/a job_1/)).toBeTruthy();
  });

  it("follows only while it is seen, and says so where it cannot", async () => {
    const { client, setVisible } = await show([waits("job_1")], [queue(["job_1"])]);
    expect(client.followers("accounts.queue")).toBe(1);
    setVisible(false);
    expect(client.followers("accounts.queue")).toBe(0);
    setVisible(true);
    client.refuse("accounts.queue", new CallError("unavailable", "Not reachable now."));
    await screen.findByText("Not reachable now.");
    fireEvent.click(screen.getByText("Try again"));
    client.snapshot("accounts.queue", { queues: [queue(["job_1"])] });
    expect(await row(/a job_1/)).toBeTruthy();
  });
});
