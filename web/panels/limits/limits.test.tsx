import { cleanup, fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { afterEach, describe, expect, it } from "vitest";
import { quotas, type Quota } from "#protocol/quota.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { renderInWorkspace } from "#web/panels/testing.tsx";
import { limitWords, shareOf, toneOf } from "./words.ts";
import LimitsPanel from "./limits.tsx";

afterEach(cleanup);

const sample = quotas.calls.get.example.output;
const quota = (change: { readonly limits?: Partial<Quota["limits"]>; readonly used?: Partial<Quota["used"]> } = {}): Quota => ({
  ...sample,
  limits: { ...sample.limits, ...change.limits },
  used: { ...sample.used, ...change.used },
});
const everybody = { ...sample.limits, jobsADay: 100_000 };

type Handlers = Parameters<typeof renderInWorkspace>[0];
const show = (handlers: Handlers, role: "admin" | "user" = "user") => {
  const [visible, setVisible] = createSignal(true);
  const shown = renderInWorkspace(handlers, () => <LimitsPanel params={{}} visible={visible} setTitle={() => undefined} />, { role });
  const asked = (name: string) => shown.client.calls.filter((call) => call.name === name).map(({ input }) => input);
  return { ...shown, asked, setVisible };
};

describe("the Limits panel", () => {
  it("waits visibly, then shows what is used of each limit and says what helps where little is left", async () => {
    const { asked } = show({ "quotas.get": () => quota({ used: { jobsADay: 200, storage: 850 } }) });
    expect(screen.getByLabelText("Loading the limits")).toBeTruthy();
    const jobs = await screen.findByRole("listitem", { name: "Jobs today" });
    expect(jobs.textContent).toBe("Jobs todayUsed up200 of 200Counted anew from midnight UTC.");
    expect(within(jobs).getByRole("progressbar").getAttribute("aria-valuenow")).toBe("100");
    const storage = screen.getByRole("listitem", { name: "Storage" });
    expect(storage.textContent).toContain("850 GB of 1.0 TB");
    expect(storage.textContent).toContain("move some there");
    expect(screen.getByRole("listitem", { name: "Open jobs" }).textContent).toBe("Open jobs3 of 1,000");
    expect(screen.queryByRole("table")).toBeNull();
    expect(asked("quotas.all")).toEqual([]);
  });

  it("says why nothing could be read and asks again on request; later troubles leave what is known", async () => {
    let fails = true;
    const get = () => {
      if (fails) {
        throw new CallError("unavailable", "The database does not answer just now. Try again.");
      }
      return quota();
    };
    const { setVisible } = show({ "quotas.get": get });
    expect((await screen.findByRole("alert")).textContent).toContain("The database does not answer");
    fails = false;
    fireEvent.click(screen.getByText("Try again"));
    await screen.findByRole("listitem", { name: "Assets" });
    fails = true;
    setVisible(false);
    setVisible(true);
    expect((await screen.findByRole("alert")).textContent).toContain("The latest limits could not be read.");
    expect(screen.getByRole("listitem", { name: "Assets" })).toBeTruthy();
  });

  it("lets an administrator set the limits of a user, each or as for everybody", async () => {
    let grace = { ...quota({ used: { openJobs: 1000 } }), username: "grace", role: "user" as const };
    const ada = { ...quota({ used: { accounts: 10 } }), userId: "usr_1", username: "ada", role: "admin" as const };
    const { asked } = show(
      {
        "quotas.get": () => quota(),
        "quotas.all": () => ({ everybody, users: [grace, ada] }),
        "quotas.set": ({ userId, ...own }) => {
          const limits = { ...everybody, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null)) };
          grace = { ...grace, own, limits };
          return { ...grace, userId };
        },
      },
      "admin",
    );
    const table = await screen.findByRole("table", { name: "All users" });
    const cells = () =>
      within(table)
        .getAllByRole("cell")
        .map(({ textContent }) => textContent);
    expect(cells().slice(0, 2)).toEqual(["1,000 of 1,000", "41 of 200 set"]);
    expect([cells()[4], cells()[10]]).toEqual(["2 of 5", "10 no limit"]);
    // An administrator may add any number.
    expect(screen.getByRole("listitem", { name: "Accounts at providers" }).textContent).toContain("2, as many as you like");
    fireEvent.click(screen.getByRole("button", { name: "Set the limits of grace" }));
    const field = async (label: string) => screen.findByLabelText<HTMLInputElement>(label, { selector: "input" });
    expect((await field("Jobs a day")).value).toBe("200");
    expect((await field("Open jobs")).value).toBe("");
    fireEvent.input(await field("Open jobs"), { target: { value: "2.5" } });
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    expect((await screen.findByRole("alert")).textContent).toBe("Open jobs: enter a whole number of zero or more, or nothing.");
    fireEvent.input(await field("Open jobs"), { target: { value: "0" } });
    fireEvent.input(await field("Jobs a day"), { target: { value: "" } });
    fireEvent.input(await field("Storage, GB"), { target: { value: "0.5" } });
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Save" })).toBeNull());
    expect(asked("quotas.set")).toEqual([
      { userId: sample.userId, openJobs: 0, jobsADay: null, assets: null, storage: 0.5, accounts: null },
    ]);
    await waitFor(() => {
      const again = within(screen.getByRole("table")).getAllByRole("cell");
      expect(again.slice(0, 2).map(({ textContent }) => textContent)).toEqual(["1,000 of 0 set", "41 of 100,000"]);
    });
  });
});

describe("the words of limits", () => {
  it("name each limit once, and mark it from four fifths on", () => {
    expect(limitWords.map(({ name }) => name)).toEqual(Object.keys(sample.limits));
    expect([79, 80, 99, 100, 130].map((used) => toneOf(used, 100))).toEqual(["ok", "warn", "warn", "bad", "bad"]);
    expect([shareOf(0, 0), shareOf(5, 10), shareOf(20, 10)]).toEqual([1, 0.5, 1]);
  });
});
