// The Gallery panel: the user's assets, newest first, live; a click opens one.
import Images from "lucide-solid/icons/images";
import { For, Match, Show, Switch, type Component } from "solid-js";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { allAssets } from "#web/store/assets.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import "./gallery.css";

const GalleryPanel: Component<PanelProps<"gallery">> = () => {
  const { assets } = useWorkspace();
  const list = assets.list(() => allAssets);

  return (
    <div class="gallery">
      <Switch>
        <Match when={list.state() === "loading"}>
          <Skeleton />
        </Match>
        <Match when={list.state() === "failed"}>
          <EmptyState icon={Images} title="The gallery did not load" children={list.problem() ?? ""} />
        </Match>
        <Match when={list.ids().length === 0}>
          <EmptyState icon={Images} title="Nothing here yet" children="What you generate or upload appears here." />
        </Match>
        <Match when={true}>
          <ul class="gallery-grid">
            <For each={list.ids()}>
              {(id) => (
                <Show when={assets.row(id)}>
                  {(asset) => (
                    <li>
                      <button type="button" class="gallery-card" onClick={() => openPanel("asset", { assetId: id })} title={asset().name}>
                        <img src={asset().urls.thumbs?.m ?? asset().urls.original} alt={asset().name} loading="lazy" />
                        <span>{asset().name}</span>
                      </button>
                    </li>
                  )}
                </Show>
              )}
            </For>
          </ul>
          <Show when={list.hasMore()}>
            <Button onClick={list.more}>Show older</Button>
          </Show>
        </Match>
      </Switch>
    </div>
  );
};

export default GalleryPanel;
