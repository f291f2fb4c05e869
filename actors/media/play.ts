// What a player needs of a video: a file that any browser plays at once, and for instant cuts the picture alone, in
// closed groups of at most a second, and the sound alone. Packets are copied where they can be. Runs in a media child.
import { open } from "node:fs/promises";
import { EncodedPacketSink, type InputVideoTrack } from "mediabunny";
import { decodable, type OpenVideo, withVideo } from "./container.ts";
import type { DerivedFile, VideoFacts } from "./media.ts";
import { copyToMatroska, copyTracks, encodeTracks, matroskaFor } from "./remux.ts";
import { isPlainAvc } from "./video-target.ts";

/** Longest video that is encoded anew, ms: longer ones keep only what can be copied. */
const encodeUpToMs = 120_000;
const longestGroup = 1;

/** How the packets of a video lie. */
interface Groups {
  readonly startsWithKey: boolean;
  /** Seconds between key frames, at most. */
  readonly longest: number;
  /** No frame is shown before the key frame that comes before it in the file. */
  readonly closed: boolean;
  /** Length of one frame, s. */
  readonly frame: number;
}

const scanGroups = async (video: InputVideoTrack, fps: number): Promise<Groups> => {
  let startsWithKey = false;
  let longest = 0;
  let closed = true;
  let key: number | undefined;
  let end = 0;
  for await (const packet of new EncodedPacketSink(video).packets(undefined, undefined, { metadataOnly: true })) {
    if (packet.type === "key") {
      if (key === undefined) startsWithKey = true;
      else longest = Math.max(longest, packet.timestamp - key);
      key = packet.timestamp;
    } else if (key !== undefined && packet.timestamp < key) {
      closed = false;
    } else if (key === undefined) {
      key = packet.timestamp;
    }
    end = Math.max(end, packet.timestamp + packet.duration);
  }
  return { startsWithKey, longest: Math.max(longest, end - (key ?? 0)), closed, frame: 1 / fps };
};

const playable = (codec: string): boolean => isPlainAvc(codec) || codec.startsWith("vp09.00") || codec.startsWith("av01.0");

/** Whether an MP4's index (`moov`) stands before its data. */
const indexFirst = async (path: string): Promise<boolean> => {
  await using file = await open(path, "r");
  const head = new Uint8Array(16);
  const view = new DataView(head.buffer);
  let at = 0;
  for (;;) {
    const { bytesRead } = await file.read(head, 0, 16, at);
    if (bytesRead < 8) return false;
    const type = String.fromCharCode(...head.subarray(4, 8));
    if (type === "moov") return true;
    if (type === "mdat") return false;
    const size = view.getUint32(0);
    const whole = size === 1 ? Number(view.getBigUint64(8)) : size;
    if (whole < 8) return false;
    at += whole;
  }
};

/** Whether a browser plays the file as it is, starting before all of it is there. */
const playsAsIs = async (path: string, facts: VideoFacts): Promise<boolean> => {
  const codecs = playable(facts.videoCodec) || facts.videoCodec === "vp8";
  if (facts.mime === "video/webm") return codecs;
  return facts.mime === "video/mp4" && codecs && (await indexFirst(path));
};

const derived = (role: DerivedFile["role"], path: string, mime: string, facts: VideoFacts | null): DerivedFile => ({
  role,
  path,
  mime,
  width: facts?.width ?? null,
  height: facts?.height ?? null,
});

/**
 * The file to play instead of the source. Of what is too long to be encoded it is a copy, which plays where the source did. Null: no file that
 * browsers know holds such a copy.
 */
const makeFaststart = async ({ video, audio }: OpenVideo, facts: VideoFacts, prefix: string): Promise<DerivedFile | null> => {
  const tracks = { video, audio: await decodable(audio) };
  const shift = await video.getFirstTimestamp();
  const mp4 = `${prefix}-faststart.mp4`;
  if (!playable(facts.videoCodec) && facts.durationMs <= encodeUpToMs) {
    await encodeTracks(tracks, shift, mp4, "faststart");
    return derived("faststart", mp4, "video/mp4", facts);
  }
  // Of what can be uploaded that alone is in no MP4 that browsers play.
  if ((await video.getCodec()) !== "vp8") {
    await copyTracks(tracks, shift, mp4, "faststart");
    return derived("faststart", mp4, "video/mp4", facts);
  }
  const kind = await matroskaFor(tracks);
  if (kind === null) return null;
  const path = `${prefix}-faststart.${kind}`;
  await copyToMatroska(tracks, path, kind);
  return derived("faststart", path, kind === "webm" ? "video/webm" : "video/x-matroska", facts);
};

const makeApart = async ({ video, audio }: OpenVideo, facts: VideoFacts, prefix: string): Promise<ReadonlyArray<DerivedFile>> => {
  const files: Array<DerivedFile> = [];
  const shift = await video.getFirstTimestamp();
  const codec = (await video.getCodecParameterString()) ?? "";
  const groups = await scanGroups(video, facts.fps);
  const videoPath = `${prefix}-play-video.mp4`;
  // Half a frame more than a second still is "a second" where times are rounded.
  const fits = groups.startsWithKey && groups.closed && groups.longest <= longestGroup + groups.frame / 2;
  if (isPlainAvc(codec) && fits) {
    await copyTracks({ video, audio: null }, shift, videoPath, "fragmented");
    files.push(derived("play-video", videoPath, "video/mp4", facts));
  } else if (facts.durationMs <= encodeUpToMs) {
    await encodeTracks({ video, audio: null }, shift, videoPath, "fragmented");
    files.push(derived("play-video", videoPath, "video/mp4", facts));
  }
  const sound = await decodable(audio);
  if (sound !== null) {
    const audioPath = `${prefix}-play-audio.m4a`;
    await copyTracks({ video: null, audio: sound }, shift, audioPath, "fragmented");
    files.push(derived("play-audio", audioPath, "audio/mp4", null));
  }
  return files;
};

/**
 * Makes `faststart` (if the source needs it), `play-video` and `play-audio`. Where there is no `play-video` there is `faststart`, if it can be
 * made: the source has what its camera wrote into it, which is not for those who play it.
 */
export const makePlayable = async (source: string, facts: VideoFacts, prefix: string): Promise<ReadonlyArray<DerivedFile>> => {
  const make = (): Promise<DerivedFile | null> => withVideo(source, (file) => makeFaststart(file, facts, prefix));
  const needed = !(await playsAsIs(source, facts));
  const first = needed ? await make() : null;
  // What was encoded for playing already has short groups: the rest is copied from it.
  const apart = await withVideo(first?.path ?? source, (file) => makeApart(file, facts, prefix));
  const faststart = needed || apart.some(({ role }) => role === "play-video") ? first : await make();
  return faststart === null ? apart : [faststart, ...apart];
};
