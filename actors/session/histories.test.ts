// Journals of playthroughs as every version of their machine has made them, against the machine of today: who began to play long ago goes on
// where they were, and finds every place to which they can go back.
//
// When the version must be raised: when a snapshot of before does not fit, because a state is gone or renamed or the context lacks or misnames
// what the machine reads. The state of the story lies in it and in the events: what the evaluator reads of it stays readable, too.
import { expect, test } from "vitest";
import { PlayStateJson } from "#protocol/scene/play/state-schema.ts";
import { makeFolder } from "#runtime/actor/fold.ts";
import type { HistoryStep } from "#runtime/actor/history.ts";
import { asJson, keptHistories, loadedAfter, shown, textsOf } from "#runtime/actor/history-testing.ts";
import type { MachineSnapshot } from "#runtime/actor/step.ts";
import { placeIn, type SessionContext } from "./context.ts";
import { sessionKind } from "./life.ts";
import { sessionMachineVersion } from "./machine.ts";
import { historyOf, stories } from "./stories.ts";

const files = keptHistories(new URL("histories/", import.meta.url));
const versions = [...new Set(files.map(({ version }) => version))];
const load = (version: number, step: HistoryStep): MachineSnapshot => loadedAfter(sessionKind, version, step).resident.snapshot;
const contextOf = ({ context }: MachineSnapshot) => context as unknown as SessionContext;

test.each(files.filter(({ version }) => version === sessionMachineVersion))(
  "$file of version $version folds through the machine to what was stored at each step",
  ({ version, steps }) => {
    const folded = makeFolder(sessionKind);
    for (const step of steps) expect(shown(folded.next(step)!)).toEqual(shown(load(version, step)));
  },
);

test.each(files)("$file of version $version goes on from any step to the same end", ({ version, steps }) => {
  const end = shown(load(version, steps.at(-1)!));
  for (const [index, step] of steps.entries()) {
    let snapshot = load(version, step);
    for (const { event } of steps.slice(index + 1)) {
      if (!event.type.startsWith("host.")) ({ snapshot } = sessionKind.stepper.next(snapshot, event));
    }
    expect(shown(snapshot)).toEqual(end);
  }
});

test.each(files)("in $file of version $version every place is found again, and its state can be read", ({ version, steps }) => {
  const events = steps.map(({ event }) => event);
  for (const step of steps) {
    const { play, moves } = contextOf(load(version, step));
    expect(asJson(placeIn(events, moves)?.play)).toEqual(asJson(play));
    expect(PlayStateJson.parse(asJson(play))).toEqual(asJson(play));
  }
});

test("there are histories of every version, with every state that a playthrough rests in", () => {
  expect([...versions].sort((a, b) => a - b)).toEqual(Array.from({ length: sessionMachineVersion }, (_, index) => index + 1));
  for (const version of versions) {
    const of = files.filter((file) => file.version === version).flatMap(({ steps }) => steps);
    expect(new Set(of.map(({ snapshot }) => snapshot.value))).toEqual(new Set(["waiting", "timed", "generating", "over", "deleted"]));
  }
});

test("those of this version are what its machine makes: `npm run histories` writes them", () => {
  expect(textsOf(files, sessionMachineVersion)).toEqual(
    Object.fromEntries(Object.entries(stories).map(([name, live]) => [`${name}.json`, historyOf(live())])),
  );
});
