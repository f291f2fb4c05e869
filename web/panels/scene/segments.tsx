// The clips and pictures of a video node: their order, which of them are played, how, where each clip begins and ends, frame by frame, and for
// how long a picture is shown.
import ArrowDown from "lucide-solid/icons/arrow-down";
import ArrowUp from "lucide-solid/icons/arrow-up";
import Captions from "lucide-solid/icons/captions";
import Plus from "lucide-solid/icons/plus";
import Scissors from "lucide-solid/icons/scissors";
import X from "lucide-solid/icons/x";
import { createSignal, Index, Show, type Component } from "solid-js";
import { sceneLimits } from "#protocol/scene/limits.ts";
import { Segment, type NodeOf, type SceneNode } from "#protocol/scene/scene.ts";
import { AssetPicker } from "#web/panels/generate/asset-picker.tsx";
import { timecode } from "#web/panels/asset/frames.ts";
import { droppedAssets } from "#web/store/drag.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { createDropZone } from "#web/ui/drop-zone.ts";
import { formatClock } from "#web/ui/format.ts";
import { NumberField, TextField } from "#web/ui/text-field.tsx";
import { mediaOf, segmentOf } from "./make.ts";
import { assetOf, Still } from "./node-view.tsx";
import { NameField, NamePick, Part, WholeField } from "./pickers.tsx";
import { StillLength } from "./still-length.tsx";
import { SubtitlesField } from "./subtitles.tsx";
import { Trim } from "./trim.tsx";

interface SegmentsProps {
  readonly node: NodeOf<"video">;
  /** Of the subtitles that are shown. */
  readonly language: string;
  readonly put: (node: SceneNode) => void;
}

export const Segments: Component<SegmentsProps> = (props) => {
  const { assets } = useWorkspace();
  const [trimmed, setTrimmed] = createSignal<string | null>(null);
  const [picking, setPicking] = createSignal(false);
  const [subtitled, setSubtitled] = createSignal<string | null>(null);
  const put = (segments: ReadonlyArray<Segment>) => props.put({ ...props.node, segments: [...segments] });
  const change = (at: number, next: Segment) => put(props.node.segments.with(at, next));
  const move = (at: number, by: number) => {
    const moved = props.node.segments[at];
    if (moved !== undefined) put(props.node.segments.toSpliced(at, 1).toSpliced(at + by, 0, moved));
  };
  const { over, zone } = createDropZone(["assets"], (event) => {
    const dropped = droppedAssets(event).map((id) => assets.peek(id) ?? { id, mediaType: "video" as const });
    put([...props.node.segments, ...dropped.map((asset) => segmentOf(mediaOf(asset)))]);
  });
  const nameOf = ({ media }: Segment): string => {
    const id = assetOf(media);
    if (id === null) return "Missing file";
    return assets.row(id)?.name ?? "Unknown clip";
  };
  const lengthOf = ({ media }: Segment): string => {
    if (media.kind === "still") return "Picture";
    const row = assets.row(assetOf(media) ?? "");
    if (media.kind === "clip") {
      const at = (ms: number) => (row === undefined ? formatClock(ms) : timecode(row, ms / 1000));
      return `${at(media.startMs)} – ${at(media.endMs)}`;
    }
    const ms = row?.durationMs;
    return ms === undefined || ms === null ? "" : formatClock(ms);
  };
  /** Whether it is a picture that is played last, whatever is played. */
  const endsStill = () => {
    const last = props.node.selection.mode === "ordered" ? props.node.segments.slice(-1) : props.node.segments;
    return last.every(({ media }) => media.kind === "still");
  };
  return (
    <Part title="Clips" aside={<IconButton size="s" label="Add clips" icon={Plus} onClick={() => setPicking(true)} />}>
      <AssetPicker
        open={picking()}
        title="Add clips"
        accepts={["video", "image"]}
        most={Math.max(1, sceneLimits.segments - props.node.segments.length)}
        onClose={() => setPicking(false)}
        onPick={(found) => {
          setPicking(false);
          put([...props.node.segments, ...found.map((asset) => segmentOf(mediaOf(asset)))]);
        }}
      />
      <div class="scene-clips" data-over={over() ? "" : undefined} {...zone}>
        <Index
          each={props.node.segments}
          fallback={
            <p class="scene-hint">
              Add clips or pictures, or drag them here from the gallery. Without any, the words below are shown alone.
            </p>
          }
        >
          {(segment, at) => (
            <div class="scene-clip">
              <div class="scene-rule-line">
                <Still assetId={assetOf(segment().media)} />
                <span class="scene-clip-words">
                  <span class="truncate">{nameOf(segment())}</span>
                  <span class="muted">{lengthOf(segment())}</span>
                </span>
                <Show when={segment().media.kind !== "still"}>
                  <IconButton
                    size="s"
                    label="Trim"
                    icon={Scissors}
                    pressed={trimmed() === segment().id}
                    disabled={assetOf(segment().media) === null}
                    onClick={() => setTrimmed((now) => (now === segment().id ? null : segment().id))}
                  />
                </Show>
                <IconButton
                  size="s"
                  label="Subtitles"
                  icon={Captions}
                  pressed={subtitled() === segment().id}
                  onClick={() => setSubtitled((now) => (now === segment().id ? null : segment().id))}
                />
                <IconButton size="s" label="Earlier" icon={ArrowUp} disabled={at === 0} onClick={() => move(at, -1)} />
                <IconButton
                  size="s"
                  label="Later"
                  icon={ArrowDown}
                  disabled={at === props.node.segments.length - 1}
                  onClick={() => move(at, 1)}
                />
                <IconButton size="s" label="Take it out" icon={X} onClick={() => put(props.node.segments.toSpliced(at, 1))} />
              </div>
              <StillLength media={segment().media} onChange={(media) => change(at, { ...segment(), media })} />
              <Show when={trimmed() === segment().id && segment().media.kind !== "still"}>
                <Trim media={segment().media} onChange={(media) => change(at, { ...segment(), media })} />
              </Show>
              <Show when={subtitled() === segment().id}>
                <SubtitlesField
                  subtitles={segment().subtitles}
                  beside={props.node.segments.flatMap((one) => (one.id === segment().id ? [] : [one.subtitles]))}
                  language={props.language}
                  onChange={(subtitles) => change(at, { ...segment(), subtitles })}
                />
              </Show>
              <Show when={props.node.selection.mode === "pool"}>
                <TextField
                  label="Tags"
                  hideLabel
                  placeholder="Tags, with commas"
                  value={segment().tags.join(", ")}
                  onInput={(text) => {
                    const next = Segment.safeParse({ ...segment(), tags: tagsIn(text) });
                    if (next.success) change(at, next.data);
                  }}
                />
              </Show>
            </div>
          )}
        </Index>
      </div>
      <Show when={props.node.segments.length > 1}>
        <Select
          size="s"
          label="Which are played"
          value={props.node.selection.mode}
          options={[
            { value: "ordered", label: "All, in this order" },
            { value: "random", label: "One, by chance" },
            { value: "pool", label: "Some, by their tags" },
          ]}
          onChange={(mode) => props.put({ ...props.node, selection: mode === "pool" ? { mode, tags: [], count: 1 } : { mode } })}
        />
      </Show>
      <Show when={props.node.selection.mode === "pool" ? props.node.selection : null}>
        {(pool) => (
          <div class="scene-pair">
            <TextField
              label="With all these tags"
              value={pool().tags.join(", ")}
              onInput={(text) => props.put({ ...props.node, selection: { ...pool(), tags: tagsIn(text) } })}
            />
            <WholeField
              showLabel
              label="How many"
              min={1}
              value={pool().count}
              onChange={(count) => props.put({ ...props.node, selection: { ...pool(), count } })}
            />
          </div>
        )}
      </Show>
      <Show when={props.node.segments.length > 0}>
        <Select
          size="s"
          label="How they are played"
          value={props.node.playback.mode}
          options={[
            { value: "normal", label: "Once" },
            { value: "loopSegment", label: "A part goes round until a choice is made" },
            { value: "progression", label: "Step by step, as a mini-game goes on" },
          ]}
          onChange={(mode) =>
            props.put({
              ...props.node,
              playback:
                mode === "normal"
                  ? { mode }
                  : mode === "loopSegment"
                    ? { mode, startMs: 0, endMs: 1000 }
                    : { mode, steps: props.node.segments.map(({ id }, at) => ({ label: `step${at + 1}`, segment: id })) },
            })
          }
        />
      </Show>
      <Show when={props.node.playback.mode === "loopSegment" && endsStill()}>
        <p class="scene-hint">A picture that comes last stays until a choice is made.</p>
      </Show>
      <Show when={props.node.playback.mode === "loopSegment" && !endsStill() ? props.node.playback : null}>
        {(loop) => (
          <div class="scene-pair">
            <NumberField
              label="From, s"
              min={0}
              step={0.01}
              value={loop().startMs / 1000}
              onChange={(from) => from !== null && props.put({ ...props.node, playback: { ...loop(), startMs: Math.round(from * 1000) } })}
            />
            <NumberField
              label="To, s"
              min={0}
              step={0.01}
              value={loop().endMs / 1000}
              onChange={(to) => to !== null && props.put({ ...props.node, playback: { ...loop(), endMs: Math.round(to * 1000) } })}
            />
          </div>
        )}
      </Show>
      <Show when={props.node.playback.mode === "progression" ? props.node.playback : null}>
        {(progression) => (
          <Steps
            steps={progression().steps}
            segments={props.node.segments.map((segment, at) => ({ name: segment.id, title: `${at + 1}. ${nameOf(segment)}` }))}
            onChange={(steps) => props.put({ ...props.node, playback: { mode: "progression", steps: [...steps] } })}
          />
        )}
      </Show>
    </Part>
  );
};

type Step = Extract<NodeOf<"video">["playback"], { mode: "progression" }>["steps"][number];

/** The steps of a progression: each by its name, with the clip that it plays. */
const Steps: Component<{
  readonly steps: ReadonlyArray<Step>;
  readonly segments: ReadonlyArray<{ readonly name: string; readonly title: string }>;
  readonly onChange: (steps: ReadonlyArray<Step>) => void;
}> = (props) => {
  const move = (at: number, by: number) => {
    const moved = props.steps[at];
    if (moved !== undefined) props.onChange(props.steps.toSpliced(at, 1).toSpliced(at + by, 0, moved));
  };
  const add = () => {
    const labels = new Set(props.steps.map(({ label }) => label));
    let number = props.steps.length + 1;
    while (labels.has(`step${number}`)) number += 1;
    // The first clip that no step plays yet.
    const segment = props.segments.find(({ name }) => !props.steps.some((step) => step.segment === name)) ?? props.segments[0];
    if (segment !== undefined) props.onChange([...props.steps, { label: `step${number}`, segment: segment.name }]);
  };
  const faultOf = ({ label, segment }: Step): string | undefined => {
    if (!props.segments.some(({ name }) => name === segment)) return "Its clip is not there any more: choose another.";
    return props.steps.filter((step) => step.label === label).length > 1 ? "Another step has this name, too." : undefined;
  };
  return (
    <Part
      title="Steps"
      aside={
        <IconButton
          size="s"
          label="Add a step"
          icon={Plus}
          disabled={props.segments.length === 0 || props.steps.length >= sceneLimits.segments}
          onClick={add}
        />
      }
    >
      <ol class="scene-steps">
        <Index each={props.steps}>
          {(step, at) => (
            <li>
              <span class="scene-rule-line">
                <NameField
                  hideLabel
                  label={`Name of step ${at + 1}`}
                  value={step().label}
                  onChange={(label) => props.onChange(props.steps.with(at, { ...step(), label }))}
                />
                <NamePick
                  label={`Clip of step ${at + 1}`}
                  value={step().segment}
                  names={props.segments}
                  onChange={(segment) => props.onChange(props.steps.with(at, { ...step(), segment }))}
                />
                <IconButton size="s" label={`Step ${at + 1} earlier`} icon={ArrowUp} disabled={at === 0} onClick={() => move(at, -1)} />
                <IconButton
                  size="s"
                  label={`Step ${at + 1} later`}
                  icon={ArrowDown}
                  disabled={at === props.steps.length - 1}
                  onClick={() => move(at, 1)}
                />
                <IconButton
                  size="s"
                  label={`Remove step ${at + 1}`}
                  icon={X}
                  disabled={props.steps.length === 1}
                  onClick={() => props.onChange(props.steps.toSpliced(at, 1))}
                />
              </span>
              <Show when={faultOf(step())}>{(fault) => <p class="scene-wrong">{fault()}</p>}</Show>
            </li>
          )}
        </Index>
      </ol>
    </Part>
  );
};

const tagsIn = (text: string): Array<string> => [
  ...new Set(
    text
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ""),
  ),
];
