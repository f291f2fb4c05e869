// What is shown of which asset, and what a state of the story asks the stage to show. Pure.
import type { PlayView, ViewedMedia } from "#protocol/scene/play/view.ts";
import type { SegmentMedia } from "#protocol/scene/scene.ts";

/** A piece of a video, or a picture that stands for a time. */
export interface Cue {
  /** The same for the same beginning: that is what an element is made ready with. */
  readonly key: string;
  readonly assetId: string;
  readonly startMs: number;
  /** Null: to the end of the video. */
  readonly endMs: number | null;
  /** It is a picture. */
  readonly still: boolean;
}

export const cueFor = (assetId: string, startMs = 0, endMs: number | null = null): Cue => ({
  key: `${assetId}@${startMs}`,
  assetId,
  startMs,
  endMs,
  still: false,
});

export const stillFor = (assetId: string, durationMs: number): Cue => ({
  key: `${assetId}!`,
  assetId,
  startMs: 0,
  endMs: durationMs,
  still: true,
});

/** Undefined: there is no picture to it, only a text or nothing. */
export const cueOf = (media: ViewedMedia | SegmentMedia): Cue | undefined => {
  switch (media.kind) {
    case "asset":
      return cueFor(media.assetId);
    case "clip":
      return cueFor(media.assetId, media.startMs, media.endMs);
    case "still":
      return stillFor(media.assetId, media.durationMs);
    case "missing":
    case "placeholder":
      return undefined;
  }
};

/** What comes when the last cue of a programme is over. */
export type AtEnd =
  /** The story is told that it has ended. */
  | { readonly kind: "tell" }
  /** This cue, over and over. */
  | { readonly kind: "loop"; readonly cue: Cue }
  /** The last picture stays. */
  | { readonly kind: "stay" };

export interface Programme {
  /** One after the other. */
  readonly cues: ReadonlyArray<Cue>;
  /** Of each of them, a WebVTT file; empty: it has none. */
  readonly subtitles: ReadonlyArray<string>;
  readonly atEnd: AtEnd;
}

/** `lastStep`: whether nothing comes after this step of a progression; null: there are no steps. */
export const programmeOf = (view: PlayView, lastStep: boolean | null): Programme => {
  const pieces = view.media.flatMap((media) => {
    const cue = cueOf(media);
    return cue === undefined ? [] : [{ cue, subtitles: media.kind === "placeholder" ? "" : media.subtitles }];
  });
  const cues = pieces.map(({ cue }) => cue);
  const subtitles = pieces.map((piece) => piece.subtitles);
  const last = cues.at(-1);
  if (last === undefined) return { cues, subtitles, atEnd: { kind: "stay" } };
  if (lastStep === false) return { cues, subtitles, atEnd: { kind: "loop", cue: last } };
  if (view.loop === null || view.choices.some(({ chosen }) => chosen)) return { cues, subtitles, atEnd: { kind: "tell" } };
  if (last.still) return { cues, subtitles, atEnd: { kind: "loop", cue: last } };
  // Both count from the beginning of the piece, and stay within it.
  const startMs = Math.min(last.startMs + view.loop.startMs, (last.endMs ?? Infinity) - 1);
  const loopEnd = last.startMs + view.loop.endMs;
  const endMs = last.endMs === null ? loopEnd : Math.min(loopEnd, last.endMs);
  // The first time round it plays up to where the loop ends.
  return {
    cues: [...cues.slice(0, -1), cueFor(last.assetId, last.startMs, endMs)],
    subtitles,
    atEnd: { kind: "loop", cue: cueFor(last.assetId, startMs, endMs) },
  };
};
