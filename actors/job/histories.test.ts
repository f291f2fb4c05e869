// Journals of every version of the job's machine that there was, as that machine made them, against the machine of today.
//
// When the version must be raised: when a snapshot of before does not fit, because a state is gone or renamed or the context lacks
// or misnames what the machine reads. Version 1 has stood since the beginning: that an unanswered submission is called off when a
// waiting job is cancelled added a guard over what every context had, and no state, so every snapshot of before it fits.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { JobState } from "#protocol/job.ts";
import { makeFolder } from "#runtime/actor/fold.ts";
import { restoreResident } from "#runtime/actor/resident.ts";
import { jobKind } from "./life.ts";
import { jobMachineVersion } from "./machine.ts";
import { stateOf } from "./row.ts";
import { type HistoryStep, historyOf, stories } from "./stories.ts";

const folder = new URL("histories/", import.meta.url);
const versions = readdirSync(folder).map((name) => Number(name.slice(1)));
const files = versions.flatMap((version) =>
  readdirSync(new URL(`v${version}/`, folder)).map((file) => ({
    version,
    file,
    text: readFileSync(new URL(`v${version}/${file}`, folder), "utf8"),
  })),
);

/** The actor as it is loaded from the store after a step. */
const loaded = (version: number, { seq, at, snapshot }: HistoryStep) =>
  restoreResident(jobKind, 0, {
    address: "job/job_test",
    kind: "job",
    machineVersion: version,
    createdAt: at,
    seq,
    at,
    parked: null,
    snapshot,
    effects: [],
    timers: [],
  }).resident;

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(files)("$file of version $version", ({ version, text }) => {
  const steps = JSON.parse(text) as ReadonlyArray<HistoryStep>;

  test("folds through the machine to what was stored at each step", () => {
    const folder = makeFolder(jobKind);
    for (const step of steps) {
      const folded = folder.next(step);
      const stored = loaded(version, step).snapshot;
      expect(asJson({ value: folded?.value, context: folded?.context, status: folded?.status })).toEqual(
        asJson({ value: stored.value, context: stored.context, status: stored.status }),
      );
    }
  });

  test("goes on from the snapshot of any step to the same end", () => {
    const end = loaded(version, steps.at(-1)!).snapshot;
    for (const [index, step] of steps.entries()) {
      let { snapshot } = loaded(version, step);
      for (const { event } of steps.slice(index + 1)) {
        if (!event.type.startsWith("host.")) snapshot = jobKind.stepper.next(snapshot, event).snapshot;
      }
      expect(asJson([snapshot.value, snapshot.context])).toEqual(asJson([end.value, end.context]));
    }
  });
});

test("there are histories of every version, with every state", () => {
  expect([...versions].sort((a, b) => a - b)).toEqual(Array.from({ length: jobMachineVersion }, (_, index) => index + 1));
  for (const version of versions) {
    const of = files.filter((file) => file.version === version).flatMap(({ text }) => JSON.parse(text) as ReadonlyArray<HistoryStep>);
    expect(new Set(of.map(({ snapshot }) => stateOf(snapshot.value)))).toEqual(new Set(JobState.options));
  }
});

test("those of this version are what its machine makes: `npm run histories` writes them", () => {
  const kept = files.filter(({ version }) => version === jobMachineVersion).map(({ file, text }) => [file, text]);
  expect(Object.fromEntries(kept)).toEqual(
    Object.fromEntries(Object.entries(stories).map(([name, live]) => [`${name}.json`, historyOf(live())])),
  );
});
