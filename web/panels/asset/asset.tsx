// The Asset panel: plays a video or shows an image, with what is known of it and what can be made of it.
import Camera from "lucide-solid/icons/camera";
import CircleAlert from "lucide-solid/icons/circle-alert";
import Clapperboard from "lucide-solid/icons/clapperboard";
import Download from "lucide-solid/icons/download";
import FastForward from "lucide-solid/icons/fast-forward";
import ImagePlus from "lucide-solid/icons/image-plus";
import Star from "lucide-solid/icons/star";
import Trash from "lucide-solid/icons/trash";
import Undo from "lucide-solid/icons/undo-2";
import { createEffect, createMemo, createResource, createSignal, on, Show, type Component } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { setDraggedAssets } from "#web/store/drag.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { Facts, type Fact } from "#web/ui/facts.tsx";
import { formatBytes, formatFull } from "#web/ui/format.ts";
import { captureFrame, downloadAsset, renameAsset, restoreAssets, sendToForm, toggleFavourites, trashAssets } from "./actions.ts";
import { Lineage } from "./lineage.tsx";
import { Origin } from "./origin.tsx";
import { createPlayerChoices } from "./player-choices.ts";
import { Player, type PlayerHandle } from "./player.tsx";
import { createSource } from "./source.ts";
import "./asset.css";

const originWords: Readonly<Record<Asset["origin"]["kind"], string>> = {
  generation: "Generated",
  upload: "Uploaded",
  frame: "Kept from a video",
};

const factsOf = (asset: Asset): ReadonlyArray<Fact> => [
  { name: "Came about", value: `${originWords[asset.origin.kind]}, ${formatFull(asset.createdAt)}` },
  { name: "Picture", value: `${asset.width} × ${asset.height}` },
  { name: "Length", value: asset.durationMs === null ? null : `${(asset.durationMs / 1000).toFixed(2)} s` },
  { name: "Frames a second", value: asset.fps === null ? null : String(Number(asset.fps.toFixed(3))) },
  { name: "Type", value: asset.mime },
  { name: "Codecs", value: [asset.videoCodec, asset.audioCodec].filter((codec) => codec !== null).join(", ") || null },
  { name: "File", value: formatBytes(asset.size) },
  { name: "Original", value: asset.archived === true ? "In the archive: it is fetched when it is needed, which can take a while" : null },
  { name: "SHA-256", value: asset.sha256, code: true },
];

const AssetPanel: Component<PanelProps<"asset">> = (props) => {
  const { assets, client } = useWorkspace();
  const [loaded, { refetch }] = createResource(
    () => props.params.assetId,
    async (id) => {
      const asset = await client.call("assets.get", { id });
      assets.put([asset]);
      return asset;
    },
  );
  const asset = () => (props.params.assetId === undefined ? undefined : assets.row(props.params.assetId));
  createEffect(() => props.setTitle(asset()?.name ?? "Asset"));
  // One asset after the other: nothing of the last one may be left.
  const shownId = createMemo(() => asset()?.id);

  return (
    <Show
      when={shownId()}
      keyed
      fallback={
        <Show
          when={loaded.error}
          fallback={
            <Show
              when={props.params.assetId}
              fallback={
                <EmptyState
                  icon={Clapperboard}
                  title="No asset is open"
                  actions={<Button onClick={() => openPanel("gallery", {})}>Open the gallery</Button>}
                >
                  A click in the gallery shows one here.
                </EmptyState>
              }
            >
              <div class="asset-loading" aria-label="Loading the asset" aria-busy="true">
                <Skeleton class="asset-skeleton" />
              </div>
            </Show>
          }
        >
          <FailedState title="This asset could not be loaded" problem={sentenceOf(loaded.error)} onRetry={() => void refetch()} />
        </Show>
      }
    >
      {(id) => (
        <Show when={assets.row(id)}>{(known) => <AssetView asset={known()} timeMs={props.params.timeMs} visible={props.visible()} />}</Show>
      )}
    </Show>
  );
};

export default AssetPanel;

const AssetView: Component<{ readonly asset: Asset; readonly timeMs: number | undefined; readonly visible: boolean }> = (props) => {
  const workspace = useWorkspace();
  const { preferences } = workspace;
  const { src, sound, broken, renew, retry } = createSource(() => props.asset);
  const [player, setPlayer] = createSignal<PlayerHandle | null>(null);
  const [choices, choose] = createPlayerChoices(preferences);
  const inTrash = () => props.asset.deletedAt !== null;

  createEffect(
    on([player, () => props.timeMs], ([now, timeMs]) => {
      if (now !== null && timeMs !== undefined) {
        now.seek(timeMs);
      }
    }),
  );

  return (
    <div class="asset">
      <div class="asset-stage">
        <Show
          when={broken() === null}
          fallback={
            <EmptyState
              tone="bad"
              icon={CircleAlert}
              title="It cannot be shown"
              actions={
                <>
                  <Button onClick={retry}>Try again</Button>
                  <Button onClick={() => void downloadAsset(workspace, props.asset.id)}>Download it</Button>
                </>
              }
            >
              {broken()}
            </EmptyState>
          }
        >
          <Show
            when={props.asset.mediaType === "video"}
            fallback={
              <img
                class="asset-image"
                src={src()}
                alt={props.asset.name}
                width={props.asset.width}
                height={props.asset.height}
                onError={() => void renew()}
                onDragStart={(event) => setDraggedAssets(event, [props.asset.id])}
              />
            }
          >
            <Player
              asset={props.asset}
              src={src()}
              sound={sound()}
              visible={props.visible}
              loop={choices().loop}
              muted={choices().muted}
              onLoop={(loop) => choose({ loop })}
              onMuted={(muted) => choose({ muted })}
              onBroken={() => void renew()}
              handle={setPlayer}
            >
              <Show when={!inTrash()}>
                <IconButton
                  size="s"
                  label="Keep this frame as an image"
                  icon={Camera}
                  onClick={() => void captureFrame(workspace, props.asset.id, player()?.timeMs() ?? 0)}
                />
              </Show>
            </Player>
          </Show>
        </Show>
      </div>

      <div class="asset-about">
        <div class="asset-head">
          <NameField asset={props.asset} onRename={(name) => void renameAsset(workspace, props.asset.id, name)} />
          <IconButton
            label={props.asset.favourite ? "Remove from favourites" : "Add to favourites"}
            icon={Star}
            pressed={props.asset.favourite}
            onClick={() => void toggleFavourites(workspace, [props.asset.id])}
          />
          <IconButton label="Download" icon={Download} onClick={() => void downloadAsset(workspace, props.asset.id)} />
          <Show when={!inTrash()}>
            <IconButton label="Move to the trash" icon={Trash} onClick={() => void trashAssets(workspace, [props.asset.id])} />
          </Show>
        </div>
        <Show
          when={!inTrash()}
          fallback={
            <p class="asset-trash">
              This is in the trash and will be gone 30 days after it was put there.
              <Button size="s" icon={Undo} onClick={() => void restoreAssets(workspace, [props.asset.id])}>
                Bring back
              </Button>
            </p>
          }
        >
          <div class="asset-row">
            <Button icon={ImagePlus} onClick={() => sendToForm(workspace, [props.asset])}>
              Use as input
            </Button>
            <Show when={props.asset.mediaType === "video"}>
              <Button icon={FastForward} onClick={() => sendToForm(workspace, [props.asset], { operation: "video_extend" })}>
                Extend
              </Button>
            </Show>
          </div>
        </Show>
        <Origin asset={props.asset} />
        <Lineage assetId={props.asset.id} />
        <h3>Details</h3>
        <Facts facts={factsOf(props.asset)} />
      </div>
    </div>
  );
};

const NameField: Component<{ readonly asset: Asset; readonly onRename: (name: string) => void }> = (props) => (
  <input
    class="asset-name"
    aria-label="Name"
    maxLength={200}
    value={props.asset.name}
    onKeyDown={(event) => {
      if (event.key === "Escape") {
        event.currentTarget.value = props.asset.name;
      }
      if (event.key === "Enter" || event.key === "Escape") {
        event.currentTarget.blur();
      }
    }}
    onBlur={(event) => {
      const name = event.currentTarget.value.trim();
      if (name === "") {
        event.currentTarget.value = props.asset.name;
      } else if (name !== props.asset.name) {
        props.onRename(name);
      }
    }}
  />
);
