// Builds conditions and effects by menus; the same as text for those who would rather write.
import Code from "lucide-solid/icons/code-xml";
import MoreHorizontal from "lucide-solid/icons/ellipsis";
import Plus from "lucide-solid/icons/plus";
import X from "lucide-solid/icons/x";
import { createSignal, Index, Match, Show, Switch, untrack, type Component, type JSX } from "solid-js";
import { sceneLimits } from "#protocol/scene/limits.ts";
import { QuestStatus, RelationshipAxis, RelationshipTier, type Condition, type SceneEffect, type Term } from "#protocol/scene/rule.ts";
import { IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { MenuButton, type MenuItem } from "#web/ui/menu.tsx";
import { NumberField, TextField } from "#web/ui/text-field.tsx";
import { ByKind, Compare, NamePick, OperandField, Part, WholeField } from "./pickers.tsx";
import { effectTitles, newEffect, newTerm, termTitles, variablesOf, type Known } from "./rule-defaults.ts";
import { printCondition, printEffects, readCondition, readEffects, type Read } from "./rule-text.ts";

const axes = RelationshipAxis.options.map((value) => ({ value, label: value }));
const tiers = RelationshipTier.options.map((value) => ({ value, label: value === "closeFriend" ? "close friend" : value }));
const statuses = QuestStatus.options.map((value) => ({ value, label: value }));
const times = [
  { value: "elapsed", label: "minutes since the beginning" },
  { value: "day", label: "days since the beginning" },
  { value: "clock", label: "minutes since midnight" },
] as const;
const onOff = [
  { value: "on", label: "is on" },
  { value: "off", label: "is off" },
] as const;
const keysOf = <K extends string>(record: Readonly<Record<K, string>>): ReadonlyArray<K> => Object.keys(record) as Array<K>;

/** As text: what is wrong is said with its place, and what is right is taken at once. */
const TextForm = <T,>(props: {
  readonly label: string;
  readonly text: string;
  readonly read: (text: string) => Read<T>;
  readonly onChange: (value: T) => void;
}) => {
  const [text, setText] = createSignal(untrack(() => props.text));
  const [wrong, setWrong] = createSignal<string | undefined>();
  return (
    <TextField
      label={props.label}
      hideLabel
      multiline
      value={text()}
      error={wrong()}
      onInput={(next) => {
        setText(next);
        const read = props.read(next);
        setWrong(read.ok ? undefined : `Character ${read.at + 1}: ${read.message}`);
        if (read.ok) props.onChange(read.value);
      }}
    />
  );
};

const AsText: Component<{ readonly pressed: boolean; readonly onToggle: () => void }> = (props) => (
  <IconButton size="s" label="As text" icon={Code} pressed={props.pressed} onClick={() => props.onToggle()} />
);

// ── Conditions ──

interface ConditionProps {
  readonly condition: Condition;
  readonly known: Known;
  readonly onChange: (condition: Condition) => void;
  /** Takes it away; the outermost one of an edge that needs one cannot be. */
  readonly onRemove?: (() => void) | undefined;
}

const isTerm = (condition: Condition): condition is Term =>
  condition.kind !== "all" && condition.kind !== "any" && condition.kind !== "not";

const ConditionRow: Component<ConditionProps> = (props) => {
  const addItems = (of: ReadonlyArray<Condition>, kind: "all" | "any"): ReadonlyArray<MenuItem> => [
    ...keysOf(termTitles).map((term) => ({
      label: termTitles[term],
      onSelect: () => props.onChange({ kind, of: [...of, newTerm(term, props.known)] }),
    })),
    "separator",
    { label: "All of…", onSelect: () => props.onChange({ kind, of: [...of, { kind: "all", of: [] }] }) },
    { label: "Any of…", onSelect: () => props.onChange({ kind, of: [...of, { kind: "any", of: [] }] }) },
  ];
  const moreItems = (): ReadonlyArray<MenuItem> => {
    const now = props.condition;
    return [
      ...(now.kind === "not"
        ? [{ label: "Without “not”", onSelect: () => props.onChange(now.of) }]
        : [{ label: "Not this", onSelect: () => props.onChange({ kind: "not", of: now }) }]),
      { label: "And something else", onSelect: () => props.onChange({ kind: "all", of: [now, newTerm("flag", props.known)] }) },
      { label: "Or something else", onSelect: () => props.onChange({ kind: "any", of: [now, newTerm("flag", props.known)] }) },
      ...(props.onRemove === undefined ? [] : ["separator" as const, { label: "Remove", danger: true, onSelect: props.onRemove }]),
    ];
  };
  const several = () => (props.condition.kind === "all" || props.condition.kind === "any" ? props.condition : null);
  const negated = () => (props.condition.kind === "not" ? props.condition : null);
  return (
    <div class="scene-rule" data-kind={props.condition.kind}>
      <Switch>
        <Match when={several()}>
          {(now) => (
            <>
              <span class="scene-rule-line">
                <Select
                  size="s"
                  hideLabel
                  label="How many must hold"
                  value={now().kind}
                  options={[
                    { value: "all", label: "All of these hold" },
                    { value: "any", label: "Any of these holds" },
                  ]}
                  onChange={(kind) => props.onChange({ kind, of: now().of })}
                />
                <MenuButton size="s" label="Add a condition" icon={Plus} items={() => addItems(now().of, now().kind)} />
                <MenuButton size="s" label="More for this condition" items={moreItems} icon={MoreHorizontal} />
              </span>
              <div class="scene-rule-inner">
                <Index each={now().of}>
                  {(part, at) => (
                    <ConditionRow
                      condition={part()}
                      known={props.known}
                      onChange={(next) => props.onChange({ kind: now().kind, of: now().of.with(at, next) })}
                      onRemove={() => props.onChange({ kind: now().kind, of: now().of.toSpliced(at, 1) })}
                    />
                  )}
                </Index>
                <Show when={now().of.length === 0}>
                  <p class="scene-hint">
                    {now().kind === "all" ? "Nothing is asked: it always holds." : "Nothing is asked: it never holds."}
                  </p>
                </Show>
              </div>
            </>
          )}
        </Match>
        <Match when={negated()}>
          {(now) => (
            <>
              <span class="scene-rule-line">
                <strong>Not:</strong>
                <MenuButton size="s" label="More for this condition" items={moreItems} icon={MoreHorizontal} />
              </span>
              <div class="scene-rule-inner">
                <ConditionRow condition={now().of} known={props.known} onChange={(of) => props.onChange({ kind: "not", of })} />
              </div>
            </>
          )}
        </Match>
        <Match when={isTerm(props.condition) ? props.condition : null}>
          {(term) => (
            <span class="scene-rule-line">
              <Select
                size="s"
                hideLabel
                label="Condition"
                value={term().kind}
                options={keysOf(termTitles).map((value) => ({ value, label: termTitles[value] }))}
                onChange={(kind) => props.onChange(newTerm(kind, props.known))}
              />
              <TermFields term={term()} known={props.known} onChange={props.onChange} />
              <MenuButton size="s" label="More for this condition" items={moreItems} icon={MoreHorizontal} />
            </span>
          )}
        </Match>
      </Switch>
    </div>
  );
};

const TermFields: Component<{ readonly term: Term; readonly known: Known; readonly onChange: (term: Condition) => void }> = (props) => {
  const head = () => props.known.head;
  const kindOfVariable = (name: string) => variablesOf(head()).find((variable) => variable.name === name)?.type.kind;
  const onChange = (next: Condition) => props.onChange(next);
  const fields = (term: Term): JSX.Element => {
    switch (term.kind) {
      case "constant":
        return (
          <Select
            size="s"
            hideLabel
            label="Always or never"
            value={term.value ? "always" : "never"}
            options={[
              { value: "always", label: "always" },
              { value: "never", label: "never" },
            ]}
            onChange={(value) => onChange({ ...term, value: value === "always" })}
          />
        );
      case "variable":
        return (
          <>
            <NamePick label="Variable" value={term.name} names={variablesOf(head())} onChange={(name) => onChange({ ...term, name })} />
            <Compare value={term.is} onChange={(is) => onChange({ ...term, is })} />
            <OperandField
              label="Value"
              value={term.to}
              known={props.known}
              kind={kindOfVariable(term.name)}
              onChange={(to) => onChange({ ...term, to })}
            />
          </>
        );
      case "contains":
        return (
          <>
            <NamePick label="Variable" value={term.name} names={variablesOf(head())} onChange={(name) => onChange({ ...term, name })} />
            <OperandField label="Entry" value={term.value} known={props.known} onChange={(value) => onChange({ ...term, value })} />
          </>
        );
      case "flag":
        return (
          <>
            <NamePick label="Flag" value={term.name} names={head().flags} onChange={(name) => onChange({ ...term, name })} />
            <Select
              size="s"
              hideLabel
              label="On or off"
              value={term.set ? "on" : "off"}
              options={onOff}
              onChange={(value) => onChange({ ...term, set: value === "on" })}
            />
          </>
        );
      case "counter":
        return (
          <>
            <NamePick label="Counter" value={term.name} names={head().counters} onChange={(name) => onChange({ ...term, name })} />
            <Compare value={term.is} onChange={(is) => onChange({ ...term, is })} />
            <OperandField label="Value" value={term.to} known={props.known} kind="number" onChange={(to) => onChange({ ...term, to })} />
          </>
        );
      case "item":
        return (
          <>
            <NamePick label="Item" value={term.name} names={head().items} onChange={(name) => onChange({ ...term, name })} />
            <Compare value={term.is} onChange={(is) => onChange({ ...term, is })} />
            <WholeField label="Quantity" value={term.quantity} onChange={(quantity) => onChange({ ...term, quantity })} />
          </>
        );
      case "relationship":
        return (
          <>
            <NamePick
              label="Character"
              value={term.character}
              names={head().characters}
              onChange={(character) => onChange({ ...term, character })}
            />
            <Select size="s" hideLabel label="Axis" value={term.axis} options={axes} onChange={(axis) => onChange({ ...term, axis })} />
            <Compare value={term.is} onChange={(is) => onChange({ ...term, is })} />
            <WholeField label="Value" min={-100} max={100} value={term.value} onChange={(value) => onChange({ ...term, value })} />
          </>
        );
      case "tier":
        return (
          <>
            <NamePick
              label="Character"
              value={term.character}
              names={head().characters}
              onChange={(character) => onChange({ ...term, character })}
            />
            <Compare value={term.is} onChange={(is) => onChange({ ...term, is })} />
            <Select size="s" hideLabel label="Tier" value={term.tier} options={tiers} onChange={(tier) => onChange({ ...term, tier })} />
          </>
        );
      case "quest":
        return (
          <>
            <NamePick label="Quest" value={term.quest} names={head().quests} onChange={(quest) => onChange({ ...term, quest })} />
            <Select
              size="s"
              hideLabel
              label="Status"
              value={term.status}
              options={statuses}
              onChange={(status) => onChange({ ...term, status })}
            />
          </>
        );
      case "time":
        return (
          <>
            <Select size="s" hideLabel label="Time" value={term.of} options={times} onChange={(of) => onChange({ ...term, of })} />
            <Compare value={term.is} onChange={(is) => onChange({ ...term, is })} />
            <WholeField label="Value" value={term.value} onChange={(value) => onChange({ ...term, value })} />
          </>
        );
      case "visits":
        return (
          <>
            <NamePick
              label="Node"
              value={term.node}
              names={props.known.nodes.map(({ id, name }) => ({ name: id, title: name }))}
              onChange={(node) => onChange({ ...term, node })}
            />
            <Compare value={term.is} onChange={(is) => onChange({ ...term, is })} />
            <WholeField label="Times" min={0} value={term.value} onChange={(value) => onChange({ ...term, value })} />
          </>
        );
      case "chance":
        return (
          <NumberField
            hideLabel
            label="Percent"
            min={0}
            max={100}
            value={term.percent}
            onChange={(percent) => percent !== null && percent >= 0 && percent <= 100 && onChange({ ...term, percent })}
          />
        );
    }
  };
  return (
    <ByKind of={props.term} kind={props.term.kind}>
      {fields}
    </ByKind>
  );
};

/** Null where an edge may do without one. */
export const ConditionBuilder: Component<{
  readonly title: string;
  readonly condition: Condition | null;
  readonly known: Known;
  readonly onChange: (condition: Condition) => void;
  readonly onRemove?: () => void;
}> = (props) => {
  const [asText, setAsText] = createSignal(false);
  return (
    <Part
      title={props.title}
      aside={
        <Show
          when={props.condition}
          fallback={
            <MenuButton
              size="s"
              label="Add a condition"
              icon={Plus}
              items={() =>
                keysOf(termTitles).map((kind) => ({ label: termTitles[kind], onSelect: () => props.onChange(newTerm(kind, props.known)) }))
              }
            />
          }
        >
          <AsText pressed={asText()} onToggle={() => setAsText((now) => !now)} />
        </Show>
      }
    >
      <Show when={props.condition} fallback={<p class="scene-hint">It is always open.</p>}>
        {(condition) => (
          <Show
            when={asText()}
            fallback={<ConditionRow condition={condition()} known={props.known} onChange={props.onChange} onRemove={props.onRemove} />}
          >
            <TextForm label={props.title} text={printCondition(condition())} read={readCondition} onChange={props.onChange} />
          </Show>
        )}
      </Show>
    </Part>
  );
};

// ── Effects ──

interface EffectsProps {
  readonly title: string;
  readonly effects: ReadonlyArray<SceneEffect>;
  readonly known: Known;
  readonly onChange: (effects: ReadonlyArray<SceneEffect>) => void;
}

export const EffectsBuilder: Component<EffectsProps> = (props) => {
  const [asText, setAsText] = createSignal(false);
  const kinds = keysOf(effectTitles);
  return (
    <Part
      title={props.title}
      aside={
        <span class="scene-rule-line">
          <AsText pressed={asText()} onToggle={() => setAsText((now) => !now)} />
          <MenuButton
            size="s"
            label="Add an effect"
            icon={Plus}
            disabled={asText() || props.effects.length >= sceneLimits.effects}
            items={() =>
              kinds.map((kind) => ({
                label: effectTitles[kind],
                onSelect: () => props.onChange([...props.effects, newEffect(kind, props.known)]),
              }))
            }
          />
        </span>
      }
    >
      <Show
        when={asText()}
        fallback={
          <Show when={props.effects.length > 0} fallback={<p class="scene-hint">Nothing is changed.</p>}>
            <Index each={props.effects}>
              {(effect, at) => (
                <div class="scene-rule">
                  <span class="scene-rule-line">
                    <Select
                      size="s"
                      hideLabel
                      label="Effect"
                      value={effect().kind}
                      options={kinds.map((value) => ({ value, label: effectTitles[value] }))}
                      onChange={(kind) => props.onChange(props.effects.with(at, newEffect(kind, props.known)))}
                    />
                    <EffectFields effect={effect()} known={props.known} onChange={(next) => props.onChange(props.effects.with(at, next))} />
                    <IconButton
                      size="s"
                      label="Remove the effect"
                      icon={X}
                      onClick={() => props.onChange(props.effects.toSpliced(at, 1))}
                    />
                  </span>
                </div>
              )}
            </Index>
          </Show>
        }
      >
        <TextForm label={props.title} text={printEffects(props.effects)} read={readEffects} onChange={props.onChange} />
      </Show>
    </Part>
  );
};

const EffectFields: Component<{
  readonly effect: SceneEffect;
  readonly known: Known;
  readonly onChange: (effect: SceneEffect) => void;
}> = (props) => {
  const head = () => props.known.head;
  const onChange = (next: SceneEffect) => props.onChange(next);
  const kindOfVariable = (name: string) => variablesOf(head()).find((variable) => variable.name === name)?.type.kind;
  const fields = (effect: SceneEffect): JSX.Element => {
    switch (effect.kind) {
      case "setVariable":
        return (
          <>
            <NamePick label="Variable" value={effect.name} names={variablesOf(head())} onChange={(name) => onChange({ ...effect, name })} />
            <OperandField
              label="Value"
              value={effect.to}
              known={props.known}
              kind={kindOfVariable(effect.name)}
              onChange={(to) => onChange({ ...effect, to })}
            />
          </>
        );
      case "addToVariable":
        return (
          <>
            <NamePick label="Variable" value={effect.name} names={variablesOf(head())} onChange={(name) => onChange({ ...effect, name })} />
            <OperandField
              label="Amount"
              value={effect.by}
              known={props.known}
              kind="number"
              onChange={(by) => onChange({ ...effect, by })}
            />
          </>
        );
      case "drawVariable":
        return (
          <>
            <NamePick label="Variable" value={effect.name} names={variablesOf(head())} onChange={(name) => onChange({ ...effect, name })} />
            <WholeField label="From" value={effect.from} onChange={(from) => onChange({ ...effect, from })} />
            <WholeField label="To" value={effect.to} onChange={(to) => onChange({ ...effect, to })} />
          </>
        );
      case "append":
        return (
          <>
            <NamePick label="List" value={effect.name} names={variablesOf(head())} onChange={(name) => onChange({ ...effect, name })} />
            <OperandField label="Entry" value={effect.value} known={props.known} onChange={(value) => onChange({ ...effect, value })} />
          </>
        );
      case "setFlag":
        return (
          <>
            <NamePick label="Flag" value={effect.name} names={head().flags} onChange={(name) => onChange({ ...effect, name })} />
            <Select
              size="s"
              hideLabel
              label="On or off"
              value={effect.set ? "on" : "off"}
              options={[
                { value: "on", label: "on" },
                { value: "off", label: "off" },
              ]}
              onChange={(value) => onChange({ ...effect, set: value === "on" })}
            />
          </>
        );
      case "setCounter":
        return (
          <>
            <NamePick label="Counter" value={effect.name} names={head().counters} onChange={(name) => onChange({ ...effect, name })} />
            <OperandField
              label="Value"
              value={effect.to}
              known={props.known}
              kind="number"
              onChange={(to) => onChange({ ...effect, to })}
            />
          </>
        );
      case "addToCounter":
        return (
          <>
            <NamePick label="Counter" value={effect.name} names={head().counters} onChange={(name) => onChange({ ...effect, name })} />
            <OperandField
              label="Amount"
              value={effect.by}
              known={props.known}
              kind="number"
              onChange={(by) => onChange({ ...effect, by })}
            />
          </>
        );
      case "giveItem":
      case "takeItem":
        return (
          <>
            <NamePick label="Item" value={effect.name} names={head().items} onChange={(name) => onChange({ ...effect, name })} />
            <WholeField label="Quantity" min={1} value={effect.quantity} onChange={(quantity) => onChange({ ...effect, quantity })} />
          </>
        );
      case "setRelationship":
        return (
          <>
            <NamePick
              label="Character"
              value={effect.character}
              names={head().characters}
              onChange={(character) => onChange({ ...effect, character })}
            />
            <Select size="s" hideLabel label="Axis" value={effect.axis} options={axes} onChange={(axis) => onChange({ ...effect, axis })} />
            <WholeField label="Value" min={-100} max={100} value={effect.to} onChange={(to) => onChange({ ...effect, to })} />
          </>
        );
      case "addToRelationship":
        return (
          <>
            <NamePick
              label="Character"
              value={effect.character}
              names={head().characters}
              onChange={(character) => onChange({ ...effect, character })}
            />
            <Select size="s" hideLabel label="Axis" value={effect.axis} options={axes} onChange={(axis) => onChange({ ...effect, axis })} />
            <WholeField label="Amount" min={-200} max={200} value={effect.by} onChange={(by) => onChange({ ...effect, by })} />
          </>
        );
      case "setQuest":
        return (
          <>
            <NamePick label="Quest" value={effect.quest} names={head().quests} onChange={(quest) => onChange({ ...effect, quest })} />
            <Select
              size="s"
              hideLabel
              label="Status"
              value={effect.status}
              options={statuses}
              onChange={(status) => onChange({ ...effect, status })}
            />
          </>
        );
      case "advanceObjective":
        return (
          <>
            <NamePick label="Quest" value={effect.quest} names={head().quests} onChange={(quest) => onChange({ ...effect, quest })} />
            <NamePick
              label="Objective"
              value={effect.objective}
              names={head().quests.find(({ name }) => name === effect.quest)?.objectives ?? []}
              onChange={(objective) => onChange({ ...effect, objective })}
            />
            <WholeField label="By" value={effect.by} onChange={(by) => onChange({ ...effect, by })} />
          </>
        );
      case "passTime":
        return <WholeField label="Minutes" min={0} value={effect.minutes} onChange={(minutes) => onChange({ ...effect, minutes })} />;
      case "waitUntil":
        return (
          <WholeField
            label="Minutes since midnight"
            min={0}
            max={1439}
            value={effect.clock}
            onChange={(clock) => onChange({ ...effect, clock })}
          />
        );
    }
  };
  return (
    <ByKind of={props.effect} kind={props.effect.kind}>
      {fields}
    </ByKind>
  );
};
