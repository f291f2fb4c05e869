// Makes an MP4 of a video that fits what somebody takes. Packets are copied where they can be. Runs in a media child.
import { stat } from "node:fs/promises";
import { decodable, withVideo } from "./container.ts";
import { failureFrom, unsupported } from "./failure.ts";
import type { VideoFacts } from "./media.ts";
import { copyTracks, encodedEdge, encodeTracks, usualBitrate } from "./remux.ts";
import { type VideoTarget, workFor } from "./video-target.ts";

/** Bits for a pixel of a frame below which a picture falls apart; then it is made smaller instead. */
const poor = 0.05;
/** Below this edge, px, nothing is to be seen any more. */
const smallestEdge = 240;
/** What the sound and the file's index take, bit/s. */
const besides = 180_000;
/** The encoder keeps to a bitrate about so well; it is tried again with less. */
const margin = 0.9;
const mostTries = 4;

const sized = (bytes: number): string => (bytes >= 1e6 ? `${Number((bytes / 1e6).toFixed(1))} MB` : `${Math.ceil(bytes / 1000)} KB`);

interface Attempt {
  readonly edge: number;
  /** bit/s */
  readonly bitrate: number;
}

/** As large and good as fits into `bits` a second. Null: it would be nothing but blocks. */
const attemptFor = ({ width, height, fps }: VideoFacts, edge: number, bits: number): Attempt | null => {
  const longest = Math.max(width, height);
  const pixelsAt = (at: number): number => width * height * (Math.min(at, longest) / longest) ** 2;
  const rate = Math.min(60, Math.max(10, fps));
  const usual = usualBitrate(pixelsAt(edge), rate);
  if (bits >= usual) return { edge, bitrate: usual };
  const enough = edge * Math.sqrt(Math.min(1, bits / (pixelsAt(edge) * rate * poor)));
  return enough < Math.min(smallestEdge, longest) ? null : { edge: Math.floor(enough), bitrate: Math.floor(bits) };
};

const encode = async (path: string, facts: VideoFacts, target: VideoTarget, output: string): Promise<void> => {
  const { bytes: most = Number.POSITIVE_INFINITY } = target;
  const edge = Math.min(target.edge ?? encodedEdge, encodedEdge, Math.max(facts.width, facts.height));
  let bits = ((most * 8) / Math.max(0.1, facts.durationMs / 1000)) * margin - (facts.audioCodec === null ? 0 : besides);
  for (let tries = 0; tries < mostTries; tries++) {
    const attempt = attemptFor(facts, edge, bits);
    if (attempt === null) break;
    await withVideo(path, async ({ video, audio }) => {
      await encodeTracks({ video, audio: await decodable(audio) }, await video.getFirstTimestamp(), output, "faststart", attempt);
    });
    const { size } = await stat(output);
    if (size <= most) return;
    bits = attempt.bitrate * (most / size) * margin;
  }
  throw unsupported(`It is too long to be made smaller than ${sized(most)}: cut it first.`);
};

/** Writes to `output` what fits the target. Throws MediaFailure, `unsupported` with a sentence where that cannot be done. */
export const convert = async (path: string, facts: VideoFacts, target: VideoTarget, output: string): Promise<null> => {
  try {
    const { size } = await stat(path);
    if (workFor(facts, size, target) === "copy") {
      await withVideo(path, async ({ video, audio }) => {
        await copyTracks({ video, audio: await decodable(audio) }, await video.getFirstTimestamp(), output, "faststart");
      });
      if ((await stat(output)).size <= (target.bytes ?? Number.POSITIVE_INFINITY)) return null;
    }
    await encode(path, facts, target, output);
    return null;
  } catch (error) {
    throw failureFrom(error, (message) => unsupported(`The file cannot be worked on: it is damaged (${message}).`, error));
  }
};
