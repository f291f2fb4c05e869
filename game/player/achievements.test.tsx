import { render, screen } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { afterEach, expect, test, vi } from "vitest";
import type { PlayView } from "#protocol/scene/play/view.ts";
import { AchievementList, AchievementToast } from "./achievements.tsx";

afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

const achievements = (...achieved: ReadonlyArray<string>): PlayView["achievements"] => [
  { name: "home", title: "Home again", hidden: false, achieved: achieved.includes("home") },
  { name: "oldFriend", title: "", hidden: true, achieved: achieved.includes("oldFriend") },
];

test("what is achieved is said once and for a while, and not what was achieved before", () => {
  vi.useFakeTimers();
  const [all, setAll] = createSignal(achievements());
  render(() => <AchievementToast achievements={all()} earned={new Set(["home"])} held={false} />);
  const said = () => screen.getByRole("status").textContent;
  setAll(achievements("home"));
  expect(said()).toBe("");
  setAll(achievements("home", "oldFriend"));
  expect(said()).toBe("Achieved Old friend");
  vi.advanceTimersByTime(10_000);
  expect(said()).toBe("");
  // Gone back, and there once more.
  setAll(achievements());
  setAll(achievements("oldFriend"));
  expect(said()).toBe("");
});

test("what was achieved when one came, or of which it becomes known later that it was, is not said", () => {
  const [all, setAll] = createSignal(achievements("home"));
  const [earned, setEarned] = createSignal<ReadonlySet<string>>(new Set<string>());
  render(() => <AchievementToast achievements={all()} earned={earned()} held={false} />);
  setAll(achievements("home"));
  setEarned(new Set(["oldFriend"]));
  setAll(achievements("home", "oldFriend"));
  expect(screen.getByRole("status").textContent).toBe("");
});

test("during a game nothing is said, and afterwards all that was achieved", () => {
  vi.useFakeTimers();
  const [all, setAll] = createSignal(achievements());
  const [held, setHeld] = createSignal(true);
  render(() => <AchievementToast achievements={all()} earned={new Set()} held={held()} />);
  const toast = screen.getByRole("status");
  setAll(achievements("home"));
  expect([toast.textContent, "shown" in toast.dataset]).toEqual(["", false]);
  setAll(achievements("home", "oldFriend"));
  setHeld(false);
  expect([toast.textContent, "shown" in toast.dataset]).toEqual(["Achieved Home again, Old friend", true]);
  vi.advanceTimersByTime(5000);
  setHeld(true);
  expect("shown" in toast.dataset).toBe(false);
  vi.advanceTimersByTime(60_000);
  setHeld(false);
  expect([toast.textContent, "shown" in toast.dataset]).toEqual(["Achieved Home again, Old friend", true]);
  vi.advanceTimersByTime(5000);
  expect("shown" in toast.dataset).toBe(true);
  vi.advanceTimersByTime(5000);
  expect(toast.textContent).toBe("");
});

test("the list says how many there are, and of a hidden one nothing until it is achieved", () => {
  const [earned, setEarned] = createSignal<ReadonlySet<string>>(new Set(["home"]));
  render(() => <AchievementList achievements={achievements()} earned={earned()} />);
  const items = () => screen.getAllByRole("listitem").map((one) => one.textContent);
  expect([screen.getByRole("heading").textContent, items()]).toEqual(["Achievements, 1 of 2", ["Home again", "Something hidden"]]);
  setEarned(new Set(["home", "oldFriend"]));
  expect([screen.getByRole("heading").textContent, items()]).toEqual(["Achievements, 2 of 2", ["Home again", "Old friend"]]);
});
