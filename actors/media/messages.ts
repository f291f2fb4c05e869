// What the server and a media child say to each other. Pure types: both sides read this file.
import type { Derived, MediaFacts, RenderSpec, VideoFacts } from "./media.ts";
import type { VideoTarget } from "./video-target.ts";

export interface FrameTaken {
  readonly timeMs: number;
  readonly width: number;
  readonly height: number;
}

export type Task =
  | { readonly kind: "probe"; readonly path: string }
  | { readonly kind: "derive"; readonly path: string; readonly facts: MediaFacts; readonly prefix: string }
  | { readonly kind: "frame"; readonly path: string; readonly timeMs: number | null; readonly output: string }
  | { readonly kind: "convert"; readonly path: string; readonly facts: VideoFacts; readonly target: VideoTarget; readonly output: string }
  | { readonly kind: "render"; readonly spec: RenderSpec; readonly output: string };

/** What a task of each kind answers. */
export interface TaskResult {
  readonly probe: MediaFacts;
  readonly derive: Derived;
  readonly frame: FrameTaken;
  readonly convert: null;
  readonly render: null;
}

/** A child works on one task at a time; it answers `progress` any number of times, then one `done` or `failed`. */
export type Answer =
  | { readonly type: "progress"; readonly fraction: number }
  | { readonly type: "done"; readonly value: TaskResult[keyof TaskResult] }
  | { readonly type: "failed"; readonly reason: "unsupported" | "storage" | "fault"; readonly message: string };
