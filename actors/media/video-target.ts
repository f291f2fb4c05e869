// What a video must be for somebody to take it, and what has to be done to make it so. Pure.
import type { VideoFacts } from "./media.ts";

export type VideoCodec = "avc" | "hevc" | "vp8" | "vp9" | "av1";

/** Left out: whatever it is. */
export interface VideoTarget {
  /** MIME types of files; what is converted becomes `video/mp4`. */
  readonly formats?: ReadonlyArray<string>;
  /** What is converted becomes H.264 (`avc`): of 8 bits and halved colour, as which alone it counts. */
  readonly codecs?: ReadonlyArray<VideoCodec>;
  /** Largest file, bytes. */
  readonly bytes?: number;
  /** Longest edge, px. */
  readonly edge?: number;
}

/** H.264 that every decoder reads: not High 10, High 4:2:2, High 4:4:4. */
export const isPlainAvc = (codec: string): boolean => /^avc[13]\.(42|4d|58|64)/i.test(codec);

/** Of an RFC 6381 string; null for others, which nobody declares. */
export const codecOf = (codec: string): VideoCodec | null => {
  if (isPlainAvc(codec)) return "avc";
  if (/^(hvc1|hev1)/.test(codec)) return "hevc";
  if (codec.startsWith("vp8")) return "vp8";
  if (/^vp0?9/.test(codec)) return "vp9";
  return codec.startsWith("av01") ? "av1" : null;
};

/** Those that an MP4 holds. */
const inMp4: ReadonlySet<VideoCodec | null> = new Set(["avc", "hevc", "vp9", "av1"]);

/** `copy`: its packets go into another file as they are; `encode`: its pictures are encoded anew. `size`: bytes of the file. */
export const workFor = (facts: VideoFacts, size: number, { formats, codecs, bytes, edge }: VideoTarget): "none" | "copy" | "encode" => {
  const codec = codecOf(facts.videoCodec);
  const isRead = codecs === undefined || (codec !== null && codecs.includes(codec));
  const isLarge = Math.max(facts.width, facts.height) > (edge ?? Number.POSITIVE_INFINITY) || size > (bytes ?? Number.POSITIVE_INFINITY);
  if (isLarge || !isRead) return "encode";
  if (formats === undefined || formats.includes(facts.mime)) return "none";
  return inMp4.has(codec) ? "copy" : "encode";
};
