// Names and values in two columns; what has no value is left out.
import { For, type Component } from "solid-js";
import "./facts.css";

export interface Fact {
  readonly name: string;
  readonly value: string | null;
  readonly code?: boolean;
}

export const Facts: Component<{ readonly facts: ReadonlyArray<Fact> }> = (props) => (
  <dl class="ui-facts">
    <For each={props.facts.filter(({ value }) => value !== null)}>
      {(fact) => (
        <>
          <dt>{fact.name}</dt>
          <dd>{fact.code === true ? <code>{fact.value}</code> : fact.value}</dd>
        </>
      )}
    </For>
  </dl>
);
