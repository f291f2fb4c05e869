// Choosing assets for an input: the gallery in small, one click takes one, several where the slot has room for them.
import Check from "lucide-solid/icons/check";
import Film from "lucide-solid/icons/film";
import Images from "lucide-solid/icons/images";
import { createMemo, createSignal, For, Match, Show, Switch, type Component } from "solid-js";
import type { Asset, MediaType } from "#protocol/asset.ts";
import { allAssets, type AssetsFilter } from "#web/store/assets.ts";
import { debounced } from "#web/store/debounced.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { formatClock } from "#web/ui/format.ts";
import { SearchField } from "#web/ui/search-field.tsx";
import "./generate.css";

interface PickerProps {
  readonly open: boolean;
  readonly title: string;
  readonly accepts: ReadonlyArray<MediaType>;
  /** How many may be chosen. */
  readonly most: number;
  readonly onClose: () => void;
  readonly onPick: (assets: ReadonlyArray<Asset>) => void;
}

export const AssetPicker: Component<PickerProps> = (props) => {
  const [chosen, setChosen] = createSignal<ReadonlyArray<Asset>>([]);
  const close = () => {
    setChosen([]);
    props.onClose();
  };
  const done = (assets: ReadonlyArray<Asset>) => {
    setChosen([]);
    props.onPick(assets);
  };
  return (
    <Dialog
      open={props.open}
      onClose={close}
      title={props.title}
      size="l"
      actions={
        props.most > 1 ? (
          <>
            <Button onClick={close}>Cancel</Button>
            <Button tone="primary" disabled={chosen().length === 0} onClick={() => done(chosen())}>
              {chosen().length === 0 ? "Use" : `Use ${chosen().length}`}
            </Button>
          </>
        ) : undefined
      }
    >
      <PickerBody
        accepts={props.accepts}
        chosen={chosen()}
        onToggle={(asset) => {
          if (props.most === 1) {
            done([asset]);
            return;
          }
          setChosen((now) =>
            now.some(({ id }) => id === asset.id)
              ? now.filter(({ id }) => id !== asset.id)
              : now.length < props.most
                ? [...now, asset]
                : now,
          );
        }}
      />
    </Dialog>
  );
};

const PickerBody: Component<{
  readonly accepts: ReadonlyArray<MediaType>;
  readonly chosen: ReadonlyArray<Asset>;
  readonly onToggle: (asset: Asset) => void;
}> = (props) => {
  const { assets } = useWorkspace();
  const [typed, setTyped] = createSignal("");
  const search = debounced(typed, 250);
  const filter = createMemo((): AssetsFilter => {
    const [only] = props.accepts;
    return { ...allAssets, mediaType: props.accepts.length === 1 && only !== undefined ? only : null, search: search() };
  });
  const list = assets.list(filter);
  return (
    <div class="picker">
      <SearchField label="Search assets" placeholder="Search names and prompts" value={typed()} onInput={setTyped} />
      <Switch>
        <Match when={list.state() === "loading"}>
          <div class="picker-grid" aria-busy="true">
            <For each={[1, 2, 3, 4, 5, 6, 7, 8]}>{() => <Skeleton class="picker-skeleton" />}</For>
          </div>
        </Match>
        <Match when={list.state() === "failed"}>
          <FailedState title="The assets could not be read" problem={list.problem()} onRetry={list.retry} />
        </Match>
        <Match when={list.ids().length === 0}>
          <EmptyState icon={Images} title={search() === "" ? `No ${props.accepts.join(" or ")} yet` : "Nothing fits"}>
            {search() === "" ? "Upload a file, or keep a frame of a video as an image." : "Try other words."}
          </EmptyState>
        </Match>
        <Match when={true}>
          <ul class="picker-grid">
            <For each={list.ids()}>
              {(id) => (
                <Show when={assets.row(id)}>
                  {(asset) => (
                    <li>
                      <button
                        type="button"
                        class="picker-item"
                        aria-pressed={props.chosen.some((each) => each.id === id)}
                        aria-label={asset().name}
                        onClick={() => props.onToggle(asset())}
                      >
                        <Show when={asset().urls.thumbs?.m ?? asset().urls.poster} fallback={<Film size={22} aria-hidden="true" />}>
                          {(src) => <img src={src()} alt="" loading="lazy" decoding="async" />}
                        </Show>
                        <Show when={asset().durationMs}>{(ms) => <span class="picker-time">{formatClock(ms())}</span>}</Show>
                        <span class="picker-check">
                          <Check size={14} aria-hidden="true" />
                        </span>
                      </button>
                      <span class="truncate muted">{asset().name}</span>
                    </li>
                  )}
                </Show>
              )}
            </For>
          </ul>
          <Show when={list.hasMore()}>
            <Button onClick={list.more}>Show older ones</Button>
          </Show>
        </Match>
      </Switch>
    </div>
  );
};
