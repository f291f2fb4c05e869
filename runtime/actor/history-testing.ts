// For the tests that hold the machines of today against the journals that those of before have made.
import { readdirSync, readFileSync } from "node:fs";
import type { HistoryStep } from "./history.ts";
import { type Kind, restoreResident } from "./resident.ts";
import type { MachineSnapshot } from "./step.ts";

export interface KeptHistory {
  readonly version: number;
  readonly file: string;
  readonly text: string;
  readonly steps: ReadonlyArray<HistoryStep>;
}

/** All that are kept in a folder of versions. */
export const keptHistories = (folder: URL): ReadonlyArray<KeptHistory> =>
  readdirSync(folder).flatMap((name) =>
    readdirSync(new URL(`${name}/`, folder)).map((file) => {
      const text = readFileSync(new URL(`${name}/${file}`, folder), "utf8");
      return { version: Number(name.slice(1)), file, text, steps: JSON.parse(text) as ReadonlyArray<HistoryStep> };
    }),
  );

/** The texts of one version by the names of their files. */
export const textsOf = (histories: ReadonlyArray<KeptHistory>, wanted: number): Readonly<Record<string, string>> =>
  Object.fromEntries(histories.filter(({ version }) => version === wanted).map(({ file, text }) => [file, text]));

/** The actor as it is loaded from the store after a step. Of its effects and timers nothing is known: those of its state begin. */
export const loadedAfter = (kind: Kind, version: number, { seq, at, snapshot }: HistoryStep) =>
  restoreResident(kind, 0, {
    address: `${kind.name}/test`,
    kind: kind.name,
    machineVersion: version,
    createdAt: at,
    seq,
    at,
    parked: null,
    snapshot,
    effects: [],
    timers: [],
  });

export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
/** What of a snapshot is stored and told. */
export const shown = ({ value, context, status }: MachineSnapshot): unknown => asJson({ value, context, status });
