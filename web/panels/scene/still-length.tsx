// For how long a picture is shown.
import { Show, type Component } from "solid-js";
import { SegmentMedia } from "#protocol/scene/scene.ts";
import { sceneLimits } from "#protocol/scene/limits.ts";
import { NumberField } from "#web/ui/text-field.tsx";

const { least, most } = sceneLimits.shownMs;

/** Nothing for what is no picture. */
export const StillLength: Component<{ readonly media: SegmentMedia; readonly onChange: (media: SegmentMedia) => void }> = (props) => (
  <Show when={props.media.kind === "still" ? props.media : null}>
    {(still) => (
      <NumberField
        label="Shown for, s"
        min={least / 1000}
        max={most / 1000}
        step={0.1}
        value={still().durationMs / 1000}
        onChange={(seconds) => {
          const next = SegmentMedia.safeParse({ ...still(), durationMs: Math.round((seconds ?? 0) * 1000) });
          // What is being written may be none yet.
          if (next.success) props.onChange(next.data);
        }}
      />
    )}
  </Show>
);
