import { fireEvent, render, screen } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { afterEach, describe, expect, test } from "vitest";
import type { PlayView } from "#protocol/scene/play/view.ts";
import { en } from "../words/en.ts";
import { Choices } from "./choices.tsx";
import { Hud } from "./hud.tsx";
import type { ChoiceTimer } from "./player.ts";
import { spokenChoices, spokenEnding } from "./spoken.ts";

afterEach(() => {
  document.body.replaceChildren();
});

const made: Array<string> = [];
const choices: PlayView["choices"] = [
  { edge: "l", text: "Left", open: true, chosen: false },
  { edge: "c", text: "Down", open: false, chosen: false },
  { edge: "r", text: "", open: true, chosen: false },
];

const show = (timer: () => ChoiceTimer | null = () => null, watching = false) => {
  made.length = 0;
  return render(() => (
    <Choices
      prompt="Where to?"
      choices={choices}
      timer={timer()}
      watching={watching}
      choose={(edge) => made.push(edge)}
      moreTime={() => made.push("more time")}
    />
  ));
};

describe("choices", () => {
  test("are buttons in their order, of which the first open one has the keyboard", () => {
    show();
    expect(screen.getAllByRole("button").map((one) => one.textContent)).toEqual(["1Left", "2Down", "3Go on"]);
    expect(document.activeElement?.textContent).toBe("1Left");
  });

  test("are gone through by arrows, past the closed one and round", () => {
    show();
    const list = screen.getByRole("region", { name: "Choices" });
    const focused = (key: string): string | null | undefined => {
      fireEvent.keyDown(list, { key });
      return document.activeElement?.textContent;
    };
    expect([focused("ArrowDown"), focused("ArrowRight"), focused("ArrowUp")]).toEqual(["3Go on", "1Left", "3Go on"]);
  });

  test("are made by a press, a closed one is not", () => {
    show();
    for (const button of screen.getAllByRole("button")) button.click();
    expect(made).toEqual(["l", "r"]);
    // The second of a double click belongs to the one before.
    fireEvent.click(screen.getAllByRole("button")[0]!, { detail: 2 });
    expect(made).toEqual(["l", "r"]);
  });

  test("show the time that is left, and offer more of it before it runs out", () => {
    const [timer, setTimer] = createSignal<ChoiceTimer>({ leftMs: 30_000, totalMs: 40_000 });
    show(timer);
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("30");
    expect(screen.queryByText("More time")).toBeNull();
    setTimer({ leftMs: 9_200, totalMs: 40_000 });
    expect(screen.getByText("10 s")).toBeTruthy();
    screen.getByText("More time").click();
    expect(made).toEqual(["more time"]);
  });

  test("cannot be made by who only watches", () => {
    show(undefined, true);
    for (const button of screen.getAllByRole("button")) button.click();
    expect(made).toEqual([]);
  });
});

const view = (more: Partial<PlayView>): PlayView => ({
  turn: 1,
  scene: "main",
  node: "n",
  media: [],
  achievements: [],
  loop: null,
  caption: "",
  prompt: "",
  choices: [],
  showAtMs: null,
  timeoutMs: null,
  game: null,
  waitsForGeneration: false,
  ending: null,
  heading: "",
  hud: { items: [], quests: [], relationships: [], minutes: null },
  ...more,
});

describe("a screen reader is told", () => {
  test("what is asked, what can be answered and how long there is", () => {
    expect(spokenChoices(view({ prompt: "Where to?", choices }), 8, en)).toBe(
      "Where to? 3 choices: 1, Left. 2, Down, not open. 3, Go on. 8 seconds.",
    );
  });

  test("that the story is over, and how", () => {
    const ending = { kind: "end", name: "treasureFound", scene: "main", node: "n" } as const;
    expect(spokenEnding(view({ ending, caption: "Gold!" }), en)).toBe("The end. Treasure found. Gold!");
    expect(spokenEnding(view({}), en)).toBe("");
  });
});

test("what the scene shows of the state stands over the picture, and nothing else", () => {
  const { unmount } = render(() => (
    <Hud
      hud={{
        items: [
          { name: "key", title: "Key", quantity: 1 },
          { name: "gold_coins", title: "", quantity: 12 },
        ],
        quests: [{ name: "q", title: "Find the door", status: "active", objectives: {} }],
        relationships: [{ name: "ada", title: "Ada", tier: "friend" }],
        minutes: 1500,
      }}
    />
  ));
  expect(screen.getByRole("list", { name: "Inventory" }).textContent).toBe("Keygold coins× 12");
  expect(screen.getByRole("list", { name: "Quests" }).textContent).toBe("Find the dooractive");
  expect(screen.getByRole("list", { name: "People" }).textContent).toBe("Adafriend");
  expect(screen.getByText("Day 2, 01:00")).toBeTruthy();
  unmount();
  render(() => <Hud hud={view({}).hud} />);
  expect(screen.queryAllByRole("list")).toEqual([]);
});
