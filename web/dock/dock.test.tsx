import { screen, waitFor } from "@solidjs/testing-library";
import { describe, expect, it } from "vitest";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { Dock } from "./dock.tsx";
import { openPanel } from "./panel.ts";
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

  it("that is opened again has what it is opened with, and nothing of what it had before", async () => {
    const { workspace } = renderInWorkspace({}, () => <Dock controls={() => undefined} />);
    await screen.findAllByRole("tabpanel");
    const kept = (id: string) =>
      JSON.stringify(workspace.preferences.get("layout")).match(new RegExp(`"params":({[^}]*}),"title":"${id}"`))?.[1];
    openPanel("asset", { assetId: "ast_1", timeMs: 1500 });
    openPanel("job", { jobId: "job_1", against: "job_2" });
    await waitFor(() => expect(kept("Job")).toBe('{"jobId":"job_1","against":"job_2"}'));
    expect(kept("Asset")).toBe('{"assetId":"ast_1","timeMs":1500}');
    openPanel("job", { jobId: "job_1" });
    openPanel("asset", { assetId: "ast_2" });
    await waitFor(() => expect(kept("Job")).toBe('{"jobId":"job_1"}'));
    expect(kept("Asset")).toBe('{"assetId":"ast_2"}');
    openPanel("job", {});
    openPanel("asset", {});
    openPanel("spend", {});
    await waitFor(() => expect(document.querySelector("section[data-panel=spend]")).not.toBeNull());
    expect(kept("Job")).toBe('{"jobId":"job_1"}');
    expect(kept("Asset")).toBe('{"assetId":"ast_2"}');
  });

  it("on a phone names itself", () => {
    renderInWorkspace({}, () => <Phone />);
    expect(regionNames()).toEqual(["Generate"]);
  });

  it("on a phone still has what it was opened with when it is only shown", async () => {
    const { client } = renderInWorkspace({}, () => <Phone />);
    openPanel("job", { jobId: "job_1" });
    await waitFor(() => expect(client.followed("actors.actor")).toEqual([{ address: "job/job_1" }]), { timeout: 20_000 });
    openPanel("job", {});
    expect(client.followed("actors.actor")).toEqual([{ address: "job/job_1" }]);
    openPanel("job", { jobId: "job_2" });
    await waitFor(() => expect(client.followed("actors.actor")).toEqual([{ address: "job/job_2" }]));
  });
});
