// Narrow screens: one panel at a time and a tab bar at the bottom. Panels that were shown stay alive behind the others.
import { createEffect, createSignal, For, onCleanup, onMount, Show, type Component, type JSX } from "solid-js";
import { createStore } from "solid-js/store";
import { panelIds, panels } from "#web/panels/index.ts";
import { readParams } from "./layout.ts";
import { PanelHost } from "./panel-host.tsx";
import { setOpener, type PanelId } from "./panel.ts";
import "./phone.css";

/** Below this width there is no room for a dock, px. */
export const phoneBelow = 720;

export const Phone: Component = () => {
  const [shown, setShown] = createSignal<PanelId>("generate");
  const [seen, setSeen] = createStore<Partial<Record<PanelId, { readonly params: object }>>>({ generate: { params: {} } });

  const show = (id: PanelId, params: object = {}) => {
    if (seen[id] === undefined || Object.keys(params).length > 0) {
      setSeen({ [id]: { params } });
    }
    setShown(id);
  };
  onMount(() =>
    onCleanup(setOpener((id, params, options) => (options.inBackground === true ? setSeen({ [id]: { params } }) : show(id, params)))),
  );

  const hostOf = (id: PanelId, params: () => object): JSX.Element => (
    <div class="phone-panel" hidden={shown() !== id}>
      <PanelHost id={id} params={readParams(id, params())} visible={() => shown() === id} setTitle={() => undefined} named />
    </div>
  );
  return (
    <div class="phone">
      <div class="phone-view">
        <For each={panelIds}>{(id) => <Show when={seen[id]}>{(one) => hostOf(id, () => one().params)}</Show>}</For>
      </div>
      <nav class="phone-tabs" aria-label="Panels">
        <For each={panelIds.filter((id) => panels[id].onDemand !== true || seen[id] !== undefined)}>
          {(id) => (
            <button
              type="button"
              aria-current={shown() === id ? "page" : undefined}
              onClick={() => show(id)}
              ref={(element) => createEffect(() => shown() === id && element.scrollIntoView({ inline: "nearest", block: "nearest" }))}
            >
              {panels[id].icon({ size: 20, "aria-hidden": "true" })}
              <span class="truncate">{panels[id].shortTitle ?? panels[id].title}</span>
            </button>
          )}
        </For>
      </nav>
    </div>
  );
};
