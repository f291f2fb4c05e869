// Journals of every version of the job's machine that there was, as that machine made them, against the machine of today. What an older
// machine wrote is taken up as a server takes it up: its snapshot is migrated, and from there on its journal is folded.
//
// When the version must be raised: when a snapshot of before does not fit, because a state is gone or renamed or the context lacks
// or misnames what the machine reads.
import { expect, test } from "vitest";
import type { ActorEvent } from "#protocol/actor.ts";
import { JobState } from "#protocol/job.ts";
import { makeFolder } from "#runtime/actor/fold.ts";
import type { HistoryStep } from "#runtime/actor/history.ts";
import { asJson, keptHistories, loadedAfter, shown, textsOf } from "#runtime/actor/history-testing.ts";
import { applyMigration } from "#runtime/actor/resident.ts";
import { jobKind } from "./life.ts";
import { jobMachineVersion } from "./machine.ts";
import { stateOf } from "./row.ts";
import { historyOf, stories } from "./stories.ts";

const files = keptHistories(new URL("histories/", import.meta.url));
const versions = [...new Set(files.map(({ version }) => version))];
const load = (version: number, step: HistoryStep) => loadedAfter(jobKind, version, step);

/** Stories that were decided otherwise by versions before, and the event at which: from after it they end as they did. */
const decidedSince: Readonly<Record<string, { readonly version: number; readonly event: string }>> = {
  "cancelled-downloading.json": { version: 6, event: "job.cancel" },
  "cancelled-ingesting.json": { version: 6, event: "job.cancel" },
  "retried.json": { version: 6, event: "xstate.error.actor.submit" },
};

/** The first step from which on it is decided today as it was then. */
const agreesFrom = (file: string, version: number, steps: ReadonlyArray<HistoryStep>): number => {
  const since = decidedSince[file];
  return since === undefined || version >= since.version ? 0 : steps.findIndex(({ event }) => event.type === since.event);
};

test.each(files.filter(({ version }) => version === jobMachineVersion))(
  "$file of version $version folds through the machine to what was stored at each step",
  ({ version, steps }) => {
    const folder = makeFolder(jobKind);
    for (const step of steps) expect(shown(folder.next(step)!)).toEqual(shown(load(version, step).resident.snapshot));
  },
);

test.each(files)("$file of version $version goes on from any step to the same end", ({ version, file, steps }) => {
  const end = load(version, steps.at(-1)!).resident.snapshot;
  const from = agreesFrom(file, version, steps);
  expect(from).toBeGreaterThanOrEqual(0);
  for (const [index, step] of steps.entries()) {
    if (index < from) continue;
    const { resident, migrated } = load(version, step);
    expect(migrated).toBe(version < jobMachineVersion);
    const rest = steps.slice(index + 1);
    if (migrated && resident.snapshot.status === "active") {
      // As its first step here: what its state waits for begins, and history is told from there on.
      const [first] = applyMigration(resident, step.at).steps;
      const journal = [...steps.slice(0, index + 1), { ...first!, event: asJson(first!.event) as ActorEvent }];
      const folder = makeFolder(jobKind, first!.seq);
      const folded = [...journal, ...rest.map((later) => ({ ...later, seq: later.seq + 1 }))].map((row) => folder.next(row));
      expect(folded.slice(0, index + 1).every((snapshot) => snapshot === null)).toBe(true);
      expect(shown(folded[index + 1]!)).toEqual(shown(resident.snapshot));
      expect(shown(folded.at(-1)!)).toEqual(shown(end));
      const waits = jobKind.stepper.invokes(resident.snapshot);
      expect(resident.effects.map(({ invokeId }) => invokeId)).toEqual(waits);
    } else {
      let { snapshot } = resident;
      for (const { event } of rest) if (!event.type.startsWith("host.")) snapshot = jobKind.stepper.next(snapshot, event).snapshot;
      expect(shown(snapshot)).toEqual(shown(end));
    }
  }
});

test("there are histories of every version, with every state", () => {
  expect([...versions].sort((a, b) => a - b)).toEqual(Array.from({ length: jobMachineVersion }, (_, index) => index + 1));
  for (const version of versions) {
    const of = files.filter((file) => file.version === version).flatMap(({ steps }) => steps);
    const since = (state: JobState): number => (state === "paused" || state === "awaitingInputs" ? 4 : 1);
    expect(new Set(of.map(({ snapshot }) => stateOf(snapshot.value)))).toEqual(
      new Set(JobState.options.filter((state) => since(state) <= version)),
    );
  }
});

test("those of this version are what its machine makes: `npm run histories` writes them", () => {
  expect(textsOf(files, jobMachineVersion)).toEqual(
    Object.fromEntries(Object.entries(stories).map(([name, live]) => [`${name}.json`, historyOf(live())])),
  );
});
