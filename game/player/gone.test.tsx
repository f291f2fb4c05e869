import { fireEvent, render, screen, waitFor } from "@solidjs/testing-library";
import { afterEach, expect, test, vi } from "vitest";
import { localPlay } from "../net/local.ts";
import type { Gone, PlaySource } from "../net/source.ts";
import { forkStory as story } from "../net/testing.ts";
import { Silence } from "./testing.ts";
import { Theatre } from "./theatre.tsx";

afterEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
  vi.unstubAllGlobals();
});

const opened = (more: (source: PlaySource) => Partial<PlaySource> = () => ({})) => {
  vi.stubGlobal("AudioContext", Silence);
  const local = localPlay({ story, title: "The fork", media: () => Promise.resolve(new Map()), seed: () => 1 });
  local.take({ type: "choose", turn: 0, edge: "l" });
  const listeners = new Set<() => void>();
  let gone: Gone | null = null;
  const source: PlaySource = {
    ...local,
    gone: () => gone,
    onChange: (listener) => {
      const off = local.onChange(listener);
      const hear = (): void => listener({ state: local.state(), outputs: [], jumped: false });
      listeners.add(hear);
      return () => {
        off();
        listeners.delete(hear);
      };
    },
    ...more(local),
  };
  render(() => <Theatre source={source} />);
  return (how: Gone = "deleted") => {
    gone = how;
    for (const hear of listeners) hear();
  };
};
const press = (name: string | RegExp): void => screen.getByRole("button", { name, hidden: true }).click();

test("one that was deleted elsewhere while it was played says so, and begins anew where that can be done", async () => {
  let tries = 0;
  const deleted = opened(() => ({
    restart: () => (++tries === 1 ? Promise.reject(new Error("The server cannot be reached.")) : Promise.resolve()),
  }));
  press("Go on");
  await screen.findByRole("button", { name: /Full screen/ });
  deleted();
  expect((await screen.findByRole("alert")).textContent).toContain("This playthrough was deleted");
  expect(screen.getAllByRole("button").map(({ textContent }) => textContent)).toEqual(["Begin anew"]);
  press("Begin anew");
  await screen.findByText("The server cannot be reached.");
  press("Begin anew");
  await waitFor(() => expect(screen.queryByText("The server cannot be reached.")).toBeNull());
  expect(tries).toBe(2);
});

test("one that was cut off is loaded again, also by who only follows it", async () => {
  const cut = opened(() => ({ watching: true }));
  press("Watch");
  await screen.findByRole("button", { name: /Full screen/ });
  cut("cutOff");
  const said = (await screen.findByRole("alert")).textContent;
  // It is not known here which it was: nothing is promised that is not true of each.
  expect(said).toMatch(/This page was cut off.*the link has expired or was withdrawn/);
  expect(said).not.toContain("lost");
  expect(screen.getAllByRole("button").map(({ textContent }) => textContent)).toEqual(["Load it again"]);
  const reload = vi.spyOn(location, "reload").mockImplementation(() => {});
  press("Load it again");
  expect(reload).toHaveBeenCalledOnce();
});

test("going back, once it is done, closes the panel it was asked for in and no other", async () => {
  const going = Promise.withResolvers<void>();
  opened(() => ({ rewind: () => going.promise }));
  press("Go on");
  press("History");
  press("Choose again");
  press("Close");
  press("Settings");
  await waitFor(() => expect(document.querySelector("dialog")?.getAttribute("aria-label")).toBe("Settings"));
  going.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  expect(document.querySelector("dialog")?.getAttribute("aria-label")).toBe("Settings");
});

test("says why the story cannot be begun again, and why a saved place was not deleted", async () => {
  const no = (what: string) => () => Promise.reject(new Error(what));
  opened(() => ({
    saves: () => [{ id: "sav_1", name: "Here", at: 1 }],
    dropSave: no("It was not deleted."),
    restart: no("It was not begun."),
  }));
  press("From the beginning");
  await screen.findByText("It was not begun.");
  await waitFor(() => expect(screen.getByRole("button", { name: "Go on" })).toHaveProperty("disabled", false));
  press("Go on");
  press("History");
  press("Delete Here");
  await screen.findByText("It was not deleted.");
  fireEvent.click(screen.getByRole("button", { name: "From the beginning", hidden: true }));
  await screen.findByText("It was not begun.");
});
