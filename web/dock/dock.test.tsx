import { screen } from "@solidjs/testing-library";
import { describe, expect, it } from "vitest";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { Dock } from "./dock.tsx";
import { Phone } from "./phone.tsx";

recordOpened();

const regionNames = () => screen.getAllByRole("region").map((region) => region.getAttribute("aria-label"));

describe("a panel", () => {
  it("in the dock is named once, by the group of tabs around it", async () => {
    renderInWorkspace({}, () => <Dock controls={() => undefined} />);
    await screen.findAllByRole("tabpanel");
    expect(regionNames()).toEqual(["Generate", "Jobs", "Job"]);
    expect(document.querySelectorAll("section.panel[aria-label]")).toHaveLength(0);
  });

  it("has a tab in the layout that one begins with", async () => {
    renderInWorkspace({}, () => <Dock controls={() => undefined} />);
    await screen.findAllByRole("tabpanel");
    expect(screen.getAllByRole("tab").map((tab) => tab.textContent)).toEqual([
      "Generate",
      "Jobs",
      "Queue",
      "Gallery",
      "Providers & accounts",
      "Spend",
      "Prompts",
      "Scenes",
      "Job",
      "Asset",
    ]);
  });

  it("on a phone names itself", () => {
    renderInWorkspace({}, () => <Phone />);
    expect(regionNames()).toEqual(["Generate"]);
  });
});
