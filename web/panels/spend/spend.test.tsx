import { fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { describe, expect, it } from "vitest";
import { CallError } from "#protocol/wire/errors.ts";
import { local, remote } from "#web/panels/accounts/testing.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { sampleJob } from "#web/store/testing.ts";
import type { SpendRow } from "./sums.ts";
import SpendPanel from "./spend.tsx";

const opened = recordOpened();

const today = new Date().toISOString().slice(0, 10);
const row = (change: Partial<SpendRow> = {}): SpendRow => ({
  day: today,
  provider: "pixverse",
  accountId: "acc_1",
  accountTitle: "Main",
  type: "credits",
  submissions: 12,
  completed: 11,
  estimated: 540,
  charged: 495,
  ...change,
});

const show = (rows: () => ReadonlyArray<SpendRow>) => {
  const [visible, setVisible] = createSignal(true);
  const shown = renderInWorkspace(
    { "jobs.providers": () => ({ providers: [local, remote] }), "accounts.spend": () => ({ rows: [...rows()] }) },
    () => <SpendPanel params={{}} visible={visible} setTitle={() => undefined} />,
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

  it("asks for the range that is chosen", async () => {
    const { asked } = show(() => [row()]);
    await screen.findByRole("table");
    fireEvent.click(screen.getByLabelText("7 days"));
    await waitFor(() => expect(screen.getByRole("img").getAttribute("aria-label")).toContain("in 7 days"));
    expect(asked()).toEqual([{ days: 30 }, { days: 7 }]);
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
