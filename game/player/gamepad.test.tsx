import { render, screen } from "@solidjs/testing-library";
import { afterEach, expect, test, vi } from "vitest";
import { localPlay } from "../net/local.ts";
import { forkStory as story } from "../net/testing.ts";
import { readSettings } from "./settings.ts";
import { Silence } from "./testing.ts";
import { Theatre } from "./theatre.tsx";

const waitFor = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000 });

afterEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
  vi.unstubAllGlobals();
});

const places = { press: 0, back: 1, previous: 4, next: 5, pause: 9, up: 12, down: 13, right: 15 } as const;

/** A pad of the standard layout. Each of its buttons is pressed for as long as somebody looks at it once. */
const makePad = () => {
  let pressed = new Set<number>();
  let looks = 0;
  const getGamepads = () => {
    looks++;
    return [null, { axes: [0, 0], buttons: Array.from({ length: 17 }, (_, at) => ({ pressed: pressed.has(at) })) }];
  };
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator) as Navigator, { getGamepads }));
  const seen = async (): Promise<void> => {
    const before = looks;
    await waitFor(() => expect(looks).toBeGreaterThan(before + 1));
  };
  return async (...names: ReadonlyArray<keyof typeof places>): Promise<void> => {
    for (const name of names) {
      pressed = new Set([places[name]]);
      await seen();
      pressed = new Set();
      await seen();
    }
  };
};

const open = (signIn: string | null = null) => {
  vi.stubGlobal("AudioContext", Silence);
  const source = { ...localPlay({ story, title: "The fork", media: () => Promise.resolve(new Map()), seed: () => 1 }), signIn };
  const { unmount } = render(() => <Theatre source={source} />);
  return { source, unmount };
};

test("a story is begun, chosen in and ended by a gamepad that was used before the page", async () => {
  const press = makePad();
  const { source, unmount } = open();
  await screen.findByRole("button", { name: "Play" });
  await press("press");
  await screen.findByRole("region", { name: "Choices" });
  const [first = "", second = ""] = screen
    .getAllByRole("button")
    .flatMap(({ dataset, textContent }) => (dataset["choice"] ? [textContent] : []));
  await waitFor(() => expect(document.activeElement?.textContent).toBe(first));
  await press("right");
  expect(document.activeElement?.textContent).toBe(second);
  await press("press");
  expect(source.history().map(({ chosen }) => `2${chosen["en"]}`)).toEqual([second]);
  unmount();
});

test("a link is gone to, and followed", async () => {
  const press = makePad();
  const { unmount } = open("#signed-in");
  const play = await screen.findByRole("button", { name: "Play" });
  await waitFor(() => expect(document.activeElement).toBe(play));
  await press("down");
  expect(document.activeElement).toBe(screen.getByRole("link", { name: "Sign in" }));
  await press("press");
  await waitFor(() => expect(location.hash).toBe("#signed-in"));
  history.replaceState(null, "", location.pathname);
  unmount();
});

test("what is beside the choices is gone to as well, and settings are made", async () => {
  const press = makePad();
  const { unmount } = open();
  await press("press");
  await screen.findByRole("region", { name: "Choices" });
  await press("pause");
  await screen.findByRole("button", { name: "Play" });
  await press("pause");
  await screen.findByRole("button", { name: "Pause" });
  const onSettings = () => document.activeElement?.textContent === "Settings";
  for (let steps = 0; steps < 12 && !onSettings(); steps++) await press("next");
  await press("press");
  const dialog = await screen.findByRole("dialog", { name: "Settings", hidden: true });
  await waitFor(() => expect(dialog.hasAttribute("open")).toBe(true));
  // It lies over the picture, which it has stopped: that does not go on under it.
  await press("pause");
  expect(screen.getByRole("button", { name: "Play", hidden: true })).toBeTruthy();
  const { volume, speed } = readSettings(localStorage);
  const labelled = (label: string) => document.activeElement?.closest("label")?.textContent?.startsWith(label) === true;
  const goTo = async (label: string): Promise<void> => {
    for (let steps = 0; steps < 12 && !labelled(label); steps++) await press("down");
    expect(labelled(label)).toBe(true);
  };
  await goTo("Volume");
  await press("right");
  await goTo("Speed");
  await press("right");
  await goTo("Subtitles");
  await press("press");
  const after = readSettings(localStorage);
  expect(after.volume).toBeGreaterThan(volume);
  expect(after.speed).toBeGreaterThan(speed);
  expect(after.captions).toBe(false);
  await press("back");
  await waitFor(() => expect(screen.queryByRole("dialog", { hidden: true })).toBeNull());
  unmount();
});

test("what is not shown is passed over", async () => {
  const press = makePad();
  const { unmount } = open();
  await press("press");
  await screen.findByRole("region", { name: "Choices" });
  const mute = screen.getByRole("button", { name: "Mute" });
  mute.style.visibility = "hidden";
  screen.getByRole("button", { name: "History" }).style.display = "none";
  screen.getByRole("button", { name: "Skip" }).focus();
  await press("next");
  expect(document.activeElement?.textContent).toBe("Settings");
  await press("previous");
  expect(document.activeElement?.textContent).toBe("Skip");
  unmount();
});

test("a page that may not know of any gamepad plays without", async () => {
  const refused = () => {
    throw new DOMException("Not in this frame.", "SecurityError");
  };
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator) as Navigator, { getGamepads: refused }));
  const { unmount } = open();
  (await screen.findByRole("button", { name: "Play" })).click();
  expect(await screen.findByRole("region", { name: "Choices" })).toBeTruthy();
  unmount();
});
