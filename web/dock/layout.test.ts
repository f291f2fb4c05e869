import { describe, expect, it } from "vitest";
import { instanceOf, placeOf, readLayout, readParams, saveLayout } from "./layout.ts";

const dock = {
  grid: { root: {} },
  panels: { jobs: { id: "jobs", contentComponent: "jobs" }, "job:2": { id: "job:2", contentComponent: "job" } },
};

describe("a saved layout", () => {
  it("is read back as it was saved", () => {
    expect(readLayout(JSON.parse(JSON.stringify(saveLayout(dock))))).toEqual(dock);
  });

  it("is left aside when it is of another version, not a layout, or names a panel that is no more", () => {
    expect(readLayout(undefined)).toBeNull();
    expect(readLayout({ version: 0, dock })).toBeNull();
    expect(readLayout({ version: 1, dock: { panels: {} } })).toBeNull();
    expect(readLayout(saveLayout({ ...dock, panels: { old: { contentComponent: "bygone" } } }))).toBeNull();
    expect(readLayout(saveLayout({ ...dock, panels: { old: null } }))).toBeNull();
  });

  it("gives its panels only params of the right kind", () => {
    expect(readParams("job", { jobId: "job_1", extra: 1 })).toEqual({ jobId: "job_1" });
    expect(readParams("job", { jobId: "job_1", against: "job_2" })).toEqual({ jobId: "job_1", against: "job_2" });
    expect(readParams("asset", { assetId: 3, timeMs: 5 })).toEqual({ timeMs: 5 });
    expect(readParams("accounts", { provider: "pixverse", jobId: 1 })).toEqual({ provider: "pixverse" });
    expect(readParams("compare", { assetIds: ["ast_1", 2, "ast_3"] })).toEqual({ assetIds: ["ast_1", "ast_3"] });
    expect(readParams("prompts", { promptId: "prm_1", versionId: "prv_1" })).toEqual({ promptId: "prm_1", versionId: "prv_1" });
    expect(readParams("scene", { sceneId: "scn_1", jobId: null })).toEqual({ sceneId: "scn_1" });
    expect(readParams("jobs", null)).toEqual({});
  });
});

describe("opening a panel", () => {
  it("uses the one that is there, or counts on for another", () => {
    const taken = (instance: string) => ["job", "job:2"].includes(instance);
    expect(instanceOf("job", taken, false)).toBe("job");
    expect(instanceOf("job", taken, true)).toBe("job:3");
    expect(instanceOf("asset", taken, true)).toBe("asset");
  });

  it("puts it with its column, or at the side where its column would be", () => {
    const jobs = { instance: "jobs", id: "jobs" as const };
    const generate = { instance: "generate", id: "generate" as const };
    const asset = { instance: "asset:2", id: "asset" as const };
    expect(placeOf("gallery", [generate, jobs])).toEqual({ beside: "jobs", direction: "within" });
    expect(placeOf("accounts", [generate, jobs])).toEqual({ beside: "jobs", direction: "within" });
    expect(placeOf("job", [generate, jobs])).toEqual({ beside: "jobs", direction: "right" });
    expect(placeOf("generate", [asset, jobs])).toEqual({ beside: "jobs", direction: "left" });
    expect(placeOf("jobs", [asset])).toEqual({ beside: "asset:2", direction: "left" });
    expect(placeOf("jobs", [])).toBeNull();
  });
});
