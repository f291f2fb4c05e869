// The fields of a node by its type.
import Plus from "lucide-solid/icons/plus";
import Scissors from "lucide-solid/icons/scissors";
import X from "lucide-solid/icons/x";
import { createMemo, createResource, createSignal, Index, Show, type Component, type JSX } from "solid-js";
import { sceneLimits } from "#protocol/scene/limits.ts";
import { MiniGame, type NodeOf, type SceneNode, type SegmentMedia } from "#protocol/scene/scene.ts";
import { AssetPicker } from "#web/panels/generate/asset-picker.tsx";
import { openPanel } from "#web/dock/panel.ts";
import { brought } from "#web/store/brought.ts";
import { everyPage } from "#web/store/every-page.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { NumberField, TextField } from "#web/ui/text-field.tsx";
import { ConstraintsForm } from "./constraints.tsx";
import { mediaOf } from "./make.ts";
import { assetOf, Still } from "./node-view.tsx";
import { ByKind, emptyOf, NameField, NamePick, OperandField, Part, WholeField } from "./pickers.tsx";
import { variablesOf } from "./rule-defaults.ts";
import { EffectsBuilder } from "./rules.tsx";
import { Segments } from "./segments.tsx";
import { StillLength } from "./still-length.tsx";
import { TextsField, type FormContext } from "./texts-field.tsx";
import { Trim } from "./trim.tsx";
import { gameTitles } from "./words.ts";

interface FormProps<N extends SceneNode> {
  /** Live: its properties are those of the moment. */
  readonly node: N;
  readonly context: FormContext;
  readonly put: (node: SceneNode) => void;
}

export const NodeForm = (props: FormProps<SceneNode>): JSX.Element => {
  const { node, context, put } = props;
  switch (node.type) {
    case "video":
      return (
        <>
          <Segments node={node} language={context.language()} put={put} />
          <TextsField
            label="What is said"
            multiline
            texts={node.caption}
            language={context.language()}
            onChange={(caption) => put({ ...node, caption })}
          />
          <OfferForm node={node} context={context} put={put} />
        </>
      );
    case "choice":
      return <OfferForm node={node} context={context} put={put} />;
    case "action":
      return (
        <EffectsBuilder
          title="Effects"
          effects={node.effects}
          known={context.known()}
          onChange={(effects) => put({ ...node, effects: [...effects] })}
        />
      );
    case "condition":
      return (
        <p class="scene-hint">The first edge away from here whose condition holds is taken; where none does, the one called “Otherwise”.</p>
      );
    case "end":
      return (
        <>
          <NameField label="Name of the ending" value={node.ending} onChange={(ending) => put({ ...node, ending })} />
          <TextsField label="Text" multiline texts={node.text} language={context.language()} onChange={(text) => put({ ...node, text })} />
        </>
      );
    case "scene_call":
      return <CallForm node={node} context={context} put={put} />;
    case "return":
      return <ReturnForm node={node} context={context} put={put} />;
    case "generation":
      return <GenerationForm node={node} context={context} put={put} />;
    case "minigame":
      return <GameForm node={node} context={context} put={put} />;
    case "group":
      return (
        <Part title="Frame">
          <div class="scene-pair">
            <WholeField showLabel label="Width" min={96} value={node.width} onChange={(width) => put({ ...node, width })} />
            <WholeField showLabel label="Height" min={96} value={node.height} onChange={(height) => put({ ...node, height })} />
          </div>
          <WholeField
            showLabel
            label="Colour"
            help="0 to 11, around the wheel."
            min={0}
            max={11}
            value={node.colour}
            onChange={(colour) => put({ ...node, colour })}
          />
        </Part>
      );
  }
};

/** Shown in seconds, kept in milliseconds. */
const Seconds: Component<{
  readonly label: string;
  readonly help?: string;
  /** Null: empty. */
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
}> = (props) => (
  <NumberField
    label={props.label}
    help={props.help}
    min={0}
    step={0.1}
    value={props.value === null ? null : props.value / 1000}
    onChange={(seconds) => props.onChange(seconds === null ? null : Math.round(seconds * 1000))}
  />
);

const OfferForm: Component<FormProps<NodeOf<"video" | "choice">>> = (props) => {
  const change = (offer: Partial<NodeOf<"choice">["offer"]>) => props.put({ ...props.node, offer: { ...props.node.offer, ...offer } });
  return (
    <Part title="Choices">
      <TextsField
        label="Question"
        texts={props.node.offer.prompt}
        language={props.context.language()}
        onChange={(prompt) => change({ prompt })}
      />
      <div class="scene-pair">
        <Show when={props.node.type === "video"}>
          <Seconds
            label="Shown at, s"
            help="Empty: at the end."
            value={props.node.offer.showAtMs}
            onChange={(showAtMs) => change({ showAtMs })}
          />
        </Show>
        <Seconds
          label="Time, s"
          help="Empty: no hurry."
          value={props.node.offer.timeoutMs}
          onChange={(timeoutMs) => change({ timeoutMs })}
        />
      </div>
    </Part>
  );
};

const CallForm: Component<FormProps<NodeOf<"scene_call">>> = (props) => {
  const { client } = useWorkspace();
  const { editor, known } = props.context;
  /** A call leads to scenes of the same owner. */
  const [scenes] = createResource(
    () => editor.store.scene()?.ownerId,
    async (ownerId) => {
      const pages = await everyPage((after) => client.call("scenes.list", { ownerId, limit: 500, ...after }));
      return pages.flatMap((page) => page.scenes);
    },
  );
  const callable = () => brought(scenes) ?? [];
  const missing = () => {
    if (props.node.scene !== null && editor.isHidden(props.node.scene)) return "A scene that is not shared with you";
    return scenes.loading ? "…" : undefined;
  };
  const callee = () => (props.node.scene === null ? undefined : editor.bodyOf(props.node.scene));
  const captured = () =>
    callee()?.returnPoints.flatMap((point) => point.values.map((value) => ({ point: point.name, value: value.name }))) ?? [];
  return (
    <>
      <NamePick
        showLabel
        label="Scene"
        value={props.node.scene ?? ""}
        names={callable().map(({ id, title }) => ({ name: id, title }))}
        missing={missing()}
        onChange={(scene) => scene !== "" && props.put({ ...props.node, scene, arguments: [], captures: [] })}
      />
      <Show when={props.node.scene !== null && !editor.isHidden(props.node.scene) ? props.node.scene : null}>
        {(scene) => (
          <Button size="s" tone="ghost" onClick={() => openPanel("scene", { sceneId: scene() })}>
            Open it
          </Button>
        )}
      </Show>
      <Show when={(callee()?.parameters.length ?? 0) > 0 || props.node.arguments.length > 0}>
        <Part
          title="Parameters"
          aside={
            <IconButton
              size="s"
              label="Give a parameter"
              icon={Plus}
              onClick={() => {
                const free = callee()?.parameters.find(({ name }) => !props.node.arguments.some(({ parameter }) => parameter === name));
                if (free !== undefined) {
                  const given = { parameter: free.name, value: { from: "value" as const, value: free.type.initial } };
                  props.put({ ...props.node, arguments: [...props.node.arguments, given] });
                }
              }}
            />
          }
        >
          <Index each={props.node.arguments}>
            {(given, at) => (
              <span class="scene-rule-line">
                <NamePick
                  label="Parameter"
                  value={given().parameter}
                  names={callee()?.parameters ?? []}
                  onChange={(parameter) =>
                    props.put({ ...props.node, arguments: props.node.arguments.with(at, { ...given(), parameter }) })
                  }
                />
                <OperandField
                  label="Value"
                  value={given().value}
                  known={known()}
                  kind={callee()?.parameters.find(({ name }) => name === given().parameter)?.type.kind}
                  onChange={(value) => props.put({ ...props.node, arguments: props.node.arguments.with(at, { ...given(), value }) })}
                />
                <IconButton
                  size="s"
                  label="Do not give it"
                  icon={X}
                  onClick={() => props.put({ ...props.node, arguments: props.node.arguments.toSpliced(at, 1) })}
                />
              </span>
            )}
          </Index>
        </Part>
      </Show>
      <Show when={captured().length > 0 || props.node.captures.length > 0}>
        <Part
          title="Returned values"
          aside={
            <IconButton
              size="s"
              label="Keep a returned value"
              icon={Plus}
              onClick={() => {
                const [first] = captured();
                const into = variablesOf(known().head)[0]?.name;
                if (first !== undefined)
                  props.put({ ...props.node, captures: [...props.node.captures, { ...first, into: into ?? "name" }] });
              }}
            />
          }
        >
          <Index each={props.node.captures}>
            {(capture, at) => {
              const change = (next: Partial<ReturnType<typeof capture>>) =>
                props.put({ ...props.node, captures: props.node.captures.with(at, { ...capture(), ...next }) });
              return (
                <span class="scene-rule-line">
                  <NamePick
                    label="Returned value"
                    value={`${capture().point}.${capture().value}`}
                    names={captured().map(({ point, value }) => ({ name: `${point}.${value}` }))}
                    onChange={(name) => {
                      const [point = "", value = ""] = name.split(".");
                      change({ point, value });
                    }}
                  />
                  <NamePick
                    label="Into the variable"
                    value={capture().into}
                    names={variablesOf(known().head)}
                    onChange={(into) => change({ into })}
                  />
                  <IconButton
                    size="s"
                    label="Do not keep it"
                    icon={X}
                    onClick={() => props.put({ ...props.node, captures: props.node.captures.toSpliced(at, 1) })}
                  />
                </span>
              );
            }}
          </Index>
        </Part>
      </Show>
    </>
  );
};

const ReturnForm: Component<FormProps<NodeOf<"return">>> = (props) => {
  const { known } = props.context;
  const point = () => known().head.returnPoints.find(({ name }) => name === props.node.point);
  return (
    <>
      <NamePick
        showLabel
        label="Return point"
        value={props.node.point}
        names={known().head.returnPoints}
        onChange={(name) => props.put({ ...props.node, point: name })}
      />
      <Show when={point()?.values.length}>
        <Part title="Values">
          <Index each={point()?.values ?? []}>
            {(declared) => {
              const given = () => props.node.values.find(({ name }) => name === declared().name);
              return (
                <span class="scene-rule-line">
                  <span>{declared().name}</span>
                  <OperandField
                    label={declared().name}
                    value={given()?.value ?? { from: "value", value: emptyOf[declared().type.kind] }}
                    known={known()}
                    kind={declared().type.kind}
                    onChange={(value) =>
                      props.put({
                        ...props.node,
                        values: [...props.node.values.filter(({ name }) => name !== declared().name), { name: declared().name, value }],
                      })
                    }
                  />
                </span>
              );
            }}
          </Index>
        </Part>
      </Show>
    </>
  );
};

/** Whoever takes nothing for it. */
const anybody = { value: "", label: "who takes nothing for it" };

const operationOf = ({ picture }: NodeOf<"generation">) => (picture.from === "none" ? "text_to_video" : "image_to_video");

const ProviderPick: Component<FormProps<NodeOf<"generation">>> = (props) => {
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

const GenerationForm: Component<FormProps<NodeOf<"generation">>> = (props) => (
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
const PictureForm: Component<FormProps<NodeOf<"generation">>> = (props) => {
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
const FallbackForm: Component<FormProps<NodeOf<"generation">>> = (props) => {
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

const newGames: { readonly [G in MiniGame["game"]]: Extract<MiniGame, { game: G }> } = {
  reflex: { game: "reflex", targets: 5, windowMs: 1500 },
  timingBar: { game: "timingBar", rounds: 3, periodMs: 1500, zonePercent: 20 },
  sequenceMemory: { game: "sequenceMemory", rounds: 3, length: 3, showMs: 600 },
  chance: { game: "chance", tries: 3, successPercent: 50, detectionPercent: 20 },
  gizmo: { game: "gizmo", minimumMs: 1000 },
};
const settingTitles: Readonly<Record<string, string>> = {
  targets: "Targets",
  windowMs: "Window, ms",
  rounds: "Rounds",
  periodMs: "Period, ms",
  zonePercent: "Zone, %",
  length: "Length",
  showMs: "Each shown, ms",
  tries: "Tries",
  successPercent: "Success, %",
  detectionPercent: "Noticed, %",
  minimumMs: "At least, ms",
};

const GameForm: Component<FormProps<NodeOf<"minigame">>> = (props) => {
  const games = Object.keys(newGames) as Array<MiniGame["game"]>;
  return (
    <>
      <Select
        size="s"
        label="Game"
        value={props.node.game.game}
        options={games.map((value) => ({ value, label: gameTitles[value] }))}
        onChange={(game) => props.put({ ...props.node, game: newGames[game] })}
      />
      <ByKind of={props.node.game} kind={props.node.game.game}>
        {(game) => (
          <div class="scene-pair">
            {Object.keys(newGames[game.game])
              .filter((key) => key !== "game")
              .map((key) => (
                <WholeField
                  showLabel
                  label={settingTitles[key] ?? key}
                  value={(game as unknown as Readonly<Record<string, number>>)[key] ?? 0}
                  onChange={(value) => {
                    const next = MiniGame.safeParse({ ...props.node.game, [key]: value });
                    if (next.success) props.put({ ...props.node, game: next.data });
                  }}
                />
              ))}
          </div>
        )}
      </ByKind>
      <WholeField
        showLabel
        label="Score that passes"
        min={0}
        max={100}
        value={props.node.needed}
        onChange={(needed) => props.put({ ...props.node, needed })}
      />
      <Select
        size="s"
        label="Skipping it"
        value={props.node.skip ?? "never"}
        options={[
          { value: "never", label: "is not possible" },
          { value: "passed", label: "counts as passed" },
          { value: "failed", label: "counts as failed" },
        ]}
        onChange={(skip) => props.put({ ...props.node, skip: skip === "never" ? null : skip })}
      />
      <Select
        size="s"
        label="Score into"
        value={props.node.scoreInto ?? ""}
        options={[
          { value: "", label: "nothing" },
          ...variablesOf(props.context.known().head).map(({ name }) => ({ value: name, label: name })),
        ]}
        onChange={(name) => props.put({ ...props.node, scoreInto: name === "" ? null : name })}
      />
    </>
  );
};
