// Work on media files, done in pooled child processes (a codec thread that is ended takes its whole process with it).
import { Context, Data, type Effect } from "effect";
import type { VideoTarget } from "./video-target.ts";

/**
 * `unsupported`: not a media file that can be read. `storage`: the disk said no. `crashed`: the child died; the input may be the cause.
 * `overloaded`: too much work is waiting, try later.
 */
export class MediaError extends Data.TaggedError("MediaError")<{
  readonly reason: "unsupported" | "storage" | "crashed" | "overloaded" | "fault";
  readonly message: string;
}> {}

export interface VideoFacts {
  readonly mediaType: "video";
  readonly mime: string;
  readonly width: number;
  readonly height: number;
  readonly durationMs: number;
  readonly fps: number;
  readonly frames: number;
  /** RFC 6381 codec strings. */
  readonly videoCodec: string;
  readonly audioCodec: string | null;
}

export interface ImageFacts {
  readonly mediaType: "image";
  readonly mime: string;
  readonly width: number;
  readonly height: number;
}

export type MediaFacts = VideoFacts | ImageFacts;

/** A file made from another, in the staging folder. */
export interface DerivedFile {
  readonly role:
    | "poster"
    | "still"
    | "thumb-s"
    | "thumb-m"
    | "thumb-l"
    | "sprite"
    | "first"
    | "last"
    | "play-video"
    | "play-audio"
    | "faststart";
  readonly path: string;
  readonly mime: string;
  readonly width: number | null;
  readonly height: number | null;
}

export interface Derived {
  readonly files: ReadonlyArray<DerivedFile>;
  readonly sprite: {
    readonly columns: number;
    readonly rows: number;
    readonly frames: number;
    readonly width: number;
    readonly height: number;
  } | null;
  /** 64-bit perceptual hash, 16 hex digits. */
  readonly phash: string;
  /** base64 */
  readonly thumbhash: string;
}

/** A drawing order for the local studio; serialisable. */
export interface RenderSpec {
  readonly operation: "text_to_video" | "image_to_video" | "video_extend" | "video_transition" | "fusion";
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: ReadonlyArray<{
    readonly role: string;
    readonly name: string | null;
    readonly path: string;
    readonly mediaType: "image" | "video";
    readonly timeMs: number | null;
  }>;
}

export class Media extends Context.Service<
  Media,
  {
    /** What the file is, read from its bytes. */
    readonly probe: (path: string) => Effect.Effect<MediaFacts, MediaError>;
    /** Makes all derivatives of a video or image. `later`: nobody waits for them. */
    readonly derive: (
      path: string,
      facts: MediaFacts,
      stage: (name: string) => string,
      later?: boolean,
    ) => Effect.Effect<Derived, MediaError>;
    /** Writes the frame shown at a time as a PNG, or with null what a picture shows; answers its exact time. */
    readonly frame: (
      path: string,
      timeMs: number | null,
      output: string,
    ) => Effect.Effect<{ readonly timeMs: number; readonly width: number; readonly height: number }, MediaError>;
    /** Writes to `output` an MP4 of the video that fits the target. `unsupported`, with a sentence: it cannot be made so. */
    readonly convert: (path: string, facts: VideoFacts, target: VideoTarget, output: string) => Effect.Effect<void, MediaError>;
    /** Draws and encodes; interrupting it stops the child's work. Progress is 0 to 1, each 2 %. */
    readonly render: (spec: RenderSpec, output: string, progress: (fraction: number) => void) => Effect.Effect<void, MediaError>;
    /** Renders that may run at the same time. */
    readonly concurrency: number;
  }
>()("pixsim/actors/Media") {}
