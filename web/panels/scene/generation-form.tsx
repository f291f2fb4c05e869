// What a generation node asks for: words, a picture that it goes on from, who makes it, and what stands in where there is no result.
import Scissors from "lucide-solid/icons/scissors";
import { createMemo, createSignal, Show, type Component } from "solid-js";
import { sceneLimits } from "#protocol/scene/limits.ts";
import type { NodeOf, SegmentMedia } from "#protocol/scene/scene.ts";
import { AssetPicker } from "#web/panels/generate/asset-picker.tsx";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { TextField } from "#web/ui/text-field.tsx";
import { ConstraintsForm } from "./constraints.tsx";
import { type FormProps, Seconds } from "./form-parts.tsx";
import { mediaOf } from "./make.ts";
import { assetOf, Still } from "./node-view.tsx";
import { StillLength } from "./still-length.tsx";
import { TextsField } from "./texts-field.tsx";
import { Trim } from "./trim.tsx";

type Generation = NodeOf<"generation">;

/** Whoever takes nothing for it. */
const anybody = { value: "", label: "who takes nothing for it" };

const operationOf = ({ picture }: Generation) => (picture.from === "none" ? "text_to_video" : "image_to_video");

const ProviderPick: Component<FormProps<Generation>> = (props) => {
  const { providers } = useWorkspace();
  providers.ensure();
  const known = createMemo(() =>
    (providers.list() ?? [])
      .filter(({ operations }) => operations.some(({ operation }) => operation === operationOf(props.node)))
      .map(({ id, title }) => ({ value: id, label: title })),
  );
  // One that is gone is shown as it is.
  const gone = createMemo(() => (known().some(({ value }) => value === props.node.provider) ? null : props.node.provider));
  const left = createMemo(() => [gone()].flatMap((id) => (id === null ? [] : [{ value: id, label: id }])));
  return (
    <Select
      size="s"
      label="Made by"
      help="At your cost, whoever plays, within what you allow where the scene is shared."
      value={props.node.provider ?? anybody.value}
      options={[anybody, ...left(), ...known()]}
      onChange={(id) => props.put({ ...props.node, provider: id === anybody.value ? null : id })}
    />
  );
};

export const GenerationForm: Component<FormProps<Generation>> = (props) => (
  <>
    <TextField
      label="Prompt"
      multiline
      help="{name} stands for the value of a variable."
      maxLength={sceneLimits.text}
      value={props.node.prompt}
      onInput={(prompt) => props.put({ ...props.node, prompt })}
    />
    <TextField
      label="Style"
      maxLength={sceneLimits.text}
      value={props.node.style}
      onInput={(style) => props.put({ ...props.node, style })}
    />
    <Seconds
      label="Length, s"
      value={props.node.durationMs}
      onChange={(durationMs) => durationMs !== null && props.put({ ...props.node, durationMs })}
    />
    <PictureForm {...props} />
    <ProviderPick node={props.node} context={props.context} put={props.put} />
    <ConstraintsForm
      provider={props.node.provider}
      operation={operationOf(props.node)}
      constraints={props.node.constraints}
      onChange={(constraints) => props.put({ ...props.node, constraints })}
    />
    <Select
      size="s"
      label="A result is good for"
      value={props.node.strategy}
      options={[
        { value: "once", label: "everybody" },
        { value: "per_playthrough", label: "one playthrough" },
        { value: "per_player", label: "one player" },
        { value: "always", label: "this one time" },
      ]}
      onChange={(strategy) => props.put({ ...props.node, strategy })}
    />
    <TextField
      label="Cache key"
      help="Results of the same key, from the same picture, are the same. Empty: the prompt."
      maxLength={sceneLimits.text}
      value={props.node.cacheKey}
      onInput={(cacheKey) => props.put({ ...props.node, cacheKey })}
    />
    <FallbackForm {...props} />
  </>
);

/** What a generation goes on from: nothing, a picture, or what is seen last before it. */
const PictureForm: Component<FormProps<Generation>> = (props) => {
  const [picking, setPicking] = createSignal(false);
  const media = () => (props.node.picture.from === "media" ? props.node.picture.media : null);
  const set = (to: SegmentMedia) => props.put({ ...props.node, picture: { from: "media", media: to } });
  return (
    <>
      <Select
        size="s"
        label="Goes on from"
        help="From a picture, it is that which moves: what is seen last is the end of the clip before it."
        value={picking() ? "media" : props.node.picture.from}
        options={[
          { value: "none", label: "nothing: words alone" },
          { value: "here", label: "what is seen last before it" },
          { value: "media", label: "a picture, or where a video begins" },
        ]}
        onChange={(from) => {
          if (from === "media") setPicking(true);
          else props.put({ ...props.node, picture: { from } });
        }}
      />
      <MediaPick
        title="The picture that it goes on from"
        part="start"
        media={media()}
        picking={picking()}
        onPicking={setPicking}
        onChange={set}
      />
    </>
  );
};

/** A clip or a picture that is one of a node's own: which it is, and what of it. */
const MediaPick: Component<{
  readonly title: string;
  /** Whether it is shown, or only where it begins counts. */
  readonly part: "start" | "whole";
  /** Null: none is chosen yet. */
  readonly media: SegmentMedia | null;
  readonly picking: boolean;
  readonly onPicking: (picking: boolean) => void;
  readonly onChange: (media: SegmentMedia) => void;
}> = (props) => {
  const { assets } = useWorkspace();
  const [trimming, setTrimming] = createSignal(false);
  const nameOf = (media: SegmentMedia) => assets.row(assetOf(media) ?? "")?.name ?? "Unknown clip";
  return (
    <>
      <AssetPicker
        open={props.picking}
        title={props.title}
        accepts={["video", "image"]}
        most={1}
        onClose={() => props.onPicking(false)}
        onPick={([asset]) => {
          props.onPicking(false);
          if (asset !== undefined) props.onChange(mediaOf(asset));
        }}
      />
      <Show when={props.media}>
        {(media) => (
          <div class="scene-clip">
            <div class="scene-rule-line">
              <Still assetId={assetOf(media())} />
              <span class="scene-clip-words truncate">{media().kind === "missing" ? "Missing file" : nameOf(media())}</span>
              <Show when={media().kind !== "still"}>
                <IconButton
                  size="s"
                  label={props.part === "start" ? "Choose where" : "Trim"}
                  icon={Scissors}
                  pressed={trimming()}
                  disabled={assetOf(media()) === null}
                  onClick={() => setTrimming((now) => !now)}
                />
              </Show>
              <Button size="s" onClick={() => props.onPicking(true)}>
                Choose another
              </Button>
            </div>
            <Show when={media().kind === "missing"}>
              <p class="scene-wrong">Its file is not in the library: choose another.</p>
            </Show>
            <Show when={props.part === "whole"}>
              <StillLength media={media()} onChange={props.onChange} />
            </Show>
            <Show when={trimming() && media().kind !== "still"}>
              <Trim media={media()} onChange={props.onChange} />
            </Show>
          </div>
        )}
      </Show>
    </>
  );
};

/** What stands in where there is no result: nothing, a text, or a clip. */
const FallbackForm: Component<FormProps<Generation>> = (props) => {
  const [picking, setPicking] = createSignal(false);
  const clip = () => (props.node.fallback.mode === "default" ? props.node.fallback.media : null);
  const setClip = (media: SegmentMedia) => props.put({ ...props.node, fallback: { mode: "default", media } });
  return (
    <>
      <Select
        size="s"
        label="Where there is no result"
        value={picking() ? "default" : props.node.fallback.mode}
        options={[
          { value: "skip", label: "go on" },
          { value: "retry", label: "try again, then go on" },
          { value: "placeholder", label: "show a text" },
          { value: "default", label: "play a clip, or show a picture" },
        ]}
        onChange={(mode) => {
          if (mode === "default") setPicking(true);
          else props.put({ ...props.node, fallback: mode === "placeholder" ? { mode, text: {} } : { mode } });
        }}
      />
      <MediaPick
        title="The clip that stands in"
        part="whole"
        media={clip()}
        picking={picking()}
        onPicking={setPicking}
        onChange={setClip}
      />
      <Show when={props.node.fallback.mode === "placeholder" ? props.node.fallback : null}>
        {(fallback) => (
          <>
            <TextsField
              label="Text"
              texts={fallback().text}
              language={props.context.language()}
              onChange={(text) => props.put({ ...props.node, fallback: { mode: "placeholder", text } })}
            />
            <Show when={Object.keys(fallback().text).length === 0}>
              <p class="scene-wrong">It says nothing yet: write what is to be shown.</p>
            </Show>
          </>
        )}
      </Show>
    </>
  );
};
