// What a scene shows of the playthrough's state: things, quests, people, the time.
import { For, Show } from "solid-js";
import type { PlayView } from "#protocol/scene/play/view.ts";
import { useSpeech, useToldIn } from "../words/speech.tsx";

const spoken = (word: string): string => word.replaceAll("_", " ");

export const Hud = (props: { readonly hud: PlayView["hud"] }) => {
  const speech = useSpeech();
  const words = () => speech().words.hud;
  const toldIn = useToldIn();
  const called = ({ title, name }: { readonly title: string; readonly name: string }) => (
    <span lang={toldIn()}>{title === "" ? spoken(name) : title}</span>
  );
  return (
    <aside class="hud" aria-label={words().name}>
      <Show when={props.hud.minutes !== null}>
        <p class="hud-time">{words().time(props.hud.minutes ?? 0)}</p>
      </Show>
      <Show when={props.hud.items.length > 0}>
        <ul aria-label={words().inventory}>
          <For each={props.hud.items}>
            {(item) => (
              <li>
                {called(item)}
                <Show when={item.quantity !== 1}>
                  <b>{words().times(item.quantity)}</b>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={props.hud.quests.length > 0}>
        <ul aria-label={words().quests}>
          <For each={props.hud.quests}>
            {(quest) => (
              <li data-status={quest.status}>
                {called(quest)}
                {quest.status === "unknown" ? null : <b>{words().questStatus[quest.status]}</b>}
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={props.hud.relationships.length > 0}>
        <ul aria-label={words().people}>
          <For each={props.hud.relationships}>
            {(person) => (
              <li>
                {called(person)}
                <b>{words().tiers[person.tier]}</b>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </aside>
  );
};
