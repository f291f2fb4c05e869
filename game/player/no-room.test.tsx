import { render, screen, waitFor, within } from "@solidjs/testing-library";
import { afterEach, expect, test } from "vitest";
import { type Kept, NoRoom, type Room } from "../net/no-room.ts";
import type { PlaySource } from "../net/source.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { NoRoomFor } from "./no-room.tsx";

afterEach(() => document.body.replaceChildren());

const source = {} as PlaySource;
const one = (id: string, over: Partial<Kept> = {}): Kept => ({
  id,
  title: `Story ${id}`,
  ending: null,
  turn: 2,
  at: 10,
  resume: null,
  ...over,
});

/** `taken`: as often somebody else is faster. */
const show = (there: Array<Kept>, { taken = 0 } = {}) => {
  const begun: Array<PlaySource> = [];
  const full = new CallError("quota_exceeded", "Delete some first.", { quota: "playthroughs", limit: 2 });
  let faster = taken;
  const room: Room = {
    kept: () => Promise.resolve([...there]),
    drop: async (id) =>
      void there.splice(
        there.findIndex((kept) => kept.id === id),
        1,
      ),
    begin: () => (faster-- > 0 ? Promise.reject(full) : Promise.resolve(source)),
  };
  render(() => <NoRoomFor full={new NoRoom(room, full)} begun={(played) => begun.push(played)} />);
  return begun;
};
const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>("button", { name });
const rows = () => screen.queryAllByRole("listitem").map((row) => row.querySelector("span")?.textContent);
const drop = async (name: RegExp): Promise<void> => {
  (await screen.findByRole("button", { name })).click();
  button("Delete for good").click();
  await waitFor(() => expect(screen.queryByRole("button", { name: "Delete for good" })).toBeNull());
};

test("a story begins where one of those that take all places was deleted", async () => {
  const begun = show([one("a"), one("b", { ending: "home", turn: 5 }), one("c", { turn: 0 })]);
  await screen.findByRole("list");
  expect([rows(), button("Begin the story").disabled]).toEqual([
    ["Story a: Under way, 2 steps", "Story b: Ended: Home", "Story c: Not begun"],
    true,
  ]);
  await drop(/^Delete Story b/);
  expect([rows().length, screen.getByRole("status").textContent]).toEqual([2, expect.stringMatching(/^Deleted: Story b/)]);
  expect(document.activeElement).toBe(button(/^Delete Story c/));
  button("Begin the story").click();
  await waitFor(() => expect(begun).toEqual([source]));
});

test("a place that another page has taken meanwhile is told, and what there is read anew", async () => {
  const there = [one("a"), one("b")];
  const begun = show(there, { taken: 1 });
  await drop(/^Delete Story a/);
  button("Begin the story").focus();
  there.unshift(one("d"));
  button("Begin the story").click();
  expect((await screen.findByRole("alert")).textContent).toBe("Delete some first.");
  expect([screen.getByRole("heading", { level: 1 }).textContent, button("Begin the story").disabled]).toEqual([
    "There is no room for another playthrough",
    true,
  ]);
  expect(screen.getAllByText("Delete some first.").length).toBe(1);
  await waitFor(() => expect(rows()).toEqual(["Story d: Under way, 2 steps", "Story b: Under way, 2 steps"]));
  await waitFor(() => expect(document.activeElement).toBe(button(/^Delete Story d/)));
  await drop(/^Delete Story d/);
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("There is room again");
  button("Begin the story").click();
  await waitFor(() => expect(begun).toEqual([source]));
});

test("one is gone on with where something leads to it", async () => {
  const gone: Array<string> = [];
  show([one("a", { resume: () => gone.push("a") }), one("b")]);
  const list = within(await screen.findByRole("list"));
  const [first, second] = ["Story a", "Story b"].map((title) =>
    list.getByRole<HTMLButtonElement>("button", { name: new RegExp(`^${title}`) }),
  );
  expect(second!.disabled).toBe(true);
  first!.click();
  expect(gone).toEqual(["a"]);
});
