// Presets: a form as somebody kept it, and prompts to start from. Kept in the user's preferences. Pure.
import { Operation } from "#protocol/job.ts";
import type { ChosenStyle } from "#web/store/draft.ts";
import { KeptElsewhere, type Elsewhere } from "./fallback.ts";
import { KeptStyle } from "./words.ts";

export const presetsKey = "presets";
/** More than this many are refused, so that the preferences stay within their limit. */
export const mostPresets = 40;

export interface Preset {
  readonly name: string;
  readonly provider: string;
  readonly operation: Operation;
  readonly params: Readonly<Record<string, unknown>>;
  /** Where it is to go on; absent: nowhere else. */
  readonly elsewhere?: Elsewhere;
  /** Around the prompt. Absent: none. */
  readonly style?: ChosenStyle | null;
}

/** What cannot be read of it goes nowhere else. */
const readElsewhere = (value: unknown): Pick<Preset, "elsewhere"> => {
  const elsewhere = KeptElsewhere.safeParse(value);
  return elsewhere.success ? { elsewhere: elsewhere.data } : {};
};

const readStyle = (value: unknown): Pick<Preset, "style"> => {
  const style = KeptStyle.safeParse(value);
  return style.success ? { style: style.data } : {};
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** The presets of a preferences value; what is not one (another version wrote it) is left out. */
export const readPresets = (value: unknown): ReadonlyArray<Preset> =>
  (Array.isArray(value) ? value : []).flatMap((each: unknown) => {
    if (!isRecord(each) || typeof each["name"] !== "string" || typeof each["provider"] !== "string" || !isRecord(each["params"])) {
      return [];
    }
    const operation = Operation.safeParse(each["operation"]);
    return operation.success
      ? [
          {
            name: each["name"],
            provider: each["provider"],
            operation: operation.data,
            params: each["params"],
            ...readElsewhere(each["elsewhere"]),
            ...readStyle(each["style"]),
          },
        ]
      : [];
  });

/** With one more; a preset of the same name is replaced. */
export const withPreset = (presets: ReadonlyArray<Preset>, preset: Preset): ReadonlyArray<Preset> =>
  [...presets.filter(({ name }) => name !== preset.name), preset].sort((a, b) => a.name.localeCompare(b.name));

/** Prompts that show what can be asked for. */
export const ideas: ReadonlyArray<{ readonly title: string; readonly prompt: string }> = [
  {
    title: "Fox in the snow",
    prompt: "A red fox walks through a snowy pine forest at dawn, soft fog, the camera pans slowly to the right",
  },
  { title: "Harbour at dusk", prompt: "A small sailing boat in a calm harbour at sunset, orange sky, gentle waves, slow push in" },
  { title: "City in the rain", prompt: "Neon city street at night in heavy rain, cars pass by, reflections on the wet road, lively" },
  { title: "Desert stars", prompt: "A starry night over a desert with a full moon, a lone tree on a hill, the camera rises slowly" },
  { title: "Storm at the cliffs", prompt: "Lightning over dark sea cliffs, storm clouds, a white lighthouse, wide shot, slow pull out" },
  { title: "Spring meadow", prompt: "A green meadow full of yellow flowers on a sunny spring day, butterflies and birds, drifting camera" },
];
