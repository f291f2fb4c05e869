// What a benchmark prints: the machine, then tables of figures with their ratio to a peer, the aim and whether it is met.
import { cpus, loadavg, totalmem } from "node:os";

/** On the row's ratio where it has one, else on its figure. */
export type Aim = { readonly atMost: number } | { readonly atLeast: number };

export interface Row {
  readonly name: string;
  /** What was measured; left out where that could not be done here: then `note` says why. */
  readonly figure?: number;
  /** Other figures of the same measurement, ready to print. */
  readonly also?: string;
  /** How many times the figure of `to`. */
  readonly ratio?: { readonly value: number; readonly to: string };
  readonly aim?: Aim;
  readonly note?: string;
}

export interface Table {
  readonly title: string;
  /** Of all figures in it. */
  readonly unit: string;
  readonly rows: ReadonlyArray<Row>;
}

/** A part of the benchmarks, chosen by its name. */
export interface Section {
  readonly name: string;
  readonly summary: string;
  readonly run: (report: Report) => Promise<void>;
}

/** Undefined: there is no aim, or nothing was measured. A figure that is no number meets no aim. */
export const isMet = ({ aim, ratio, figure }: Row): boolean | undefined => {
  const value = ratio?.value ?? figure;
  if (aim === undefined || value === undefined) return undefined;
  return "atMost" in aim ? value <= aim.atMost : value >= aim.atLeast;
};

/** Three significant digits, thousands apart: 0.0123, 1.23, 12.3, 123, 12,345. */
export const figureText = (value: number): string => {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value === 0 ? "0" : String(Number(value.toPrecision(3)));
};

const aimText = (aim: Aim, unit: string): string =>
  "atMost" in aim ? `≤ ${figureText(aim.atMost)}${unit}` : `≥ ${figureText(aim.atLeast)}${unit}`;

const verdict = (row: Row): string => {
  const met = isMet(row);
  if (met === undefined) return row.aim === undefined ? "" : "not measured";
  return met ? "met" : "MISSED";
};

const cellsOf = (row: Row, unit: string): ReadonlyArray<string> => [
  row.name,
  row.figure === undefined ? "" : `${figureText(row.figure)} ${unit}`,
  row.also ?? "",
  row.ratio === undefined ? "" : `${figureText(row.ratio.value)} × ${row.ratio.to}`,
  row.aim === undefined ? "" : aimText(row.aim, row.ratio === undefined ? ` ${unit}` : " ×"),
  verdict(row),
  row.note ?? "",
];

/** The first column reads from the left; numbers end at the same place. */
export const tableText = ({ title, unit, rows }: Table): string => {
  const cells = rows.map((row) => cellsOf(row, unit));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      // What nobody filled in takes no room.
      .flatMap((cell, column) => {
        const width = widths[column]!;
        if (width === 0) return [];
        return [column === 1 || column === 2 ? cell.padStart(width) : cell.padEnd(width)];
      })
      .join("  ")
      .trimEnd(),
  );
  return [title, ...lines.map((line) => `  ${line}`)].join("\n");
};

const machineText = (): string => {
  const cores = cpus();
  const [load = 0] = loadavg();
  return (
    `${cores.length} cores (${cores[0]?.model.trim() ?? "unknown"}), ${(totalmem() / 2 ** 30).toFixed(1)} GB, ` +
    `load ${load.toFixed(2)}, Node ${process.versions.node}, ${process.platform} ${process.arch}`
  );
};

export class Report {
  readonly #print: (text: string) => void;
  #met = 0;
  #missed = 0;
  #open = 0;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  machine(): void {
    this.#print(machineText());
  }

  section({ name, summary }: Section): void {
    this.#print(`\n── ${name}: ${summary}`);
  }

  /** A line between tables: what is being done, or why something is not. */
  say(line: string): void {
    this.#print(line);
  }

  table(table: Table): void {
    this.#print(`\n${tableText(table)}`);
    for (const row of table.rows) {
      const met = isMet(row);
      if (met === undefined) this.#open += row.aim === undefined ? 0 : 1;
      else if (met) this.#met++;
      else this.#missed++;
    }
  }

  summary(): void {
    this.#print(`\nAims: ${this.#met} met, ${this.#missed} missed${this.#open === 0 ? "" : `, ${this.#open} not measured here`}.`);
    this.machine();
  }
}
