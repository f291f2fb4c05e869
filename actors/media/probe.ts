// Reads what a media file is from its bytes, and checks that it can be decoded. Runs in a media child.
import { open } from "node:fs/promises";
import { EncodedPacketSink, VideoSampleSink } from "mediabunny";
import sharp from "sharp";
import { type OpenVideo, withVideo } from "./container.ts";
import { failureFrom, unsupported } from "./failure.ts";
import type { ImageFacts, MediaFacts, VideoFacts } from "./media.ts";
import { type Sniffed, sniff, sniffBytes } from "./sniff.ts";

/** Most pixels of a picture or frame: more is refused before it is decoded. */
export const maxPixels = 100_000_000;
const accepted = "PNG, JPEG, WebP, GIF and AVIF pictures, MP4, MOV, WebM and MKV videos can be used.";

const firstBytes = async (path: string): Promise<Uint8Array> => {
  await using file = await open(path, "r");
  const { buffer, bytesRead } = await file.read(new Uint8Array(sniffBytes), 0, sniffBytes, 0);
  return buffer.subarray(0, bytesRead);
};

const probeImage = async (path: string, mime: string): Promise<ImageFacts> => {
  const meta = await sharp(path, { limitInputPixels: false }).metadata();
  const { width, height } = meta.autoOrient;
  if (width * height > maxPixels) {
    throw unsupported(`The picture has ${Math.round((width * height) / 1e6)} megapixels; at most ${maxPixels / 1e6} can be used.`);
  }
  // Decoding it shows whether all of it is there.
  await sharp(path, { limitInputPixels: maxPixels, failOn: "truncated" }).resize(16, 16).raw().toBuffer();
  return { mediaType: "image", mime, width, height };
};

const baseMime = async ({ input }: OpenVideo): Promise<string> => (await input.getMimeType()).split(";")[0]?.trim() ?? "video/mp4";

const probeVideo = async (path: string): Promise<VideoFacts> =>
  withVideo(path, async (file) => {
    const { video, audio } = file;
    const codec = await video.getCodecParameterString();
    if (codec === null || !(await video.canDecode())) {
      throw unsupported(`The video's codec (${(await video.getInternalCodecId()) ?? "unknown"}) cannot be decoded.`);
    }
    const width = await video.getDisplayWidth();
    const height = await video.getDisplayHeight();
    if (!(width > 0 && height > 0) || width * height > maxPixels) throw unsupported(`The video's size ${width}×${height} cannot be used.`);

    const stats = await video.computePacketStats();
    if (stats.packetCount === 0) throw unsupported("The video has no frames.");
    const start = await video.getFirstTimestamp();
    const duration = (await video.computeDuration()) - start;
    const { bestGuessFrameRate } = await video.computeFrameRateMetrics();

    // A file that was cut off has an index of frames that are not there.
    const last = await new EncodedPacketSink(video).getPacket(Number.POSITIVE_INFINITY);
    if (last === null) throw unsupported("The video is cut off: its end is missing.");
    const first = await new VideoSampleSink(video).getSample(start);
    if (first === null) throw unsupported("The video's first frame cannot be decoded.");
    first.close();

    return {
      mediaType: "video",
      mime: await baseMime(file),
      width,
      height,
      durationMs: Math.max(1, Math.round(duration * 1000)),
      fps: Math.round(bestGuessFrameRate * 1000) / 1000,
      frames: stats.packetCount,
      videoCodec: codec,
      audioCodec: audio === null ? null : await audio.getCodecParameterString(),
    };
  });

const probeAs = (path: string, sniffed: Sniffed): Promise<MediaFacts> => {
  switch (sniffed.kind) {
    case "image":
      return probeImage(path, sniffed.mime);
    case "video":
      return probeVideo(path);
    case "unknown":
      throw unsupported(`This is ${sniffed.what}. ${accepted}`);
  }
};

/** What the file is. Throws MediaFailure: `unsupported` if it is not a whole picture or video that can be decoded. */
export const probe = async (path: string): Promise<MediaFacts> => {
  try {
    return await probeAs(path, sniff(await firstBytes(path)));
  } catch (error) {
    throw failureFrom(error, (message) => unsupported(`The file is damaged or not what it seems to be (${message}).`, error));
  }
};
