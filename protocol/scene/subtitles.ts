// Subtitles of a piece: WebVTT files by language, kept as they were written. Players have them read by the browser's own parser and show what
// is said as plain text. Pure.
import * as z from "zod";
import { sceneLimits } from "./limits.ts";
import { Language } from "./value.ts";

/** Times in it are those of the whole video, wherever a clip of it begins. */
const WebVtt = z
  .string()
  .max(sceneLimits.subtitles)
  .regex(/^\uFEFF?WEBVTT(?:[ \t\r\n]|$)/, "This is not a WebVTT file.");

export const Subtitles = z
  .record(Language, WebVtt)
  .refine((files) => Object.keys(files).length <= sceneLimits.languages, `At most ${sceneLimits.languages} languages.`);
export type Subtitles = z.infer<typeof Subtitles>;

const cue = /^(?:(\d{2,}):)?(\d{2}):(\d{2})\.(\d{3})[ \t]*-->/gm;

/** When each of its cues begins, ms. */
export const cueStarts = (file: string): ReadonlyArray<number> =>
  [...file.replaceAll(/\r\n?/g, "\n").matchAll(cue)].map(
    ([, hours = "0", minutes, seconds, ms]) => ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(ms),
  );
