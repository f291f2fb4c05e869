import { cleanup, fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { Suspense } from "solid-js";
import { describe, expect, it, vi } from "vitest";
import type { Account } from "#protocol/account.ts";
import { auth } from "#protocol/auth.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { allCommands } from "#web/app/commands.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { sampleAccount } from "#web/store/testing.ts";
import AccountsPanel from "./accounts.tsx";
import { local, remote } from "./testing.ts";

recordOpened();

type Handlers = Parameters<typeof renderInWorkspace>[0];
const me = auth.calls.me.example.output;

const show = async (accounts: ReadonlyArray<Account>, handlers: Handlers = {}, role: "admin" | "user" = "admin") => {
  const shown = renderInWorkspace(
    { "jobs.providers": () => ({ providers: [local, remote] }), ...handlers },
    () => <AccountsPanel params={{}} visible={() => true} setTitle={() => undefined} />,
    { role },
  );
  shown.client.snapshot("accounts.accounts", { accounts: [...accounts] });
  await screen.findByText("Made there.");
  return shown;
};
const mine = (change: Partial<Account> = {}) => sampleAccount({ ownerId: me.id, ...change });
const card = (title = "Main") => screen.getByRole("article", { name: title });
const press = (name: string | RegExp, within_: HTMLElement = document.body) =>
  fireEvent.click(within(within_).getByRole("button", { name }));
const type = (label: string, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });
const sent = ({ client }: Awaited<ReturnType<typeof show>>, name: string) =>
  client.calls.filter((call) => call.name === name).map(({ input }) => input);
/** One that closes may stand a moment longer. */
const openDialog = () => document.querySelector("[role=dialog]:not([data-closed])");
const openAdd = async () => {
  press("Add account at PixVerse");
  return screen.findByRole("dialog", { name: "Add an account" });
};

describe("the Providers & accounts panel", () => {
  it("waits visibly, then says what accounts are for and leads to the form", async () => {
    const { client } = renderInWorkspace({ "jobs.providers": () => ({ providers: [local, remote] }) }, () => (
      <AccountsPanel params={{}} visible={() => true} setTitle={() => undefined} />
    ));
    expect(screen.getByLabelText("Loading the accounts")).toBeTruthy();
    client.snapshot("accounts.accounts", { accounts: [] });
    await screen.findByText("No accounts yet");
    press("Add an account");
    expect(await screen.findByRole("dialog", { name: "Add an account" })).toBeTruthy();
  });

  it("comes into view at the provider that is meant once, not with every change", async () => {
    const scrolled = vi.spyOn(Element.prototype, "scrollIntoView").mockReturnValue();
    const { client } = renderInWorkspace({ "jobs.providers": () => ({ providers: [local, remote] }) }, () => (
      <AccountsPanel params={{ provider: "pixverse" }} visible={() => true} setTitle={() => undefined} />
    ));
    client.snapshot("accounts.accounts", { accounts: [mine({ rev: 1 })] });
    await waitFor(() => expect(scrolled).toHaveBeenCalledOnce());
    client.deltas("accounts.accounts", [mine({ title: "Second", rev: 2 })]);
    await screen.findByRole("article", { name: "Second" });
    expect(scrolled).toHaveBeenCalledOnce();
    scrolled.mockRestore();
  });

  it("stands while what was left of an account's credits is on its way", async () => {
    const { client } = renderInWorkspace(
      { "jobs.providers": () => ({ providers: [local, remote] }), "accounts.balances": () => new Promise(() => undefined) },
      () => (
        <Suspense fallback="The panel waits">
          <AccountsPanel params={{}} visible={() => true} setTitle={() => undefined} />
        </Suspense>
      ),
    );
    client.snapshot("accounts.accounts", { accounts: [mine()] });
    expect(await screen.findByRole("article", { name: "Main" })).toBeTruthy();
    await waitFor(() => expect(client.calls.map(({ name }) => name)).toContain("accounts.balances"));
    expect(screen.queryByText("The panel waits")).toBeNull();
  });

  it("says so where it cannot tell what is paused, and follows that again on request", async () => {
    const { client } = await show([]);
    client.refuse("accounts.pauses", new CallError("unavailable", "Not reachable now."));
    expect((await screen.findByRole("alert")).textContent).toContain("What is paused could not be read. Not reachable now.");
    press("Try again");
    expect(screen.queryByRole("alert")).toBeNull();
    expect(client.followers("accounts.pauses")).toBe(1);
  });

  it("shows a provider that needs no account as ready", async () => {
    await show([]);
    const section = screen.getByRole("region", { name: "Studio" });
    expect(within(section).getByText("Ready, needs no account")).toBeTruthy();
    expect(within(section).queryByRole("button", { name: /account/ })).toBeNull();
  });

  it("pauses and resumes everything or one provider by one press, and shows what holds jobs back", async () => {
    let rev = 0;
    const shown = await show(
      [mine()],
      {
        "accounts.pauseJobs": ({ provider, everybody, paused }) => ({
          provider,
          everybody,
          since: paused ? 1_764_000_000_000 : null,
          rev: ++rev,
        }),
      },
      "user",
    );
    const section = screen.getByRole("region", { name: "PixVerse" });
    press("Pause PixVerse");
    expect((await within(section).findByRole("status")).textContent).toMatch(/^Paused by you since .* nothing new is sent\.Resume$/);
    expect(within(section).queryByRole("button", { name: "Pause PixVerse" })).toBeNull();
    press("Pause everything");
    await screen.findByText(/^Everything is paused by you since/);
    press("Resume PixVerse");
    await waitFor(() => expect(within(section).queryByRole("status")).toBeNull());
    // An older word, and one about everybody: that only an administrator ends.
    shown.client.deltas("accounts.pauses", [
      { provider: "pixverse", everybody: false, since: 5, rev: 1 },
      { provider: "pixverse", everybody: true, since: 1_764_000_000_000, rev: 1 },
    ]);
    const note = await within(section).findByRole("status");
    expect(note.textContent).toMatch(/^Paused for everybody by an administrator since/);
    expect(within(note).queryByRole("button")).toBeNull();
    expect(sent(shown, "accounts.pauseJobs")).toEqual([
      { provider: "pixverse", everybody: false, paused: true },
      { provider: null, everybody: false, paused: true },
      { provider: "pixverse", everybody: false, paused: false },
    ]);
  });

  it("lets an administrator pause for everybody, and says what could not be paused", async () => {
    const shown = await show([], {
      "accounts.pauseJobs": () => {
        throw new CallError("unavailable", "Nobody answers now.");
      },
    });
    press("Pause Studio for everybody");
    await screen.findByText("Studio could not be paused");
    expect(sent(shown, "accounts.pauseJobs")).toEqual([{ provider: "studio", everybody: true, paused: true }]);
    cleanup();
    await show([], {}, "user");
    expect(screen.queryByRole("button", { name: /for everybody/ })).toBeNull();
  });

  it("shows how an account stands, and moves as that changes, with the focus where it was", async () => {
    const { client } = await show([mine({ busy: 2, granted: 3, usedToday: 12, dailyLimit: 50 })]);
    for (const words of ["Available", "2 of 3 busy", "1,200 credits", "45 held", "12 of 50", "11", "1 failed", "48 s"]) {
      expect(within(card()).getByText(words)).toBeTruthy();
    }
    expect(within(card()).getByText("of your 5: the provider gives fewer now")).toBeTruthy();
    const test = within(card()).getByRole("button", { name: "Test" });
    test.focus();
    client.deltas("accounts.accounts", [
      mine({
        rev: 41,
        state: "coolingDown",
        reason: "PixVerse asked for a pause until 12:00 UTC.",
        cooldownUntil: Date.now() + 90_500,
        streak: 3,
        failure: { kind: "limit", message: "Too many at once.", at: 1_764_000_000_000 },
      }),
    ]);
    await within(card()).findByText("Cooling down");
    expect(within(card()).getByRole("timer").textContent).toMatch(/^ 1:(30|29) left$/);
    expect(within(card()).getByText("1 failed, the last 3 in a row")).toBeTruthy();
    expect(card().textContent).toContain("Too many at once.");
    expect(document.activeElement).toBe(test);
    client.deltas("accounts.accounts", [mine({ rev: 42, state: "removed" })]);
    await screen.findByText("No accounts yet");
  });

  it("says nothing of credits where the provider counts in none", async () => {
    const own = { ...remote, id: "gpu", title: "Own machine", summary: "Made here.", account: { ...remote.account, creditType: null } };
    await show([mine({ credits: null }), mine({ id: "acc_2", title: "GPU", provider: "gpu", credits: null })], {
      "jobs.providers": () => ({ providers: [remote, own] }),
    });
    expect(within(card()).getByText("Credits")).toBeTruthy();
    expect(within(card()).getByText("not told")).toBeTruthy();
    expect(within(card("GPU")).queryByText("Credits")).toBeNull();
  });

  it("says once what is both the reason and the last failure", async () => {
    await show([
      mine({
        state: "erring",
        reason: "The key is not valid.",
        failure: { kind: "authentication", message: "The key is not valid.", at: 1 },
      }),
    ]);
    expect(within(card()).getAllByText("The key is not valid.")).toHaveLength(1);
  });

  it("says once that all places are taken", async () => {
    await show([mine({ state: "saturated", reason: "All its places are taken." })]);
    expect(
      within(card())
        .getAllByText(/^all .*places/i)
        .map(({ textContent }) => textContent),
    ).toEqual(["All places taken"]);
  });

  it("pauses, resumes and tests, and shows the answer at once", async () => {
    const shown = await show([mine()], {
      "accounts.pause": ({ paused }) => mine({ state: paused ? "disabled" : "available", rev: paused ? 41 : 42 }),
      "accounts.test": () => mine({ state: "reauthenticating", rev: 43 }),
    });
    press("Pause", card());
    await within(card()).findByText("Paused");
    await waitFor(() => expect(within(card()).getByRole<HTMLButtonElement>("button", { name: "Resume" }).disabled).toBe(false));
    press("Resume");
    await within(card()).findByText("Available");
    await waitFor(() => expect(within(card()).getByRole<HTMLButtonElement>("button", { name: "Pause" }).disabled).toBe(false));
    press("Test");
    await within(card()).findByText("Being checked");
    expect(within(card()).getByRole<HTMLButtonElement>("button", { name: "Test" }).disabled).toBe(true);
    expect(sent(shown, "accounts.pause")).toEqual([
      { id: "acc_1", paused: true },
      { id: "acc_1", paused: false },
    ]);
    expect(sent(shown, "accounts.test")).toEqual([{ id: "acc_1" }]);
  });

  it("says what could not be done", async () => {
    await show([mine()], {
      "accounts.test": () => {
        throw new CallError("unavailable", "Not reachable now.");
      },
    });
    press("Test");
    await screen.findByText("“Main” could not be tested");
    expect(screen.getByText("Not reachable now.")).toBeTruthy();
  });

  it("adds an account with what was filled in, and forgets the credentials", async () => {
    const shown = await show([mine({ title: "PixVerse" })], {
      "accounts.add": ({ title }) => mine({ id: "acc_2", title, state: "reauthenticating", rev: 0 }),
    });
    const dialog = await openAdd();
    expect(within(dialog).getByText("The key is at platform.example under API keys.")).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("PixVerse 2");
    const key = screen.getByLabelText<HTMLInputElement>("API key");
    expect([key.type, key.autocomplete]).toEqual(["password", "off"]);
    type("Name", "Second");
    type("API key", " sk-1 ");
    type("Limit a day", "20");
    press("Add the account");
    await screen.findByText("“Second” is added");
    expect(sent(shown, "accounts.add")).toEqual([
      {
        provider: "pixverse",
        title: "Second",
        settings: { baseUrl: "https://app-api.pixverse.ai" },
        secrets: { apiKey: "sk-1" },
        shared: false,
        concurrency: 5,
        priority: 5,
        dailyLimit: 20,
      },
    ]);
    expect(within(card("Second")).getByText("Being checked")).toBeTruthy();
    await waitFor(() => expect(openDialog()).toBeNull());
    await openAdd();
    expect(screen.getByLabelText<HTMLInputElement>("API key").value).toBe("");
    expect(JSON.stringify(localStorage)).not.toContain("sk-1");
  });

  it("does not send what is wrong, and puts the server's refusal at its field", async () => {
    const shown = await show([], {
      "accounts.add": () => {
        throw new CallError("invalid_input", "It does not fit.", { issues: [{ path: ["secrets", "apiKey"], message: "This is no key." }] });
      },
    });
    await openAdd();
    press("Add the account");
    const key = screen.getByLabelText("API key");
    await waitFor(() => expect(key.getAttribute("aria-invalid")).toBe("true"));
    expect(sent(shown, "accounts.add")).toEqual([]);
    type("API key", "sk-1");
    expect(key.getAttribute("aria-invalid")).toBeNull();
    press("Add the account");
    await screen.findByText("This is no key.");
    expect(key.getAttribute("aria-invalid")).toBe("true");
    expect(document.activeElement).toBe(key);
  });

  it("says what any other refusal was", async () => {
    await show([], {
      "accounts.add": () => {
        throw new CallError("quota_exceeded", "You have 20 accounts, and no more are allowed: remove one first.", {
          quota: "accounts",
          limit: 20,
        });
      },
    });
    const dialog = await openAdd();
    type("API key", "sk-1");
    press("Add the account");
    expect((await within(dialog).findByRole("alert")).textContent).toContain("remove one first");
  });

  it("changes only what was changed, and replaces credentials only on request", async () => {
    const shown = await show([mine()], { "accounts.update": ({ concurrency }) => mine({ rev: 41, concurrency: concurrency ?? 5 }) });
    press("Edit");
    await screen.findByRole("dialog", { name: "Edit “Main”" });
    expect(screen.queryByLabelText("API key")).toBeNull();
    type("Places", "2");
    press("Save");
    await screen.findByText("“Main” is changed");
    press("Edit");
    await screen.findByRole("dialog", { name: "Edit “Main”" });
    fireEvent.click(screen.getByRole("switch", { name: /^Replace the credentials/ }));
    type("API key", "sk-2");
    press("Save");
    await waitFor(() => expect(sent(shown, "accounts.update")).toHaveLength(2));
    expect(sent(shown, "accounts.update")).toEqual([
      { id: "acc_1", concurrency: 2 },
      { id: "acc_1", secrets: { apiKey: "sk-2" } },
    ]);
  });

  it("sends nothing where nothing was changed", async () => {
    const shown = await show([mine()]);
    press("Edit");
    await screen.findByRole("dialog");
    press("Save");
    await waitFor(() => expect(openDialog()).toBeNull());
    expect(sent(shown, "accounts.update")).toEqual([]);
  });

  it("asks before it removes, and shows why that was refused", async () => {
    let busy = true;
    const shown = await show([mine()], {
      "accounts.remove": () => {
        if (busy) {
          throw new CallError("conflict", "A job is under way there: pause it, and remove it when they have ended.");
        }
        return {};
      },
      "accounts.pause": () => mine({ state: "disabled", rev: 41 }),
    });
    press("Remove Main");
    const dialog = await screen.findByRole("dialog", { name: "Remove “Main”?" });
    expect(sent(shown, "accounts.remove")).toEqual([]);
    press("Remove", dialog);
    expect((await within(dialog).findByRole("alert")).textContent).toContain("A job is under way there");
    press("Pause it", dialog);
    await within(card()).findByText("Paused");
    busy = false;
    press("Try again", dialog);
    await screen.findByText("“Main” is removed");
    await waitFor(() => expect(openDialog()).toBeNull());
  });

  it("lets nobody change what is another's, and offers sharing to administrators alone", async () => {
    const shared = sampleAccount({ ownerId: "usr_other", shared: true });
    await show([shared], {}, "user");
    expect(within(card()).getByText("Shared")).toBeTruthy();
    expect(within(card()).queryByRole("button")).toBeNull();
    await openAdd();
    expect(screen.queryByRole("switch", { name: /^Shared with everybody/ })).toBeNull();
    cleanup();
    await show([shared]);
    expect(within(card()).getByRole("button", { name: "Edit" })).toBeTruthy();
    await openAdd();
    expect(screen.getByRole("switch", { name: /^Shared with everybody/ })).toBeTruthy();
  });

  it("has the same for the keyboard alone", async () => {
    await show([]);
    allCommands()
      .find(({ id }) => id === "accounts.add")
      ?.run();
    expect(await screen.findByRole("dialog", { name: "Add an account" })).toBeTruthy();
  });

  it("shows the accounts of a provider that is not offered any more, so that they can be removed", async () => {
    await show([mine({ provider: "gone" })]);
    const section = screen.getByRole("region", { name: "Accounts of other providers" });
    expect(within(section).getByRole("button", { name: "Remove Main" })).toBeTruthy();
  });

  it("says that they could not be read, and tries again", async () => {
    const { client } = await show([]);
    client.refuse("accounts.accounts", new CallError("unavailable", "Not reachable now."));
    await screen.findByText("Not reachable now.");
    press("Try again");
    client.snapshot("accounts.accounts", { accounts: [mine()] });
    expect(await screen.findByRole("article", { name: "Main" })).toBeTruthy();
  });

  it("tells the credits by kind, where the provider counts several", async () => {
    const parts = [
      { type: "monthly", amount: 200 },
      { type: "package", amount: 1000 },
    ];
    await show([mine({ credits: { amount: 1200, type: "credits", at: 9000, parts }, held: 0 })]);
    expect(await screen.findByText("200 monthly · 1,000 package · none held")).toBeTruthy();
  });

  it("draws what was left of the credits over time, up to now", async () => {
    const balances = [
      { amount: 2000, at: 1000 },
      { amount: 1500, at: 5000 },
    ];
    const account = mine({ credits: { amount: 1200, type: "credits", at: 9000 }, lastUsedAt: 9000 });
    await show([account], { "accounts.balances": () => ({ balances }) });
    const line = await screen.findByRole("img", { name: /^2,000 on .*, 1,200 credits now$/ });
    expect(line.querySelector("path")?.getAttribute("d")).toBe("M2.0 2.0L60.0 17.0L118.0 26.0");
  });

  it("draws no line where only one balance is known, or none can be read", async () => {
    await show([mine({ credits: { amount: 1200, type: "credits", at: 9000 } })]);
    expect(await screen.findByText("1,200 credits")).toBeTruthy();
    expect(screen.queryByRole("img")).toBeNull();
  });
});
