import { screen, waitFor, within } from "@solidjs/testing-library";
import { describe, expect, it } from "vitest";
import { scenes as domain } from "#protocol/scene.ts";
import { bodyOf, choice, clip } from "#protocol/scene/testing.ts";
import { renderInWorkspace } from "#web/panels/testing.tsx";
import type { Editor } from "./editor.ts";
import { graphOf } from "./graph.ts";
import { flowIn, Played, type SceneFlow } from "./played.tsx";

const { scene } = domain.calls.publish.example.output;
const body = bodyOf({
  start: "a",
  nodes: [
    { ...clip("a"), title: "Path" },
    { ...clip("b"), title: "Hut" },
    { ...clip("d"), title: "Door" },
    { id: "over", type: "end", ending: "home", title: "Home" },
  ],
  edges: [choice("c", "a", "b")],
});
const counted = {
  playthroughs: 1200,
  flow: {
    plays: 1000,
    nodes: [
      { scene: scene.id, node: "a", visits: 1000, stopped: 0, ms: 4_000_000 },
      { scene: scene.id, node: "b", visits: 400, stopped: 150, ms: 0 },
      { scene: scene.id, node: "d", visits: 2, stopped: 2, ms: 0 },
      { scene: scene.id, node: "over", visits: 600, stopped: 0, ms: 0 },
      { scene: scene.id, node: "gone", visits: 7, stopped: 0, ms: 0 },
      { scene: "scn_other", node: "a", visits: 3, stopped: 0, ms: 0 },
    ],
    edges: [
      { scene: scene.id, edge: "c", taken: 400 },
      { scene: "scn_other", edge: "c", taken: 900 },
    ],
    endings: [
      { ending: "home", plays: 600 },
      { ending: "", plays: 250 },
    ],
  },
};

const show = (of: typeof scene, answer = counted) => {
  const seen: Array<SceneFlow | null> = [];
  const places: Array<unknown> = [];
  const editor = {
    store: { scene: () => of, graph: () => graphOf(body) },
    show: (place: unknown) => places.push(place),
  } as unknown as Editor;
  const shown = renderInWorkspace({ "scenes.versions": () => ({ versions: [of.latest!] }), "play.flow": () => answer }, () => (
    <Played editor={editor} onFlow={(flow) => seen.push(flow)} />
  ));
  return { ...shown, seen, places };
};

describe("how a scene is played", () => {
  it("tells how it ended and where people left, and leads there", async () => {
    const { seen, places } = show(scene);
    const endings = await screen.findByRole("list", { name: "How it ended" });
    expect(
      within(endings)
        .getAllByRole("listitem")
        .map(({ textContent }) => textContent),
    ).toEqual(["home600 (60 %)", "Nothing led on250 (25 %)", "still going on150"]);
    expect(screen.getByText(/1,200 playthroughs, of which the newest 1000 are counted/)).toBeTruthy();
    const rows = within(screen.getByRole("list", { name: "Where they were" })).getAllByRole("button");
    // What was removed from the draft since has no place any more.
    expect(rows.map(({ textContent }) => textContent)).toEqual([
      "Hut400 visitspassed at once, 150 playthroughs stopped here (15 %)",
      "Door2 visits2 playthroughs stopped here (0 %)",
      expect.stringMatching(/^Path1,000 visits4.* each$/),
      "Home600 visitsThe end",
    ]);
    rows[0]!.click();
    expect(places).toEqual([{ node: "b" }]);
    await waitFor(() => expect(seen.at(-1)).toEqual(flowIn(counted.flow, scene.id)));
    expect(seen.at(-1)).toMatchObject({ most: 400, edges: new Map([["c", 400]]) });
  });

  it("says so where nothing was published or played yet", async () => {
    show({ ...scene, latest: null });
    expect(await screen.findByText(/^Publish the scene/)).toBeTruthy();
    show(scene, { playthroughs: 0, flow: { plays: 0, nodes: [], edges: [], endings: [] } });
    expect(await screen.findByText("Nobody has played this version yet.")).toBeTruthy();
  });
});
