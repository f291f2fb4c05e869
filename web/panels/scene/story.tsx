// What the scene declares: parameters, variables, flags, counters, items, characters, quests, return points, and what players see of them.
import Plus from "lucide-solid/icons/plus";
import X from "lucide-solid/icons/x";
import { createMemo, Index, Show, type Component, type JSX } from "solid-js";
import type { Achievement, ContentRating, Quest, SceneHead, Variable } from "#protocol/scene/scene.ts";
import type { ValueType } from "#protocol/scene/value.ts";
import { IconButton } from "#web/ui/button.tsx";
import { Select, Switch } from "#web/ui/choice.tsx";
import { formatCount } from "#web/ui/format.ts";
import type { Editor } from "./editor.ts";
import { offeredLanguages, languageTitle } from "./languages.ts";
import { NameField, NamePick, Part, ValueField, WholeField } from "./pickers.tsx";
import type { Known } from "./rule-defaults.ts";
import { ConditionBuilder } from "./rules.tsx";
import { TextsField } from "./texts-field.tsx";
import { uses } from "./uses.ts";
import { nameOf } from "./words.ts";

const types: ReadonlyArray<{ readonly value: ValueType["kind"]; readonly label: string }> = [
  { value: "number", label: "Number" },
  { value: "boolean", label: "Yes or no" },
  { value: "string", label: "Text" },
  { value: "array", label: "List" },
  { value: "object", label: "Fields" },
];

const ratings: ReadonlyArray<{ readonly value: ContentRating; readonly label: string }> = [
  { value: "everyone", label: "Everyone" },
  { value: "teen", label: "13 years or more" },
  { value: "mature", label: "Adults only" },
];

const typeOf = (kind: ValueType["kind"]): ValueType => {
  switch (kind) {
    case "number":
      return { kind, initial: 0, min: -1e12, max: 1e12, integer: false };
    case "boolean":
      return { kind, initial: false };
    case "string":
      return { kind, initial: "", values: null };
    case "array":
      return { kind, initial: [] };
    case "object":
      return { kind, initial: {} };
  }
};

/** A name that no other has. */
export const freeName = (base: string, taken: ReadonlyArray<{ readonly name: string }>): string => {
  const names = new Set(taken.map(({ name }) => name));
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}${number}`;
    if (!names.has(name)) return name;
  }
};

interface ListProps<T extends { readonly name: string }> {
  readonly title: string;
  /** One of them: `flag`. */
  readonly one: string;
  readonly items: ReadonlyArray<T>;
  readonly onChange: (items: Array<T>) => boolean;
  readonly create: (name: string) => T;
  /** Where it is used, in words; undefined: it is not counted. */
  readonly used?: (name: string) => number;
  readonly children: (item: () => T, change: (next: Partial<T>) => void) => JSX.Element;
}

const Declared = <T extends { readonly name: string }>(props: ListProps<T>): JSX.Element => (
  <Part
    title={props.title}
    aside={
      <IconButton
        size="s"
        label={`Add ${/^[aeiou]/.test(props.one) ? "an" : "a"} ${props.one}`}
        icon={Plus}
        onClick={() => props.onChange([...props.items, props.create(freeName(props.one.replaceAll(" ", "_"), props.items))])}
      />
    }
  >
    <Index each={props.items}>
      {(item, at) => {
        const times = createMemo(() => props.used?.(item().name));
        const change = (next: Partial<T>) => props.onChange(props.items.with(at, { ...item(), ...next }));
        return (
          <div class="scene-rule">
            <span class="scene-rule-line">
              <NameField
                hideLabel
                label={`Name of the ${props.one}`}
                value={item().name}
                onChange={(name) => change({ name } as Partial<T>)}
              />
              <Show when={times() !== undefined}>
                <span class="muted scene-used">{times() === 0 ? "not used" : formatCount(times() ?? 0, "use")}</span>
              </Show>
              <IconButton size="s" label={`Remove ${item().name}`} icon={X} onClick={() => props.onChange(props.items.toSpliced(at, 1))} />
            </span>
            {props.children(item, change)}
          </div>
        );
      }}
    </Index>
    <Show when={props.items.length === 0}>
      <p class="scene-hint">None.</p>
    </Show>
  </Part>
);

const TypeFields: Component<{ readonly type: ValueType; readonly onChange: (type: ValueType) => void; readonly initial: string }> = (
  props,
) => (
  <span class="scene-value">
    <Select label="Type" value={props.type.kind} options={types} onChange={(kind) => props.onChange(typeOf(kind))} />
    <ValueField
      label={props.initial}
      showLabel
      kind={props.type.kind}
      value={props.type.initial}
      onChange={(initial) => props.onChange({ ...props.type, initial } as ValueType)}
    />
  </span>
);

const AchievedWhen: Component<{
  readonly when: Achievement["when"];
  readonly endings: ReadonlyArray<string>;
  readonly known: Known;
  readonly onChange: (when: Achievement["when"]) => void;
}> = (props) => (
  <>
    <Select
      size="s"
      label="Achieved when"
      value={props.when.is}
      options={[
        { value: "ending", label: "it ends so" },
        { value: "condition", label: "this holds" },
      ]}
      onChange={(is) =>
        props.onChange(
          is === "ending" ? { is, ending: props.endings[0] ?? "ending" } : { is, condition: { kind: "constant", value: false } },
        )
      }
    />
    <Show when={props.when.is === "ending"}>
      <NamePick
        label="Ending"
        value={props.when.is === "ending" ? props.when.ending : ""}
        names={props.endings.map((name) => ({ name }))}
        onChange={(ending) => props.onChange({ is: "ending", ending })}
      />
    </Show>
    <Show when={props.when.is === "condition"}>
      <ConditionBuilder
        title="Holds"
        condition={props.when.is === "condition" ? props.when.condition : null}
        known={props.known}
        onChange={(condition) => props.onChange({ is: "condition", condition })}
      />
    </Show>
  </>
);

export const StoryForm: Component<{ readonly editor: Editor }> = (props) => {
  const { store } = props.editor;
  const { body } = store;
  const set = (head: Partial<Omit<SceneHead, "start">>) => store.apply([{ do: "setHead", head }], `head ${Object.keys(head).join(" ")}`);
  const count = (kind: Parameters<typeof uses>[1]) => (name: string) => uses(body(), kind, name);
  const language = () => body().language;
  const languages = () => {
    const all = offeredLanguages.includes(language()) ? offeredLanguages : [language(), ...offeredLanguages];
    return all.map((value) => ({ value, label: languageTitle(value) }));
  };
  const known = createMemo((): Known => ({
    head: body(),
    nodes: body().nodes.map((node) => ({ id: node.id, name: nameOf(store.graph(), node) })),
  }));
  const endings = () => [
    ...new Set([
      ...body().nodes.flatMap((node) => (node.type === "end" ? [node.ending] : [])),
      ...body().returnPoints.map(({ name }) => name),
    ]),
  ];
  return (
    <>
      <Select
        size="s"
        label="Language that stands in where a text has no other"
        value={language()}
        options={languages()}
        onChange={(next) => set({ language: next })}
      />
      <Select
        size="s"
        label="For whom it is"
        help="Players are asked first. Of a story that has several scenes, that of the first counts."
        value={body().rating}
        options={ratings}
        onChange={(rating) => set({ rating })}
      />
      <Declared
        title="Variables"
        one="variable"
        items={body().variables}
        used={count("variable")}
        onChange={(variables) => set({ variables })}
        create={(name): Variable => ({ name, scope: "session", type: typeOf("number") })}
      >
        {(variable, change) => (
          <>
            <TypeFields initial="Initial value" type={variable().type} onChange={(type) => change({ type })} />
            <Select
              size="s"
              hideLabel
              label="Scope"
              value={variable().scope}
              options={[
                { value: "session", label: "of the whole playthrough" },
                { value: "scene", label: "of this scene, anew with each call" },
              ]}
              onChange={(scope) => change({ scope })}
            />
          </>
        )}
      </Declared>
      <Declared
        title="Flags"
        one="flag"
        items={body().flags}
        used={count("flag")}
        onChange={(flags) => set({ flags })}
        create={(name) => ({ name, initial: false })}
      >
        {(flag, change) => <Switch label="On at the beginning" checked={flag().initial} onChange={(initial) => change({ initial })} />}
      </Declared>
      <Declared
        title="Counters"
        one="counter"
        items={body().counters}
        used={count("counter")}
        onChange={(counters) => set({ counters })}
        create={(name) => ({ name, initial: 0 })}
      >
        {(counter, change) => <WholeField label="Initial value" value={counter().initial} onChange={(initial) => change({ initial })} />}
      </Declared>
      <Declared
        title="Items"
        one="item"
        items={body().items}
        used={count("item")}
        onChange={(items) => set({ items })}
        create={(name) => ({ name, title: {}, initial: 0 })}
      >
        {(item, change) => (
          <div class="scene-pair">
            <TextsField label="Title" texts={item().title} language={language()} onChange={(title) => change({ title })} />
            <WholeField showLabel label="At the beginning" min={0} value={item().initial} onChange={(initial) => change({ initial })} />
          </div>
        )}
      </Declared>
      <Declared
        title="Characters"
        one="character"
        items={body().characters}
        used={count("character")}
        onChange={(characters) => set({ characters })}
        create={(name) => ({ name, title: {}, affinity: 0, trust: 0, chemistry: 0, tension: 0 })}
      >
        {(character, change) => (
          <>
            <TextsField label="Title" texts={character().title} language={language()} onChange={(title) => change({ title })} />
            <div class="scene-pair">
              <WholeField
                showLabel
                label="Affinity"
                min={-100}
                max={100}
                value={character().affinity}
                onChange={(affinity) => change({ affinity })}
              />
              <WholeField showLabel label="Trust" min={-100} max={100} value={character().trust} onChange={(trust) => change({ trust })} />
              <WholeField
                showLabel
                label="Chemistry"
                min={-100}
                max={100}
                value={character().chemistry}
                onChange={(chemistry) => change({ chemistry })}
              />
              <WholeField
                showLabel
                label="Tension"
                min={-100}
                max={100}
                value={character().tension}
                onChange={(tension) => change({ tension })}
              />
            </div>
          </>
        )}
      </Declared>
      <Declared
        title="Quests"
        one="quest"
        items={body().quests}
        used={count("quest")}
        onChange={(quests) => set({ quests })}
        create={(name): Quest => ({ name, title: {}, hidden: false, objectives: [] })}
      >
        {(quest, change) => (
          <>
            <TextsField label="Title" texts={quest().title} language={language()} onChange={(title) => change({ title })} />
            <Switch label="Not told before it is active" checked={quest().hidden} onChange={(hidden) => change({ hidden })} />
            <Declared
              title={`Objectives of ${quest().name}`}
              one="objective"
              items={quest().objectives}
              onChange={(objectives) => {
                change({ objectives });
                return true;
              }}
              create={(name) => ({ name, title: {}, target: 1, optional: false })}
            >
              {(objective, changeIt) => (
                <>
                  <div class="scene-pair">
                    <TextsField label="Title" texts={objective().title} language={language()} onChange={(title) => changeIt({ title })} />
                    <WholeField showLabel label="Target" min={1} value={objective().target} onChange={(target) => changeIt({ target })} />
                  </div>
                  <Switch label="Optional" checked={objective().optional} onChange={(optional) => changeIt({ optional })} />
                </>
              )}
            </Declared>
          </>
        )}
      </Declared>
      <Declared
        title="Achievements"
        one="achievement"
        items={body().achievements}
        onChange={(achievements) => set({ achievements })}
        create={(name): Achievement => ({ name, title: {}, hidden: false, when: { is: "ending", ending: endings()[0] ?? "ending" } })}
      >
        {(achievement, change) => (
          <>
            <TextsField label="Title" texts={achievement().title} language={language()} onChange={(title) => change({ title })} />
            <AchievedWhen when={achievement().when} endings={endings()} known={known()} onChange={(when) => change({ when })} />
            <Switch label="Not told before it is achieved" checked={achievement().hidden} onChange={(hidden) => change({ hidden })} />
          </>
        )}
      </Declared>
      <Declared
        title="Parameters"
        one="parameter"
        items={body().parameters}
        used={count("variable")}
        onChange={(parameters) => set({ parameters })}
        create={(name) => ({ name, type: typeOf("number"), required: false })}
      >
        {(parameter, change) => (
          <>
            <TypeFields initial="Where none is given" type={parameter().type} onChange={(type) => change({ type })} />
            <Switch label="A call must give it" checked={parameter().required} onChange={(required) => change({ required })} />
          </>
        )}
      </Declared>
      <Declared
        title="Return points"
        one="return point"
        items={body().returnPoints}
        used={count("point")}
        onChange={(returnPoints) => set({ returnPoints })}
        create={(name) => ({ name, values: [] })}
      >
        {(point, change) => (
          <Declared
            title={`Values of ${point().name}`}
            one="value"
            items={point().values}
            onChange={(values) => {
              change({ values });
              return true;
            }}
            create={(name) => ({ name, type: typeOf("number") })}
          >
            {(value, changeIt) => <TypeFields initial="Where none is given" type={value().type} onChange={(type) => changeIt({ type })} />}
          </Declared>
        )}
      </Declared>
      <Part title="Players see">
        <Switch label="Items" checked={body().hud.items} onChange={(items) => set({ hud: { ...body().hud, items } })} />
        <Switch label="Quests" checked={body().hud.quests} onChange={(quests) => set({ hud: { ...body().hud, quests } })} />
        <Switch
          label="Relationships"
          checked={body().hud.relationships}
          onChange={(relationships) => set({ hud: { ...body().hud, relationships } })}
        />
        <Switch label="World time" checked={body().hud.time} onChange={(time) => set({ hud: { ...body().hud, time } })} />
      </Part>
    </>
  );
};
