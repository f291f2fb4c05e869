// A playthrough without a server: the evaluator in this page, kept as its seed and inputs where the page can keep something. For
// exported stories, previews, tests and measurements.
import * as z from "zod";
import { playLimits } from "#protocol/scene/limits.ts";
import { type PlayInput, PlayInput as PlayInputSchema, type PlayOutput, type PlayState } from "#protocol/scene/play/state.ts";
import { replayPlay, startPlay, stepPlay } from "#protocol/scene/play/step.ts";
import { viewPlay } from "#protocol/scene/play/view.ts";
import type { Story } from "#protocol/scene/scene.ts";
import { languagesOf } from "../player/languages.ts";
import { Problem } from "../words/catalogue.ts";
import type { Moment, PlayableMedia, PlayChange, PlaySource, Refusal, Save } from "./source.ts";

/** What a page can keep: `localStorage` is one. */
export type Keep = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface LocalOptions {
  readonly story: Story;
  readonly title: string;
  readonly media: (assetIds: ReadonlyArray<string>) => Promise<ReadonlyMap<string, PlayableMedia>>;
  /** Of a new playthrough; asked for again after a restart. */
  readonly seed: () => number;
  /** Where the playthrough, its saves and what was achieved are kept, and under which name. */
  readonly keep?: { readonly at: Keep; readonly name: string };
}

/** Of one story in one browser. */
const mostSaves = 20;

const Run = z.object({ seed: z.int(), inputs: z.array(PlayInputSchema).max(20_000) });
type Run = z.infer<typeof Run>;
const KeptSave = Run.extend({ id: z.string(), name: z.string(), at: z.number() });
/** Of all playthroughs of the story. */
const Shelf = z.object({
  /** One that cannot be read any more takes no other with it. */
  saves: z
    .array(z.unknown())
    .catch([])
    .default([])
    .transform((all) => all.flatMap((one) => KeptSave.safeParse(one).data ?? []).slice(0, mostSaves)),
  earned: z.array(z.string()).catch([]).default([]),
});

/** Undefined: nothing is kept under this name, or something else. */
const read = <T>(schema: z.ZodType<T>, at: Keep, name: string): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(at.getItem(name) ?? "null")).data;
  } catch {
    // Not JSON.
    return undefined;
  }
};

/** Throws where the story has nowhere to begin. */
export const localPlay = (options: LocalOptions): PlaySource => {
  const { story, keep } = options;
  const languages = languagesOf(story);
  const listeners = new Set<(change: PlayChange) => void>();
  let seed = 0;
  let inputs: Array<PlayInput> = [];
  let moments: ReadonlyArray<Moment> = [];
  let saves: ReadonlyArray<Save & Run> = [];
  let earned: ReadonlySet<string> = new Set();
  let state: PlayState;

  /** Answers whether there was room, or nothing is to be kept. */
  const write = (name: string, what: unknown): boolean => {
    try {
      keep?.at.setItem(name, JSON.stringify(what));
      return true;
    } catch {
      // Full, or not allowed: the playthrough goes on, and is only not there after a reload.
      return false;
    }
  };
  const runName = keep?.name ?? "";
  const shelfName = `${runName}.shelf`;
  /** What other windows of the story have put there meanwhile stays. Answers as `write` does. */
  const writeShelf = (change: (saves: ReadonlyArray<Save & Run>) => ReadonlyArray<Save & Run> = (all) => all): boolean => {
    const there = keep === undefined ? undefined : read(Shelf, keep.at, shelfName);
    saves = change(there?.saves ?? saves);
    earned = new Set([...earned, ...(there?.earned ?? [])]);
    return write(shelfName, { saves, earned: [...earned] });
  };
  /** What was chosen, if it was a choice. */
  const note = (before: PlayState, input: PlayInput): void => {
    if (input.type !== "choose") return;
    const textIn = (language: string): string =>
      viewPlay(story, before, language)?.choices.find(({ edge }) => edge === input.edge)?.text ?? "";
    moments = [...moments, { inputs: inputs.length, chosen: Object.fromEntries(languages.map((one) => [one, textIn(one)])) }];
  };
  /** Nobody makes clips here: what stands in for them comes at once. A story in which one leads to the next for ever is left there. */
  const withoutGenerated = (): ReadonlyArray<PlayOutput> => {
    const outputs: Array<PlayOutput> = [];
    for (let steps = 0; state.waiting.for === "generation" && steps < playLimits.steps; steps++) {
      const input: PlayInput = { type: "generationFailed", key: state.waiting.key };
      const next = stepPlay(story, state, input);
      if (!next.ok) break;
      inputs.push(input);
      state = next.state;
      outputs.push(...next.outputs);
    }
    return outputs;
  };
  const replay = (from: Run): void => {
    const begun = startPlay(story, { seed: from.seed });
    if (!begun.ok) throw new Problem(({ cannotBegin }) => cannotBegin, { cause: begun.refusal });
    seed = from.seed;
    inputs = [];
    moments = [];
    state = begun.state;
    for (const input of from.inputs) {
      const next = stepPlay(story, state, input);
      // Kept of another version of the story: what still fits of it is played.
      if (!next.ok) return;
      note(state, input);
      inputs.push(input);
      state = next.state;
    }
  };
  const begin = (from: Run): void => {
    replay(from);
    withoutGenerated();
  };
  const shelf = keep === undefined ? undefined : read(Shelf, keep.at, shelfName);
  saves = shelf?.saves ?? [];
  earned = new Set(shelf?.earned);
  begin((keep === undefined ? undefined : read(Run, keep.at, runName)) ?? { seed: options.seed(), inputs: [] });

  const say = (outputs: ReadonlyArray<PlayOutput>, jumped: boolean): void => {
    for (const listener of listeners) listener({ state, outputs, jumped });
  };
  const tell = (outputs: ReadonlyArray<PlayOutput>, jumped: boolean): void => {
    write(runName, { seed, inputs });
    const achieved = Object.keys(state.achieved ?? {});
    if (!achieved.every((one) => earned.has(one))) {
      earned = new Set([...earned, ...achieved]);
      writeShelf();
    }
    say(outputs, jumped);
  };
  return {
    story,
    title: options.title,
    watching: false,
    signIn: null,
    spectators: null,
    gone: () => null,
    state: () => state,
    take: (input): Refusal | null => {
      const next = stepPlay(story, state, input);
      if (!next.ok) return next.refusal;
      note(state, input);
      inputs.push(input);
      state = next.state;
      tell([...next.outputs, ...withoutGenerated()], false);
      return null;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    history: () => moments,
    rewind: async (count) => {
      const back = replayPlay(story, { seed }, inputs.slice(0, count));
      if (!back.ok) throw new Problem(({ cannotGoBack }) => cannotGoBack, { cause: back.refusal });
      inputs = inputs.slice(0, count);
      moments = moments.filter((moment) => moment.inputs < count);
      state = back.state;
      withoutGenerated();
      tell([], true);
    },
    restart: async () => {
      begin({ seed: options.seed(), inputs: [] });
      tell([], true);
    },
    earned: () => earned,
    saves: () => saves,
    save: async (name) => {
      const id = `sav_${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
      const save = { id, name, at: Date.now(), seed, inputs: [...inputs] };
      const isKept = writeShelf((all) => (all.length < mostSaves ? [...all, save] : all));
      const isFull = !saves.includes(save);
      if (!isKept) saves = saves.filter((one) => one !== save);
      say([], false);
      if (isFull) throw new Problem(({ savesFull }) => savesFull(mostSaves));
      if (!isKept) throw new Problem(({ browserFull }) => browserFull);
    },
    load: async (id) => {
      const save = saves.find((one) => one.id === id);
      if (save === undefined) throw new Problem(({ notSaved }) => notSaved);
      begin(save);
      tell([], true);
    },
    dropSave: async (id) => {
      writeShelf((all) => all.filter((one) => one.id !== id));
      say([], false);
    },
    // One is kept beside its saves.
    earlier: () => [],
    resume: async () => {},
    dropEarlier: async () => {},
    media: options.media,
    // Nobody reads it, and time is the page's own.
    report: () => {},
    stretch: () => {},
    close: () => listeners.clear(),
  };
};
