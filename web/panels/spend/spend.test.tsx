import { cleanup, fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { createSignal, Suspense } from "solid-js";
import { describe, expect, it } from "vitest";
import { auth } from "#protocol/auth.ts";
import { spend, type Budget } from "#protocol/spend.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { local, own, remote, silent } from "#web/panels/accounts/testing.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { sampleJob } from "#web/store/testing.ts";
import type { ToldRow } from "./sums.ts";
import SpendPanel from "./spend.tsx";

const sampleBudget = (change: Partial<Budget> = {}): Budget => ({ ...spend.calls.setBudget.example.output, ...change });
const opened = recordOpened();

const today = new Date().toISOString().slice(0, 10);
const row = (change: Partial<ToldRow> = {}): ToldRow => ({
  day: today,
  ownerId: "usr_1",
  provider: "pixverse",
  accountId: "acc_1",
  accountTitle: "Main",
  type: "credits",
  submissions: 12,
  completed: 11,
  estimated: 540,
  charged: 495,
  refunded: 0,
  held: 0,
  told: 12,
  ...change,
});

type Handlers = Parameters<typeof renderInWorkspace>[0];

const show = (rows: () => ReadonlyArray<ToldRow>, handlers: Handlers = {}, role: "admin" | "user" = "user") => {
  const [visible, setVisible] = createSignal(true);
  const shown = renderInWorkspace(
    {
      "jobs.providers": () => ({ providers: [local, remote] }),
      "accounts.spend": () => ({ rows: [...rows()] }),
      "spend.budgets": () => ({ budgets: [] }),
      "spend.ledger": () => ({ entries: [], next: null }),
      ...handlers,
    },
    () => (
      <Suspense fallback="The panel waits">
        <SpendPanel params={{}} visible={visible} setTitle={() => undefined} />
      </Suspense>
    ),
    { role },
  );
  const asked = () => shown.client.calls.filter(({ name }) => name === "accounts.spend").map(({ input }) => input);
  return { ...shown, asked, setVisible };
};
const cells = (element: HTMLElement) =>
  within(element)
    .getAllByRole("cell")
    .map((cell) => cell.textContent);

describe("the Spend panel", () => {
  it("waits visibly, then says that nothing was spent and leads to the accounts", async () => {
    show(() => []);
    expect(screen.getByLabelText("Loading the spend")).toBeTruthy();
    await screen.findByText("Nothing was spent in the last 30 days");
    fireEvent.click(screen.getByRole("button", { name: "Providers & accounts" }));
    expect(opened).toEqual(["accounts {}"]);
  });

  it("shows each day and account, estimated beside charged, with the sums of each kind of credits", async () => {
    show(() => [
      row(),
      row({ accountId: "acc_2", accountTitle: "Other", type: "USD", submissions: 1, completed: 1, estimated: 0.5, charged: 0.35 }),
    ]);
    const table = await screen.findByRole("table", { name: "Spend by day and account" });
    const [, first, second, sum] = within(table).getAllByRole("row");
    expect(cells(first!).slice(1)).toEqual(["MainPixVerse", "12 11 completed", "540", "495 credits540 estimated"]);
    expect(cells(second!).slice(1)).toEqual(["OtherPixVerse", "1", "0.5", "0.35 USD0.5 estimated"]);
    expect(cells(sum!)).toEqual(["12 11 completed", "540", "495 credits540 estimated"]);
    expect(screen.getByRole("img").getAttribute("aria-label")).toContain("495 credits charged in 30 days");
    fireEvent.change(screen.getByLabelText("Counted in"), { target: { value: "1" } });
    expect(screen.getByRole("img").getAttribute("aria-label")).toContain("0.35 USD charged in 30 days");
  });

  it("lists what nobody knows the cost of, and takes what a person says of it", async () => {
    const entry = { ...spend.calls.tell.example.output, charged: null, source: null, told: null };
    let open = [entry];
    const { client, asked } = show(() => [row({ held: 45 })], {
      "spend.ledger": () => ({ entries: open, next: null }),
      "spend.tell": ({ charged }) => {
        if (charged === 13) {
          throw new CallError("conflict", "The provider has told what it charged: 45 credits.");
        }
        open = [];
        return { ...entry, charged, source: "person" as const, told: { by: "usr_1", at: 1 } };
      },
    });
    const section = within(await screen.findByRole("region", { name: "Not known whether charged" }));
    expect(section.getByText(/Main at PixVerse/)).toBeTruthy();
    fireEvent.click(section.getByRole("button", { name: "Its job" }));
    expect(opened).toContain('job {"jobId":"job_1"}');
    fireEvent.click(section.getByRole("button", { name: "Say what it cost…" }));
    const dialog = within(await screen.findByRole("dialog", { name: "What became of it?" }));
    fireEvent.click(dialog.getByLabelText("Charged"));
    const amount = dialog.getByLabelText<HTMLInputElement>("Amount in credits");
    expect(amount.value).toBe("45");
    fireEvent.input(amount, { target: { value: "-1" } });
    fireEvent.click(dialog.getByRole("button", { name: "Save" }));
    expect((await dialog.findByRole("alert")).textContent).toBe("Enter what it has cost, not less than nothing.");
    fireEvent.input(amount, { target: { value: "13" } });
    fireEvent.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(dialog.getByRole("alert").textContent).toBe("The provider has told what it charged: 45 credits."));
    fireEvent.click(dialog.getByLabelText("Not charged"));
    const reads = asked().length;
    fireEvent.click(dialog.getByRole("button", { name: "Save" }));
    await screen.findByText("Noted as not charged");
    await waitFor(() => expect(screen.queryByRole("region", { name: "Not known whether charged" })).toBeNull());
    expect(asked().length).toBe(reads + 1);
    expect(client.calls.filter(({ name }) => name === "spend.tell").map(({ input }) => input)).toEqual([
      { key: "job_1-1", accountId: "acc_1", charged: 13 },
      { key: "job_1-1", accountId: "acc_1", charged: 0 },
    ]);
  });

  it("names no amount of what a provider charges without saying how much", async () => {
    const entry = { ...spend.calls.tell.example.output, charged: null, source: null, told: null, type: null, estimated: 0 };
    const { client } = show(() => [row()], {
      "spend.ledger": () => ({ entries: [entry], next: null }),
      "spend.tell": () => ({ ...entry, charged: 3 }),
    });
    const section = within(await screen.findByRole("region", { name: "Not known whether charged" }));
    expect(section.getByText("Price not told")).toBeTruthy();
    fireEvent.click(section.getByRole("button", { name: "Say what it cost…" }));
    const dialog = within(await screen.findByRole("dialog", { name: "What became of it?" }));
    fireEvent.click(dialog.getByLabelText("Charged"));
    expect(dialog.getByText("Its price was not told.")).toBeTruthy();
    expect(dialog.getByLabelText<HTMLInputElement>("Amount").value).toBe("");
    fireEvent.click(dialog.getByRole("button", { name: "Save" }));
    expect((await dialog.findByRole("alert")).textContent).toContain("Enter what it has cost");
    expect(client.calls.some(({ name }) => name === "spend.tell")).toBe(false);
  });

  it("says that what charges nobody is free, and that nobody tells the price of what charges without saying how much", async () => {
    const none = { type: null, estimated: 0, charged: 0, submissions: 3, completed: 3 };
    const handlers = { "jobs.providers": () => ({ providers: [remote, own, silent] }) };
    show(
      () => [row({ ...none, provider: "comfyui", accountId: "acc_2", accountTitle: "Tower" }), row({ ...none, provider: "gateway" })],
      handlers,
    );
    await waitFor(() => expect(cells(screen.getAllByRole("row")[1]!).slice(1)).toEqual(["TowerComfyUI", "3", "free", "free"]));
    const [, , second, ...sums] = screen.getAllByRole("row");
    expect(cells(second!).slice(1)).toEqual(["MainGateway", "3", "—", "not told"]);
    expect(sums.map((sum) => within(sum).getByRole("rowheader").textContent)).toEqual(["In allfree", "In allprice not told"]);
    expect(sums.map(cells)).toEqual([
      ["3", "free", "free"],
      ["3", "—", "not told"],
    ]);
    const total = within(screen.getByRole("region", { name: "In all" }));
    expect(total.getByText("free", { selector: "strong" }).parentElement?.textContent).toBe("free3 submissions, 3 completed");
    expect(total.queryByRole("img")).toBeNull();
    fireEvent.change(total.getByLabelText("Counted in"), { target: { value: "1" } });
    expect(await total.findByText("not told", { selector: "strong" })).toBeTruthy();
  });

  it("names no estimate where none was made", async () => {
    show(() => [row({ estimated: 0, charged: 45 })]);
    await screen.findByRole("table");
    expect(cells(screen.getAllByRole("row")[1]!).slice(2)).toEqual(["12 11 completed", "—", "45 credits"]);
    expect(within(screen.getByRole("region", { name: "In all" })).getByText(/^charged · 12 submissions/)).toBeTruthy();
    expect(screen.getByRole("img").textContent).not.toContain("0 credits estimated");
  });

  it("sums up by account on request", async () => {
    show(() => [row(), row({ day: "2026-01-01", charged: 5 })]);
    await screen.findByRole("table");
    fireEvent.click(screen.getByLabelText("By account"));
    const table = screen.getByRole("table", { name: "Spend by account" });
    expect(cells(within(table).getAllByRole("row")[1]!)).toEqual([
      "MainPixVerse",
      "24 22 completed",
      "1,080",
      "500 credits1,080 estimated",
    ]);
  });

  it("sums up by provider on request, over all accounts there", async () => {
    show(() => [row(), row({ accountId: "acc_2", accountTitle: "Second", charged: 5 })]);
    await screen.findByRole("table");
    fireEvent.click(screen.getByLabelText("By provider"));
    const rows = within(screen.getByRole("table", { name: "Spend by provider" })).getAllByRole("row");
    expect(cells(rows[1]!)).toEqual(["PixVerse", "24 22 completed", "1,080", "500 credits1,080 estimated"]);
  });

  it("shows what was given back and what is held beside what was charged", async () => {
    show(() => [row({ refunded: 45, held: 90 })]);
    const table = await screen.findByRole("table");
    expect(cells(within(table).getAllByRole("row")[1]!).at(-1)).toBe("495 credits540 estimated45 given back90 held");
  });

  it("shows an administrator what each user has spent", async () => {
    const { asked } = show(
      () => [row(), row({ ownerId: "usr_2", charged: 5 })],
      { "auth.users": () => ({ users: [{ ...auth.calls.me.example.output, id: "usr_2", username: "grace" }] }) },
      "admin",
    );
    await screen.findByRole("table");
    fireEvent.click(screen.getByLabelText("By user"));
    const table = await screen.findByRole("table", { name: "Spend by user" });
    await waitFor(() => expect(cells(within(table).getAllByRole("row")[2]!).slice(0, 3)).toEqual(["grace", "12 11 completed", "540"]));
    expect(asked()).toEqual([
      { days: 30, everybody: false },
      { days: 30, everybody: true },
    ]);
  });

  it("draws budgets beside the spend, marks those that are used up, and sets, changes and removes them", async () => {
    let budgets: ReadonlyArray<Budget> = [
      sampleBudget({ used: 510 }),
      sampleBudget({
        id: "bud_2",
        ownerId: null,
        byAdmin: true,
        provider: null,
        type: null,
        period: "month",
        warnAt: null,
        pauseAt: 100,
        used: 40,
      }),
    ];
    const shown = show(() => [row()], {
      "spend.budgets": () => ({ budgets: [...budgets] }),
      "spend.setBudget": (input) => sampleBudget({ ...input, ownerId: "usr_1" }),
      "spend.removeBudget": () => ({}),
    });
    const own = await screen.findByRole("listitem", { name: "PixVerse, a day" });
    expect(own.textContent).toContain("510 of 500 credits");
    expect(own.textContent).toContain("Jobs wait");
    expect(own.textContent).toContain("warns at 400, jobs wait at 500");
    const everybodys = screen.getByRole("listitem", { name: "Everybody, all providers, a month" });
    expect(everybodys.textContent).toContain("40 of 100 jobs");
    // Only an administrator changes that one.
    expect(within(everybodys).queryByRole("button")).toBeNull();
    expect(screen.getByRole("img").getAttribute("aria-label")).toContain("budget of 500 credits a day");
    const sent = (name: string) => shown.client.calls.filter((call) => call.name === name).map(({ input }) => input);
    fireEvent.click(within(own).getByRole("button", { name: "Change" }));
    await screen.findByRole("dialog", { name: "Change the budget" });
    fireEvent.input(screen.getByLabelText("Jobs wait at"), { target: { value: "600" } });
    budgets = [sampleBudget({ used: 510, pauseAt: 600 })];
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await screen.findByText(/^510 of 600 credits/);
    expect(sent("spend.setBudget")).toEqual([
      { provider: "pixverse", period: "day", type: "credits", warnAt: 400, pauseAt: 600, stopAt: null },
    ]);
    budgets = [];
    fireEvent.click(screen.getByRole("button", { name: "Remove" }));
    await screen.findByText(/^No budget limits what you spend/);
    expect(sent("spend.removeBudget")).toEqual([{ id: "bud_1" }]);
  });

  it("says which one a new one takes the place of, and what would never come to pass", async () => {
    const { client } = show(() => [row()], { "spend.budgets": () => ({ budgets: [sampleBudget()] }) });
    fireEvent.click(await screen.findByRole("button", { name: "Set a budget" }));
    const dialog = await screen.findByRole("dialog", { name: "Set a budget" });
    expect(within(dialog).queryByText(/takes the place/)).toBeNull();
    fireEvent.change(within(dialog).getByLabelText("Where"), { target: { value: "pixverse" } });
    fireEvent.change(within(dialog).getByLabelText("Counted in"), { target: { value: "credits" } });
    expect(within(dialog).getByText("It takes the place of one that warns at 400, jobs wait at 500.")).toBeTruthy();
    fireEvent.input(within(dialog).getByLabelText("Jobs wait at"), { target: { value: "30" } });
    fireEvent.input(within(dialog).getByLabelText("Refuse jobs at"), { target: { value: "20" } });
    fireEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    expect((await within(dialog).findByRole("alert")).textContent).toContain("Jobs would never wait");
    expect(client.calls.filter(({ name }) => name === "spend.setBudget")).toEqual([]);
  });

  it("asks for at least one amount, and says what was refused", async () => {
    show(() => [], {
      "spend.setBudget": () => {
        throw new CallError("unavailable", "No budget now.");
      },
    });
    fireEvent.click(await screen.findByRole("button", { name: "Set a budget" }));
    const dialog = await screen.findByRole("dialog", { name: "Set a budget" });
    fireEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    expect((await within(dialog).findByRole("alert")).textContent).toContain("at least one amount");
    fireEvent.input(screen.getByLabelText("Refuse jobs at"), { target: { value: "10" } });
    fireEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(within(dialog).getByRole("alert").textContent).toContain("No budget now."));
  });

  it("asks for nothing anew where the same rows are only summed up differently", async () => {
    const { asked } = show(() => [row()]);
    await screen.findByRole("table");
    fireEvent.click(screen.getByLabelText("By account"));
    await screen.findByRole("table", { name: "Spend by account" });
    expect(asked()).toHaveLength(1);
  });

  it("stands, with its dialog, whether the users are on their way or cannot be read", async () => {
    for (const users of [() => new Promise<never>(() => undefined), () => Promise.reject(new CallError("unavailable", "Not now."))]) {
      const { client } = show(() => [row()], { "auth.users": users }, "admin");
      await screen.findByRole("table");
      fireEvent.click(screen.getByRole("button", { name: "Set a budget" }));
      const dialog = await screen.findByRole("dialog", { name: "Set a budget" });
      expect([...within(dialog).getByLabelText<HTMLSelectElement>("Whose").options].map(({ text }) => text)).toEqual([
        "Mine",
        "Everybody's together",
      ]);
      expect(screen.queryByText("The panel waits")).toBeNull();
      expect(client.calls.filter(({ name }) => name === "auth.users")).toHaveLength(1);
      cleanup();
    }
  });

  it("says so where the budgets cannot be read, and reads them once for each reason", async () => {
    let fails = true;
    const { client } = show(() => [row()], {
      "spend.budgets": () => {
        if (fails) {
          throw new CallError("unavailable", "Not reachable now.");
        }
        return { budgets: [sampleBudget()] };
      },
    });
    const reads = () => client.calls.filter(({ name }) => name === "spend.budgets").length;
    expect((await screen.findByRole("alert")).textContent).toContain("The budgets could not be read. Not reachable now.");
    client.snapshot("jobs.jobs", { counts: { processing: 1 }, jobs: [sampleJob({ state: "processing", rev: 1 })], next: null });
    expect(reads()).toBe(1);
    client.deltas("jobs.jobs", [sampleJob({ state: "failed", rev: 2 })]);
    // Without any having been read before.
    await waitFor(() => expect(reads()).toBe(2), { timeout: 3000 });
    fails = false;
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByRole("listitem", { name: "PixVerse, a day" });
    expect(screen.queryByRole("alert")).toBeNull();
    fireEvent.click(screen.getByLabelText("7 days"));
    await waitFor(() => expect(client.calls.filter(({ name }) => name === "accounts.spend")).toHaveLength(3));
    expect(reads()).toBe(3);
  });

  it("asks for the range that is chosen", async () => {
    const { asked } = show(() => [row()]);
    await screen.findByRole("table");
    fireEvent.click(screen.getByLabelText("7 days"));
    await waitFor(() => expect(screen.getByRole("img").getAttribute("aria-label")).toContain("in 7 days"));
    expect(asked()).toEqual([
      { days: 30, everybody: false },
      { days: 7, everybody: false },
    ]);
  });

  it("reads anew when a job has ended, and not while it is not seen", async () => {
    let charged = 495;
    const { client, asked, setVisible } = show(() => [row({ charged })]);
    await screen.findByRole("table");
    client.snapshot("jobs.jobs", { counts: { processing: 1 }, jobs: [sampleJob({ state: "processing", rev: 1 })], next: null });
    charged = 540;
    client.deltas("jobs.jobs", [sampleJob({ state: "completed", rev: 2 })]);
    await waitFor(() => expect(screen.getAllByText("540 credits").length).toBeGreaterThan(0), { timeout: 3000 });
    expect(asked()).toHaveLength(2);
    setVisible(false);
    fireEvent.click(screen.getByLabelText("90 days"));
    expect(asked()).toHaveLength(2);
    setVisible(true);
    await waitFor(() => expect(asked()).toHaveLength(3));
  });

  it("says that it could not be read, and keeps what it has when reading anew fails", async () => {
    let fails = true;
    show(() => {
      if (fails) {
        throw new CallError("unavailable", "Not reachable now.");
      }
      return [row()];
    });
    await screen.findByText("The spend could not be read");
    fails = false;
    fireEvent.click(screen.getByText("Try again"));
    await screen.findByRole("table");
    fails = true;
    fireEvent.click(screen.getByRole("button", { name: "Read anew" }));
    expect((await screen.findByRole("alert")).textContent).toContain("Not reachable now.");
    expect(screen.getByRole("table")).toBeTruthy();
  });
});
