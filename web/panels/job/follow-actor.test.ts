import { createRoot, createSignal } from "solid-js";
import { describe, expect, it, vi } from "vitest";
import type { JournalEntry } from "#protocol/actor.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { memoryClient } from "#web/store/testing.ts";
import { followActor } from "./follow-actor.ts";
import { JobLife } from "./testing.ts";

type History = (from: number) => Iterable<JournalEntry> | AsyncIterable<JournalEntry>;

const inRoot = async (work: () => Promise<void>): Promise<void> => {
  await createRoot((dispose) => work().finally(dispose));
};

const start = (life: JobLife, history: History = (from) => life.entries.slice(from)) => {
  const client = memoryClient({ "actors.history": ({ from }) => history(from) });
  const [address, setAddress] = createSignal<string | null>("job/job_1");
  const [watching, setWatching] = createSignal(true);
  const actor = followActor(client, address, watching);
  const reads = () => client.calls.map(({ input }) => (input as { readonly from: number }).from);
  const seqs = () => actor.entries().map(({ seq }) => seq);
  return { client, actor, reads, seqs, setAddress, setWatching };
};
const upTo = (seq: number) => Array.from({ length: seq + 1 }, (_, index) => index);

describe("an actor that is followed", () => {
  it("is there as it is at once, and its steps once they are read", () =>
    inRoot(async () => {
      const life = new JobLife().until("processing");
      const { client, actor, seqs } = start(life);
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      expect(actor.view()).toBeNull();
      client.snapshot("actors.actor", life.view());
      expect(actor.view()?.value).toEqual({ processing: "tracking" });
      expect(actor.complete()).toBe(false);
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
      expect(seqs()).toEqual(upTo(2));
    }));

  it("moves with each step, with what runs and what is waited for", () =>
    inRoot(async () => {
      const life = new JobLife().until("submitting");
      const { client, actor, seqs, reads } = start(life);
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      client.snapshot("actors.actor", life.view());
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
      life.succeed().progress(0.5);
      const timers = [{ id: "untilDeadline", dueAt: 5 }];
      client.deltas("actors.actor", life.deltas(2, { timers, parked: "It waits." }));
      expect(actor.view()).toMatchObject({ seq: 3, value: { processing: "tracking" }, parked: "It waits.", timers });
      expect(seqs()).toEqual(upTo(3));
      expect(actor.complete()).toBe(true);
      expect(reads()).toEqual([0]);
    }));

  it("takes a change of what runs without a step, and passes over a step that is older than what it has", () =>
    inRoot(async () => {
      const life = new JobLife().until("submitting");
      const { client, actor } = start(life);
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      client.snapshot("actors.actor", life.view());
      const effects = [{ key: "submit:1", name: "submit", state: "review" as const, startedAt: 1 }];
      client.deltas("actors.actor", life.deltas(1, { effects }));
      expect(actor.view()).toMatchObject({ seq: 1, effects });
      client.deltas("actors.actor", life.deltas(0).slice(0, 1));
      expect(actor.view()).toMatchObject({ seq: 1, effects });
      client.deltas("actors.actor", []);
      expect(actor.view()?.seq).toBe(1);
    }));

  it("reads only what is missing after a gap, and steps that came live meanwhile are not lost", () =>
    inRoot(async () => {
      const life = new JobLife().until("submitting");
      const { client, actor, seqs, reads } = start(life);
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      client.snapshot("actors.actor", life.view());
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
      life.succeed().progress(0.1).progress(0.2);
      client.snapshot("actors.actor", life.view());
      const before = life.entries.length;
      life.progress(0.3);
      client.deltas("actors.actor", life.deltas(before));
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
      expect(seqs()).toEqual(upTo(5));
      expect(reads()).toEqual([0, 2]);
    }));

  it("reads on when a newer view came while its steps were read", () =>
    inRoot(async () => {
      const life = new JobLife().until("submitting");
      const gate = Promise.withResolvers<void>();
      const { client, actor, seqs, reads } = start(life, async function* (from) {
        const known = life.entries.slice(from);
        await gate.promise;
        yield* known;
      });
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      client.snapshot("actors.actor", life.view());
      await vi.waitFor(() => expect(reads()).toEqual([0]));
      await Promise.resolve();
      life.succeed().progress(0.5);
      client.snapshot("actors.actor", life.view());
      gate.resolve();
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
      expect(reads()).toEqual([0, 2]);
      expect(seqs()).toEqual(upTo(3));
    }));

  it("says when the server does not have the steps, instead of waiting for ever", () =>
    inRoot(async () => {
      const life = new JobLife().until("processing");
      let lost = true;
      const { client, actor, reads } = start(life, (from) => (lost ? life.entries.slice(from, 1) : life.entries.slice(from)));
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      client.snapshot("actors.actor", life.view());
      await vi.waitFor(() => expect(actor.historyProblem()).toBe("Step 1 is missing from what the server has sent."));
      expect(reads()).toEqual([0, 1]);
      lost = false;
      actor.retryHistory();
      expect(actor.historyProblem()).toBeNull();
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
    }));

  it("says why its steps could not be read, and reads them when the connection is back", () =>
    inRoot(async () => {
      const life = new JobLife().until("processing");
      let fails = true;
      const { client, actor } = start(life, (from) => {
        if (fails) {
          throw new CallError("overloaded", "The server is busy.");
        }
        return life.entries.slice(from);
      });
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      client.snapshot("actors.actor", life.view());
      await vi.waitFor(() => expect(actor.historyProblem()).toBe("The server is busy."));
      client.stale("actors.actor", true);
      expect(actor.stale()).toBe(true);
      fails = false;
      client.stale("actors.actor", false);
      expect(actor.stale()).toBe(false);
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
      expect(actor.historyProblem()).toBeNull();
    }));

  it("is left while nobody looks, and what is known stays", () =>
    inRoot(async () => {
      const life = new JobLife().until("processing");
      const { client, actor, setWatching, reads } = start(life);
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      client.snapshot("actors.actor", life.view());
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
      setWatching(false);
      expect(client.followers("actors.actor")).toBe(0);
      expect(actor.view()?.seq).toBe(2);
      life.progress(0.5);
      setWatching(true);
      client.snapshot("actors.actor", life.view());
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
      expect(reads()).toEqual([0, 3]);
    }));

  it("makes way for another, with all that was known of it", () =>
    inRoot(async () => {
      const life = new JobLife().until("processing");
      const { client, actor, setAddress } = start(life);
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      client.snapshot("actors.actor", life.view());
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
      setAddress("job/job_2");
      expect(client.followers("actors.actor")).toBe(1);
      expect(actor.view()).toBeNull();
      expect(actor.entries()).toEqual([]);
      setAddress(null);
      expect(client.followers("actors.actor")).toBe(0);
    }));

  it("drops the steps of one that is no longer followed when they come late", () =>
    inRoot(async () => {
      const life = new JobLife().until("processing");
      const gate = Promise.withResolvers<void>();
      const { client, actor, reads, setAddress } = start(life, async function* (from) {
        const first = reads().length === 1;
        if (first) {
          await gate.promise;
        }
        yield* first ? life.entries.slice(from) : life.entries.slice(from, 1);
      });
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      client.snapshot("actors.actor", life.view());
      await vi.waitFor(() => expect(reads()).toEqual([0]));
      setAddress("job/job_2");
      const other = new JobLife();
      client.snapshot("actors.actor", other.view({ address: "job/job_2" }));
      gate.resolve();
      await vi.waitFor(() => expect(actor.complete()).toBe(true));
      expect(actor.entries().map(({ seq }) => seq)).toEqual([0]);
    }));

  it("is refused where there is none, until it is looked at again and there is", () =>
    inRoot(async () => {
      const { client, actor, setWatching } = start(new JobLife());
      await vi.waitFor(() => expect(client.followers("actors.actor")).toBe(1));
      client.refuse("actors.actor", new CallError("not_found", "There is no such job."));
      expect(actor.refused()?.code).toBe("not_found");
      setWatching(false);
      setWatching(true);
      client.snapshot("actors.actor", new JobLife().view());
      expect(actor.refused()).toBeNull();
    }));
});
