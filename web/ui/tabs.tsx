// Tabs within a panel. The content of tabs that are not chosen is not made.
import { Tabs as Kobalte } from "@kobalte/core/tabs";
import { For, type Component, type JSX } from "solid-js";
import "./tabs.css";

interface TabsProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly tabs: ReadonlyArray<{ readonly value: string; readonly label: string; readonly content: () => JSX.Element }>;
}

export const Tabs: Component<TabsProps> = (props) => (
  <Kobalte class="ui-tabs" value={props.value} onChange={(value) => props.onChange(value)}>
    <Kobalte.List class="ui-tabs-list" aria-label={props.label}>
      <For each={props.tabs}>
        {(tab) => (
          <Kobalte.Trigger class="ui-tab" value={tab.value}>
            {tab.label}
          </Kobalte.Trigger>
        )}
      </For>
    </Kobalte.List>
    <For each={props.tabs}>
      {(tab) => (
        <Kobalte.Content class="ui-tabs-content" value={tab.value}>
          {tab.content()}
        </Kobalte.Content>
      )}
    </For>
  </Kobalte>
);
