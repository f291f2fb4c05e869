// The Asset panel: plays a video or shows an image, with what is known of it.
import Clapperboard from "lucide-solid/icons/clapperboard";
import { createEffect, createResource, Show, type Component } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import type { PanelProps } from "#web/dock/panel.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { EmptyState } from "#web/ui/feedback.tsx";
import "./asset.css";

const facts = (asset: Asset): ReadonlyArray<readonly [string, string]> => [
  ["Size", `${asset.width} × ${asset.height}`],
  ...(asset.durationMs === null ? [] : [["Length", `${(asset.durationMs / 1000).toFixed(2)} s`] as const]),
  ...(asset.fps === null ? [] : [["Frames a second", String(asset.fps)] as const]),
  ["Type", asset.mime],
  ["Bytes", asset.size.toLocaleString()],
  ["SHA-256", asset.sha256],
];

const AssetPanel: Component<PanelProps<"asset">> = (props) => {
  const { assets, client } = useWorkspace();
  const [loaded] = createResource(
    () => props.params.assetId,
    async (id) => {
      const asset = await client.call("assets.get", { id });
      assets.put([asset]);
      return asset;
    },
  );
  const asset = () => {
    const id = props.params.assetId;
    return id === undefined ? undefined : (assets.row(id) ?? (loaded.error === undefined ? loaded() : undefined));
  };
  createEffect(() => props.setTitle(asset()?.name ?? "Asset"));

  return (
    <Show
      when={asset()}
      fallback={
        <EmptyState
          icon={Clapperboard}
          title="No asset is open"
          children={loaded.error === undefined ? "Choose one in the gallery." : "This asset could not be loaded."}
        />
      }
    >
      {(shown) => (
        <div class="asset">
          <Show when={shown().mediaType === "video"} fallback={<img src={shown().urls.original} alt={shown().name} />}>
            <video
              src={shown().urls.faststart ?? shown().urls.original}
              poster={shown().urls.poster ?? undefined}
              controls
              loop
              preload="metadata"
            />
          </Show>
          <h2>{shown().name}</h2>
          <dl>
            {facts(shown()).map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </>
            ))}
          </dl>
        </div>
      )}
    </Show>
  );
};

export default AssetPanel;
