// What a scene shows of the playthrough's state: things, quests, people, the time.
import { For, Show } from "solid-js";
import type { PlayView } from "#protocol/scene/play/view.ts";

const clockOf = (minutes: number): string => {
  const day = Math.floor(minutes / 1440) + 1;
  const [hour, minute] = [Math.floor((minutes % 1440) / 60), minutes % 60];
  return `Day ${day}, ${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
};

const spoken = (word: string): string => word.replaceAll("_", " ");

export const Hud = (props: { readonly hud: PlayView["hud"] }) => (
  <aside class="hud" aria-label="Status">
    <Show when={props.hud.minutes !== null}>
      <p class="hud-time">{clockOf(props.hud.minutes ?? 0)}</p>
    </Show>
    <Show when={props.hud.items.length > 0}>
      <ul aria-label="Inventory">
        <For each={props.hud.items}>
          {(item) => (
            <li>
              <span>{item.title === "" ? spoken(item.name) : item.title}</span>
              <Show when={item.quantity !== 1}>
                <b>× {item.quantity}</b>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Show>
    <Show when={props.hud.quests.length > 0}>
      <ul aria-label="Quests">
        <For each={props.hud.quests}>
          {(quest) => (
            <li data-status={quest.status}>
              <span>{quest.title === "" ? spoken(quest.name) : quest.title}</span>
              <Show when={quest.status !== "unknown"}>
                <b>{quest.status}</b>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Show>
    <Show when={props.hud.relationships.length > 0}>
      <ul aria-label="People">
        <For each={props.hud.relationships}>
          {(person) => (
            <li>
              <span>{person.title === "" ? spoken(person.name) : person.title}</span>
              <b>{spoken(person.tier)}</b>
            </li>
          )}
        </For>
      </ul>
    </Show>
  </aside>
);
