// Which pieces of a prompt are shown as special: its choices, variables and lists. Pure.
import { spansOf } from "#protocol/template/parse.ts";
import type { Span } from "#protocol/template/tree.ts";
import type { Mark } from "#web/ui/marked-text.tsx";

const tones: Readonly<Record<Span["kind"], Mark["tone"]>> = { choice: "active", variable: "ok", list: "info" };

export const promptMarks = (text: string): ReadonlyArray<Mark> =>
  spansOf(text).map(({ at, length, kind }) => ({ at, length, tone: tones[kind] }));
