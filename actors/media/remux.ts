// Puts the packets of a video file into another file without decoding them, and encodes anew where that cannot be done.
// Runs in a media child.
import {
  AudioSampleSink,
  AudioSampleSource,
  EncodedAudioPacketSource,
  type EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  type InputAudioTrack,
  type InputTrack,
  type InputVideoTrack,
  MkvOutputFormat,
  type Output,
  VideoSampleSink,
  VideoSampleSource,
  WebMOutputFormat,
} from "mediabunny";
import { type Layout, type Matroska, writeMatroska, writeMp4 } from "./mp4-file.ts";
import { SoundPieces } from "./sound-pieces.ts";

export interface Tracks {
  readonly video: InputVideoTrack | null;
  readonly audio: InputAudioTrack | null;
}

const evenAtLeast2 = (value: number): number => Math.max(2, Math.round(value / 2) * 2);

const countPackets = async (track: InputTrack): Promise<number> => {
  let count = 0;
  for await (const _ of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) count++;
  return count;
};

/** Feeds one track; the tracks of a file are fed together, in the order of time. */
interface Feed {
  readonly next: () => Promise<boolean>;
  /** Time up to which this track is fed, s. */
  readonly time: () => number;
}

const feedInStep = async (feeds: ReadonlyArray<Feed>): Promise<void> => {
  const open = new Set(feeds);
  while (open.size > 0) {
    let earliest: Feed | undefined;
    for (const feed of open) if (earliest === undefined || feed.time() < earliest.time()) earliest = feed;
    if (earliest !== undefined && !(await earliest.next())) open.delete(earliest);
  }
};

/** Feeds items one by one: `push` takes one and answers its time (s); `close` is called after the last. */
const feed = <T>(items: AsyncGenerator<T, void>, push: (item: T) => Promise<number>, close: () => void | Promise<void>): Feed => {
  let time = Number.NEGATIVE_INFINITY;
  return {
    time: () => time,
    next: async () => {
      const item = await items.next();
      if (item.done === true) {
        await close();
        return false;
      }
      time = await push(item.value);
      return true;
    },
  };
};

/** The packets of a track, as they are but for their time. */
const feedPackets = (track: InputTrack, shift: number, add: (packet: EncodedPacket) => Promise<void>, close: () => void): Feed =>
  feed(
    new EncodedPacketSink(track).packets(),
    async (packet) => {
      const time = packet.timestamp - shift;
      await add(packet.clone({ timestamp: time }));
      return time;
    },
    close,
  );

const feedVideo = async (track: InputVideoTrack, source: EncodedVideoPacketSource, shift: number): Promise<Feed> => {
  const decoderConfig = await track.getDecoderConfig();
  const meta = decoderConfig === null ? undefined : { decoderConfig };
  return feedPackets(
    track,
    shift,
    (packet) => source.add(packet, meta),
    () => source.close(),
  );
};

const feedAudio = async (track: InputAudioTrack, source: EncodedAudioPacketSource, shift: number): Promise<Feed> => {
  const decoderConfig = await track.getDecoderConfig();
  const meta = decoderConfig === null ? undefined : { decoderConfig };
  return feedPackets(
    track,
    shift,
    (packet) => source.add(packet, meta),
    () => source.close(),
  );
};

/** Decodes sound and encodes it as AAC. */
const feedAudioAnew = (track: InputAudioTrack, source: AudioSampleSource, shift: number): Feed => {
  const pieces = new SoundPieces(source);
  return feed(
    new AudioSampleSink(track).samples(),
    async (sample) => {
      const { numberOfChannels: channels, sampleRate } = sample;
      const data = new Float32Array(sample.numberOfFrames * channels);
      sample.copyTo(data, { planeIndex: 0, format: "f32" });
      const timestamp = sample.timestamp - shift;
      sample.close();
      await pieces.add({ data, channels, sampleRate, timestamp });
      return timestamp;
    },
    async () => {
      await pieces.end();
      source.close();
    },
  );
};

/** Decodes frames and encodes them at the given size, upright, as H.264 with a key frame each second and no B-frames. */
const feedVideoAnew = (track: InputVideoTrack, source: VideoSampleSource, shift: number, width: number, height: number): Feed =>
  feed(
    new VideoSampleSink(track).samples(),
    async (sample) => {
      const time = sample.timestamp - shift;
      const asIs = sample.rotation === 0 && !sample.flip && sample.codedWidth === width && sample.codedHeight === height;
      const shown = asIs ? sample : await sample.transform({ width, height, fit: "fill" });
      shown.setTimestamp(Math.max(0, time));
      await source.add(shown);
      shown.close();
      if (shown !== sample) sample.close();
      return time;
    },
    () => source.close(),
  );

const aacBitrate = 160_000;
/** Longest edge of a video that is encoded anew, px. */
export const encodedEdge = 1920;
/** Of H.264, bit/s: a quick encoder needs more bits for the same look; about 0.2 bits a pixel do for most pictures. */
export const usualBitrate = (pixels: number, rate: number): number => Math.round(pixels * rate * 0.2);

/** Whether an MP4 may hold the track's sound as it is, for a browser. */
const soundFits = async (audio: InputAudioTrack): Promise<boolean> => ["aac", "opus", "mp3"].includes((await audio.getCodec()) ?? "");

const addAudio = async (output: Output, audio: InputAudioTrack, shift: number): Promise<() => Promise<Feed>> => {
  const codec = await audio.getCodec();
  const maximumPacketCount = Math.ceil((await countPackets(audio)) * 1.5) + 64;
  if (codec !== null && (await soundFits(audio))) {
    const source = new EncodedAudioPacketSource(codec);
    output.addAudioTrack(source, { maximumPacketCount });
    return () => feedAudio(audio, source, shift);
  }
  const seconds = (await audio.computeDuration()) - (await audio.getFirstTimestamp());
  const source = new AudioSampleSource({ codec: "aac", bitrate: aacBitrate });
  output.addAudioTrack(source, { maximumPacketCount: Math.ceil((seconds * (await audio.getSampleRate())) / 1024) + 64 });
  return () => Promise.resolve(feedAudioAnew(audio, source, shift));
};

const copyVideo = async (output: Output, video: InputVideoTrack, shift: number): Promise<() => Promise<Feed>> => {
  const codec = await video.getCodec();
  if (codec === null) throw new Error("the video's codec is not known");
  const source = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(source, { rotation: await video.getRotation(), maximumPacketCount: await countPackets(video) });
  return () => feedVideo(video, source, shift);
};

/** Copies the packets of the tracks to an MP4; `shift` (s) is taken from all times. Sound that no MP4 holds becomes AAC. */
export const copyTracks = ({ video, audio }: Tracks, shift: number, path: string, layout: Layout): Promise<void> =>
  writeMp4(path, layout, async (output) => {
    const feeds: Array<() => Promise<Feed>> = [];
    if (video !== null) feeds.push(await copyVideo(output, video, shift));
    if (audio !== null) feeds.push(await addAudio(output, audio, shift));
    await output.start();
    await feedInStep(await Promise.all(feeds.map((feed) => feed())));
  });

/** The file of the Matroska family that holds such tracks as they are: WebM if it can be. Null: there is none. */
export const matroskaFor = async ({ video, audio }: Tracks): Promise<Matroska | null> => {
  const codecs = await Promise.all([video?.getCodec(), audio?.getCodec()]);
  const holds = (format: MkvOutputFormat): boolean =>
    codecs.every((codec) => codec === undefined || (codec !== null && format.getSupportedCodecs().includes(codec)));
  if (holds(new WebMOutputFormat())) return "webm";
  return holds(new MkvOutputFormat()) ? "mkv" : null;
};

/** Copies the packets of the tracks to a file that holds them (see `matroskaFor`). Its times begin at 0 with the track that begins first. */
export const copyToMatroska = ({ video, audio }: Tracks, path: string, kind: Matroska): Promise<void> =>
  writeMatroska(path, kind, async (output) => {
    const tracks = [video, audio].filter((track) => track !== null);
    const shift = Math.min(...(await Promise.all(tracks.map((track) => track.getFirstTimestamp()))));
    const feeds: Array<() => Promise<Feed>> = [];
    if (video !== null) feeds.push(await copyVideo(output, video, shift));
    if (audio !== null) {
      const codec = await audio.getCodec();
      if (codec === null) throw new Error("the sound's codec is not known");
      const source = new EncodedAudioPacketSource(codec);
      output.addAudioTrack(source);
      feeds.push(() => feedAudio(audio, source, shift));
    }
    await output.start();
    await feedInStep(await Promise.all(feeds.map((feed) => feed())));
  });

/** Encodes the tracks as H.264 and AAC, no edge longer than `edge`, px, with closed groups of at most a second. `bitrate`: bit/s. */
export const encodeTracks = async (
  tracks: { readonly video: InputVideoTrack; readonly audio: InputAudioTrack | null },
  shift: number,
  path: string,
  layout: Layout,
  { edge = encodedEdge, bitrate: wanted }: { readonly edge?: number; readonly bitrate?: number } = {},
): Promise<void> => {
  const { video, audio } = tracks;
  const [shownWidth, shownHeight] = [await video.getDisplayWidth(), await video.getDisplayHeight()];
  const scale = Math.min(1, edge / Math.max(shownWidth, shownHeight));
  const [width, height] = [evenAtLeast2(shownWidth * scale), evenAtLeast2(shownHeight * scale)];
  const stats = await video.computePacketStats();
  const bitrate = wanted ?? usualBitrate(width * height, Math.min(60, Math.max(10, stats.averagePacketRate)));
  await writeMp4(path, layout, async (output) => {
    const source = new VideoSampleSource({
      codec: "avc",
      bitrate,
      keyFrameInterval: 1,
      latencyMode: "realtime",
      hardwareAcceleration: "prefer-software",
    });
    output.addVideoTrack(source, { maximumPacketCount: stats.packetCount + 8 });
    const sound = audio === null ? null : await addAudio(output, audio, shift);
    await output.start();
    const feeds: Array<Feed> = [feedVideoAnew(video, source, shift, width, height)];
    if (sound !== null) feeds.push(await sound());
    await feedInStep(feeds);
  });
};
