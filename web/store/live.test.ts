import { createRoot, createSignal } from "solid-js";
import { describe, expect, it, vi } from "vitest";
import type { CallArgs } from "#protocol/contract.ts";
import type { Job } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { allJobs, createJobsStore, type JobsFilter, type JobsStore } from "./jobs.ts";
import type { LiveList } from "./list.ts";
import { memoryClient, sampleJob } from "./testing.ts";

/** A server with so many jobs, newest first: `job_0` is the newest. */
const serverOf = (count: number) => {
  const all = Array.from({ length: count }, (_, index) =>
    sampleJob({
      id: `job_${index}`,
      createdAt: 1_000_000 - index,
      rev: 1,
      state: index % 2 === 0 ? "completed" : "failed",
      prompt: `prompt ${index}`,
    }),
  );
  const page = (rows: ReadonlyArray<Job>, cursor: string | undefined, limit: number) => {
    const from = Number(cursor ?? 0);
    return { jobs: rows.slice(from, from + limit), next: from + limit < rows.length ? String(from + limit) : null };
  };
  const list = ({ filter, cursor, limit }: CallArgs<"jobs.list">) =>
    page(
      all.filter((job) => filter.states === undefined || filter.states.includes(job.state)),
      cursor,
      limit,
    );
  return { all, list, first: (size: number) => page(all, undefined, size) };
};

const inRoot = async (work: (dispose: () => void) => Promise<void>): Promise<void> => {
  await createRoot((dispose) => work(dispose).finally(dispose));
};

const loadAll = async (list: LiveList): Promise<void> => {
  while (list.hasMore()) {
    const before = list.ids().length;
    list.more();
    await vi.waitFor(() => expect(list.ids().length).toBeGreaterThan(before));
  }
};

const open = (
  server: ReturnType<typeof serverOf>,
  filter: () => JobsFilter,
): { store: JobsStore; list: LiveList; client: ReturnType<typeof memoryClient> } => {
  const client = memoryClient({ "jobs.list": server.list });
  const store = createJobsStore(client);
  return { store, list: store.list(filter), client };
};

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

describe("a live list", () => {
  it("starts with the topic's newest page and loads the rest page by page, none twice, none missing", () =>
    inRoot(async () => {
      const server = serverOf(1234);
      const { list, client } = open(server, () => allJobs);
      await Promise.resolve();
      client.snapshot("jobs.jobs", { counts: { completed: 617, failed: 617 }, ...server.first(100) });
      await vi.waitFor(() => expect(list.state()).toBe("ready"));
      expect(list.ids()).toHaveLength(100);
      await loadAll(list);
      expect(list.ids()).toEqual(server.all.map(({ id }) => id));
    }));

  it("applies a burst of changes in one go, and the newest version of a row wins", () =>
    inRoot(async () => {
      const server = serverOf(10);
      const { store, list, client } = open(server, () => allJobs);
      await Promise.resolve();
      client.snapshot("jobs.jobs", { counts: {}, ...server.first(100) });
      await vi.waitFor(() => expect(list.state()).toBe("ready"));
      const fresh = sampleJob({ id: "job_new", createdAt: 2_000_000, rev: 1, state: "queued" });
      client.deltas("jobs.jobs", [fresh, { ...fresh, rev: 3, state: "processing", progress: 0.5 }]);
      client.deltas("jobs.jobs", [{ ...fresh, rev: 4, progress: 0.6 }]);
      expect(list.ids()).toHaveLength(10);
      await vi.waitFor(() => expect(list.ids()[0]).toBe("job_new"));
      expect(store.peek("job_new")?.progress).toBe(0.6);
      client.deltas("jobs.jobs", [{ ...fresh, rev: 2, progress: 0.1 }]);
      await frame();
      expect(store.peek("job_new")?.rev).toBe(4);
    }));

  it("counts a job once, whether the answer to its creation or the topic tells of it first", () =>
    inRoot(async () => {
      const server = serverOf(10);
      const { store, list, client } = open(server, () => allJobs);
      await Promise.resolve();
      client.snapshot("jobs.jobs", { counts: { completed: 5, failed: 5 }, ...server.first(100) });
      await vi.waitFor(() => expect(list.state()).toBe("ready"));
      const made = [1, 2].map((number) => sampleJob({ id: `job_n${number}`, createdAt: 2_000_000, rev: 0, state: "queued" }));
      const [first = sampleJob(), second = sampleJob()] = made;
      store.put([first]);
      client.deltas("jobs.jobs", [first, { ...first, rev: 1, state: "processing" }, second]);
      await vi.waitFor(() => expect(store.counts().processing).toBe(1));
      store.put(made);
      expect(store.counts()).toMatchObject({ queued: 1, processing: 1, completed: 5, failed: 5 });
    }));

  it("keeps what is on the screen through a reconnect, and drops what is gone by then", () =>
    inRoot(async () => {
      const server = serverOf(500);
      const { list, client } = open(server, () => allJobs);
      await Promise.resolve();
      client.snapshot("jobs.jobs", { counts: {}, ...server.first(100) });
      await vi.waitFor(() => expect(list.state()).toBe("ready"));
      await loadAll(list);
      const gone = new Set(server.all.splice(300, 5).map(({ id }) => id));
      client.snapshot("jobs.jobs", { counts: {}, ...server.first(100) });
      expect(list.ids().length).toBeGreaterThanOrEqual(495);
      await vi.waitFor(() => expect(list.ids()).toHaveLength(495));
      expect(list.ids().some((id) => gone.has(id))).toBe(false);
    }));

  it("drops through a reconnect also what is gone of many that were asked for in one moment", () =>
    inRoot(async () => {
      const server = serverOf(300);
      for (const [index, job] of server.all.entries()) server.all[index] = { ...job, createdAt: 1_000_000, ordinal: 299 - index };
      const { list, client } = open(server, () => allJobs);
      await Promise.resolve();
      client.snapshot("jobs.jobs", { counts: {}, ...server.first(100) });
      await vi.waitFor(() => expect(list.state()).toBe("ready"));
      await loadAll(list);
      expect(list.ids()).toEqual(server.all.map(({ id }) => id));
      server.all.splice(250, 5);
      client.snapshot("jobs.jobs", { counts: {}, ...server.first(100) });
      await vi.waitFor(() => expect(list.ids()).toEqual(server.all.map(({ id }) => id)));
    }));

  it("follows its filter: other rows, and live rows that fit come and go", () =>
    inRoot(async () => {
      const server = serverOf(40);
      const [filter, setFilter] = createSignal(allJobs);
      const { list, client } = open(server, filter);
      await Promise.resolve();
      client.snapshot("jobs.jobs", { counts: {}, ...server.first(100) });
      await vi.waitFor(() => expect(list.ids()).toHaveLength(40));
      setFilter({ ...allJobs, states: ["failed"] });
      await vi.waitFor(() => expect(list.ids()).toHaveLength(20));
      client.deltas("jobs.jobs", [
        { ...(server.all[0] ?? sampleJob()), state: "failed", rev: 2 },
        { ...(server.all[1] ?? sampleJob()), state: "completed", rev: 2 },
      ]);
      await vi.waitFor(() => expect(list.ids()).toContain("job_0"));
      expect(list.ids()).not.toContain("job_1");
    }));

  it("knows what came since the topic's newest page when its filter goes back to everything", () =>
    inRoot(async () => {
      const server = serverOf(3);
      const [filter, setFilter] = createSignal<JobsFilter>(allJobs);
      const { list, client } = open(server, filter);
      await Promise.resolve();
      client.snapshot("jobs.jobs", { counts: {}, ...server.first(100) });
      await vi.waitFor(() => expect(list.ids()).toHaveLength(3));
      const fresh = sampleJob({ id: "job_new", createdAt: 2_000_000, rev: 1, state: "queued" });
      server.all.unshift(fresh);
      client.deltas("jobs.jobs", [fresh]);
      await vi.waitFor(() => expect(list.ids()).toHaveLength(4));
      setFilter({ ...allJobs, states: ["failed"] });
      await vi.waitFor(() => expect(list.ids()).toEqual(["job_1"]));
      setFilter(allJobs);
      await vi.waitFor(() => expect(list.ids()).toEqual(["job_new", "job_0", "job_1", "job_2"]));
    }));

  it("says what failed and reads again on request", () =>
    inRoot(async () => {
      let fails = true;
      const client = memoryClient({
        "jobs.list": () => {
          if (fails) {
            throw new CallError("unavailable", "The part that serves this is not reachable now.");
          }
          return { jobs: [sampleJob({ state: "failed" })], next: null };
        },
      });
      const list = createJobsStore(client).list(() => ({ ...allJobs, states: ["failed"] }));
      await vi.waitFor(() => expect(list.state()).toBe("failed"));
      expect(list.problem()).toContain("not reachable");
      fails = false;
      list.retry();
      await vi.waitFor(() => expect(list.state()).toBe("ready"));
      expect(list.ids()).toEqual(["job_1"]);
    }));

  it("shows what a call will make of rows until the server speaks of them, and takes back the rest", () =>
    inRoot(async () => {
      const server = serverOf(3);
      const { store, list, client } = open(server, () => ({ ...allJobs, states: ["completed"] }));
      client.snapshot("jobs.jobs", { counts: {}, ...server.first(3) });
      await vi.waitFor(() => expect(list.ids()).toEqual(["job_0", "job_2"]));
      const takeBack = store.assume(
        server.all.map(({ id }) => id),
        { state: "cancelled" },
      );
      expect(list.ids()).toEqual([]);
      expect(store.row("job_1")).toMatchObject({ state: "cancelled" });
      // What is older than the assumption does not end it; the next word does.
      client.deltas("jobs.jobs", [server.all[0]!, { ...server.all[2]!, rev: 2, state: "completed", progress: 0.5 }]);
      await frame();
      await vi.waitFor(() => expect(list.ids()).toEqual(["job_2"]));
      expect(store.row("job_0")).toMatchObject({ state: "cancelled" });
      takeBack();
      expect(list.ids()).toEqual(["job_0", "job_2"]);
      expect(store.row("job_0")).toEqual(server.all[0]);
      expect(store.row("job_2")).toMatchObject({ progress: 0.5 });
      // Of one that two calls are to change, and neither does, nothing is left either.
      const [first, second] = [store.assume(["job_0"], { progress: 0.1 }), store.assume(["job_0"], { state: "cancelled" })];
      expect(store.row("job_0")).toMatchObject({ progress: 0.1, state: "cancelled" });
      first();
      second();
      expect(store.row("job_0")).toEqual(server.all[0]);
    }));

  it("stops following when its owner goes", () =>
    inRoot(async (dispose) => {
      const { client } = open(serverOf(1), () => allJobs);
      await Promise.resolve();
      expect(client.followers("jobs.jobs")).toBe(1);
      dispose();
      expect(client.followers("jobs.jobs")).toBe(0);
    }));
});
