// Writes a video to a file, mostly an MP4, and says truly why that failed: the muxer's own target takes a part of a piece for all of
// it, loses what the disk refused, and leaves the file open. Runs in a media child.
import { type FileHandle, open } from "node:fs/promises";
import {
  MkvOutputFormat,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
  StreamTarget,
  type StreamTargetChunk,
  WebMOutputFormat,
} from "mediabunny";
import { forgetTimesIn } from "./forget-times.ts";

/** `faststart`: one piece with its index first. `fragmented`: pieces of a second that each begin with a key frame. */
export type Layout = "faststart" | "fragmented";

const into = (file: FileHandle): WritableStream<StreamTargetChunk> =>
  new WritableStream({
    write: async ({ data, position }) => {
      // A disk that is about to be full takes less than it is given.
      for (let at = 0; at < data.length;) at += (await file.write(data, at, data.length - at, position + at)).bytesWritten;
    },
  });

/** `fill` adds tracks to the output, starts it and gives it all that they hold. On failure the file is left as it is then. */
const write = async (path: string, format: OutputFormat, fill: (output: Output) => Promise<void>): Promise<void> => {
  await using file = await open(path, "w");
  const output = new Output({ format, target: new StreamTarget(into(file), { chunked: true }) });
  try {
    await fill(output);
    await output.finalize();
  } catch (error) {
    // Where the disk refused, it only says that the file cannot be closed.
    await Promise.allSettled([output.cancel()]);
    throw error;
  }
};

export const writeMp4 = async (path: string, layout: Layout, fill: (output: Output) => Promise<void>): Promise<void> => {
  // `reserve` keeps memory flat whatever the length; the number of packets must be known for it.
  const format = new Mp4OutputFormat(
    layout === "fragmented" ? { fastStart: "fragmented", minimumFragmentDuration: 0.5 } : { fastStart: "reserve" },
  );
  await write(path, format, fill);
  await forgetTimesIn(path);
};

/** `webm`: what all browsers know of Matroska. No times of writing are in either. */
export type Matroska = "webm" | "mkv";

export const writeMatroska = (path: string, kind: Matroska, fill: (output: Output) => Promise<void>): Promise<void> =>
  write(path, kind === "webm" ? new WebMOutputFormat() : new MkvOutputFormat(), fill);
