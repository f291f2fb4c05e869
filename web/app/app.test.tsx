import { cleanup, fireEvent, render, screen, waitFor, within } from "@solidjs/testing-library";
import { createSignal, type Component } from "solid-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CallError } from "#protocol/wire/errors.ts";
import type { ConnectionState } from "#web/store/connection.ts";
import type { Session, Unsaved } from "#web/store/session.ts";
import { renderInWorkspace } from "#web/panels/testing.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { keyPlaces } from "#web/ui/place-keys.ts";
import { toast, ToastLayer } from "#web/ui/toast.tsx";
import { AccountDialogs, accountItems } from "./account.tsx";
import { listenForKeys, provideCommands } from "./commands.ts";
import { StaleBar } from "./connection-mark.tsx";
import { HelpSheet } from "./help.tsx";
import { Palette } from "./palette.tsx";
import { ChoosePassword, Redeem, SignIn } from "./sign-in.tsx";

afterEach(cleanup);

const sessionOf = (change: Partial<Session>): Session => ({
  state: () => ({ kind: "signedOut", notice: null }),
  signIn: () => Promise.resolve(),
  redeem: () => Promise.resolve(),
  setPassword: () => Promise.resolve(),
  signOut: () => Promise.resolve([]),
  beforeSignOut: () => () => undefined,
  ...change,
});
const type = (label: string, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

describe("the door", () => {
  it("asks for both before it asks the server, and says what the server refuses", async () => {
    const tried: Array<string> = [];
    const session = sessionOf({
      signIn: (login) => {
        tried.push(login);
        return Promise.reject(new CallError("invalid_credentials", "Login or password is wrong."));
      },
    });
    render(() => <SignIn session={session} notice="Your session has ended." story={null} />);
    expect(screen.getByRole("status").textContent).toContain("ended");
    press("Sign in");
    expect(screen.getByText(/Enter your e-mail/)).toBeTruthy();
    type("E-mail or user name", " ada ");
    type("Password", "nope");
    press("Sign in");
    await screen.findByText("Login or password is wrong.");
    expect(tried).toEqual(["ada"]);
    expect(screen.getByLabelText("Password").getAttribute("aria-invalid")).toBe("true");
  });

  it("redeems a link once it is pressed, or says what to do with a spent one", async () => {
    const session = sessionOf({ redeem: () => Promise.reject(new CallError("invalid_credentials", "This link has been used.")) });
    let done = 0;
    render(() => <Redeem session={session} token="k3v" onDone={() => (done += 1)} />);
    press("Sign in");
    expect((await screen.findByRole("alert")).textContent).toContain("has been used");
    press("Sign in with a password");
    expect(done).toBe(1);
  });

  it("lets a password be chosen or left for later", async () => {
    const set: Array<string> = [];
    let done = 0;
    const session = sessionOf({
      setPassword: (password) => {
        set.push(password);
        return Promise.resolve();
      },
    });
    render(() => <ChoosePassword session={session} username="ada" onDone={() => (done += 1)} />);
    type("Password", "short");
    press("Set password");
    expect(screen.getByText("A password has 8 to 100 characters.")).toBeTruthy();
    type("Password", "correct horse");
    type("The same again", "correct house");
    press("Set password");
    expect(screen.getByText("This is not the same as above.")).toBeTruthy();
    type("The same again", "correct horse");
    press("Set password");
    await waitFor(() => expect(done).toBe(1));
    expect(set).toEqual(["correct horse"]);
    press("Later");
    expect(done).toBe(2);
  });
});

describe("signing out", () => {
  const door = (answers: Array<Promise<ReadonlyArray<Unsaved>>>) => {
    const asked: Array<boolean | undefined> = [];
    const { workspace } = renderInWorkspace({}, () => <AccountDialogs />);
    const session: Session = {
      ...workspace.session,
      signOut: (anyway) => {
        asked.push(anyway);
        return answers.shift() ?? Promise.resolve([]);
      },
    };
    Object.assign(workspace.session, { signOut: session.signOut });
    const leave = accountItems(workspace.user(), session).find((item) => item !== "separator" && item.label.startsWith("Sign out"));
    if (leave === undefined || leave === "separator") throw new Error("There is no way to sign out.");
    return { asked, leave: () => leave.onSelect() };
  };

  it("asks where something is not saved, and leaves only where it is told to", async () => {
    const unsaved = [{ title: "What you changed last in “Fox” was not saved", detail: "It is too long." }];
    const { asked, leave } = door([Promise.resolve(unsaved), Promise.resolve(unsaved)]);
    leave();
    const dialog = await screen.findByRole("dialog", { name: "Not everything is saved" });
    expect(dialog.textContent).toContain("“Fox” was not savedIt is too long.");
    press("Stay");
    await waitFor(() => expect(dialog.hasAttribute("data-closed")).toBe(true));
    leave();
    await screen.findByRole("dialog", { name: "Not everything is saved" });
    press("Sign out without it");
    expect(asked).toEqual([undefined, undefined, true]);
  });

  it("asks also where saving fails as it must not, before it said that it waits and after", async () => {
    let fail = (_: Error) => undefined as void;
    const { leave } = door([Promise.reject(new Error("It fell over.")), new Promise((_, reject) => (fail = reject))]);
    leave();
    const dialog = await screen.findByRole("dialog", { name: "Not everything is saved" });
    expect(dialog.textContent).toContain("may not have been savedIt fell over.");
    press("Stay");
    leave();
    await screen.findByRole("dialog", { name: "Saving before you are signed out" });
    fail(new Error("It fell over late."));
    await screen.findByRole("dialog", { name: "Not everything is saved" });
    press("Stay");
    await waitFor(() => expect(screen.queryByText(/fell over late/)?.closest("[data-closed]")).not.toBeNull());
  });

  it("says that it waits where saving takes long, and nothing where it does not", async () => {
    const { leave } = door([Promise.resolve([]), new Promise(() => undefined)]);
    vi.useFakeTimers();
    leave();
    await vi.advanceTimersByTimeAsync(1000);
    expect(screen.queryByRole("dialog")).toBeNull();
    leave();
    await vi.advanceTimersByTimeAsync(1000);
    expect(screen.getByRole("dialog", { name: "Saving before you are signed out" })).toBeTruthy();
    vi.useRealTimers();
  });
});

describe("commands", () => {
  const ran: Array<string> = [];
  const Page: Component = () => {
    const [palette, setPalette] = createSignal(false);
    const [help, setHelp] = createSignal(false);
    provideCommands(() => [
      { id: "a", title: "Search commands", group: "General", keys: "mod+k", run: () => setPalette(true) },
      { id: "b", title: "Keyboard shortcuts", group: "General", keys: "?", run: () => setHelp(true) },
      { id: "c", title: "Show Jobs", group: "Panels", keys: "g j", run: () => void ran.push("jobs") },
    ]);
    listenForKeys();
    return (
      <>
        <input aria-label="Text" />
        <Palette open={palette()} onClose={() => setPalette(false)} />
        <HelpSheet open={help()} onClose={() => setHelp(false)} />
      </>
    );
  };
  const key = (name: string, held: { readonly ctrlKey?: boolean; readonly shiftKey?: boolean } = {}, target: Element = document.body) =>
    fireEvent.keyDown(target, { key: name, ...held });

  it("run by their keys, but not while somebody types", () => {
    ran.length = 0;
    render(() => <Page />);
    key("g");
    key("j");
    expect(ran).toEqual(["jobs"]);
    const text = screen.getByLabelText("Text");
    key("g", {}, text);
    key("j", {}, text);
    expect(ran).toEqual(["jobs"]);
  });

  it("are heard again after Escape in a field; one that is searched in is emptied by it first", () => {
    ran.length = 0;
    render(() => (
      <section class="panel" tabIndex={-1} data-testid="panel">
        <Page />
        <input type="search" aria-label="Look for" value="a fox" />
      </section>
    ));
    const text = screen.getByLabelText("Text");
    text.focus();
    key("Escape", {}, text);
    expect(document.activeElement).toBe(screen.getByTestId("panel"));
    const search = screen.getByLabelText<HTMLInputElement>("Look for");
    search.focus();
    key("Escape", {}, search);
    expect(document.activeElement).toBe(search);
    search.value = "";
    key("Escape", {}, search);
    expect(document.activeElement).toBe(screen.getByTestId("panel"));
  });

  it("are found by words in the palette and run with Enter", async () => {
    ran.length = 0;
    render(() => <Page />);
    key("k", { ctrlKey: true });
    const field = await screen.findByRole("combobox", { name: "Search commands" });
    fireEvent.input(field, { target: { value: "jobs" } });
    expect(screen.getAllByRole("option").map((option) => option.textContent)).toEqual(["Show JobsG then J"]);
    fireEvent.keyDown(field, { key: "Enter" });
    await waitFor(() => expect(ran).toEqual(["jobs"]));
    expect(screen.getByRole("dialog", { hidden: true }).hasAttribute("data-closed")).toBe(true);
  });

  it("stand with their keys on the help sheet", async () => {
    render(() => <Page />);
    key("?", { shiftKey: true });
    const sheet = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
    expect(sheet.textContent).toContain("Show JobsG then J");
  });

  it("are followed by every key that a place declares, with what Shift makes of it", async () => {
    render(() => <Page />);
    key("?", { shiftKey: true });
    const sheet = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
    for (const { title, rows } of keyPlaces) {
      const section = within(sheet).getByRole("heading", { name: title }).closest("section");
      const lines = [...(section?.querySelectorAll("li") ?? [])].map(({ textContent }) => textContent);
      expect(lines).toHaveLength(rows.length + rows.filter(({ withShift }) => withShift !== undefined).length);
      for (const row of rows) {
        expect(lines.some((line) => line?.startsWith(row.title))).toBe(true);
      }
    }
    expect(sheet.textContent).toContain("Run againR");
    expect(sheet.textContent).toContain("Run again with a new seedShift R");
    expect(sheet.textContent).toContain("Larger+=");
    expect(sheet.textContent).toContain("Select allCtrl A");
  });
});

describe("the bar over stale data", () => {
  it("comes only when the connection stays away, counts down, and offers to try now", async () => {
    const [state, setState] = createSignal<ConnectionState>({ kind: "live" });
    let retried = 0;
    render(() => <StaleBar state={state()} onRetry={() => (retried += 1)} />);
    setState({ kind: "reconnecting", retryAt: Date.now() + 30_000 });
    expect(screen.queryByRole("status")).toBeNull();
    expect((await screen.findByRole("status")).textContent).toContain("Next try in 30 s");
    press("Try now");
    expect(retried).toBe(1);
    setState({ kind: "live" });
    expect(screen.queryByRole("status")).toBeNull();
  });
});

describe("a toast", () => {
  it("offers one way back, and goes when it is taken", () => {
    let undone = 0;
    render(() => <ToastLayer />);
    toast("2 assets deleted", { action: { label: "Undo", onSelect: () => (undone += 1) } });
    press("Undo");
    expect(undone).toBe(1);
    expect(screen.queryByText("2 assets deleted")).toBeNull();
  });
});

describe("a dialog", () => {
  it("has its title as its name, starts in its first field, and closes with Escape", async () => {
    const [open, setOpen] = createSignal(true);
    render(() => (
      <Dialog open={open()} onClose={() => setOpen(false)} title="Keep as a preset">
        <input aria-label="Name" />
      </Dialog>
    ));
    await screen.findByRole("dialog", { name: "Keep as a preset" });
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Name")));
    fireEvent.keyDown(screen.getByLabelText("Name"), { key: "Escape" });
    await waitFor(() => expect(open()).toBe(false));
  });
});
