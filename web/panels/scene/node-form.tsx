// The fields of a node by its type.
import Plus from "lucide-solid/icons/plus";
import X from "lucide-solid/icons/x";
import { createResource, Index, Show, type Component, type JSX } from "solid-js";
import { MiniGame, type NodeOf, type SceneNode } from "#protocol/scene/scene.ts";
import { openPanel } from "#web/dock/panel.ts";
import { brought } from "#web/store/brought.ts";
import { everyPage } from "#web/store/every-page.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { type FormProps, Seconds } from "./form-parts.tsx";
import { GenerationForm } from "./generation-form.tsx";
import { ByKind, emptyOf, NameField, NamePick, OperandField, Part, WholeField } from "./pickers.tsx";
import { variablesOf } from "./rule-defaults.ts";
import { EffectsBuilder } from "./rules.tsx";
import { Segments } from "./segments.tsx";
import { TextsField } from "./texts-field.tsx";
import { gameTitles } from "./words.ts";

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
          <TextsField
            label="Heading"
            texts={node.heading}
            language={context.language()}
            onChange={(heading) => put({ ...node, heading })}
          />
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
          <Button size="s" onClick={() => openPanel("scene", { sceneId: scene() })}>
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
