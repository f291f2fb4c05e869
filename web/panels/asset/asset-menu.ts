// The menu of one asset or of several: what can be done, with the keys that do the same.
import Columns from "lucide-solid/icons/columns-2";
import Download from "lucide-solid/icons/download";
import ExternalLink from "lucide-solid/icons/external-link";
import FastForward from "lucide-solid/icons/fast-forward";
import ImagePlus from "lucide-solid/icons/image-plus";
import Link from "lucide-solid/icons/link";
import ListChecks from "lucide-solid/icons/list-checks";
import Star from "lucide-solid/icons/star";
import Trash from "lucide-solid/icons/trash";
import Undo from "lucide-solid/icons/undo-2";
import type { Asset } from "#protocol/asset.ts";
import { linkTo } from "#web/app/route.ts";
import { openPanel } from "#web/dock/panel.ts";
import { comparable, compareChosen } from "#web/panels/compare/open.ts";
import type { Workspace } from "#web/store/workspace.ts";
import { copyText } from "#web/ui/copy.ts";
import type { MenuItem } from "#web/ui/menu.tsx";
import { downloadAsset, restoreAssets, sendToForm, toggleFavourites, trashAssets } from "./actions.ts";

const itemsOfOne = (workspace: Workspace, asset: Asset): ReadonlyArray<MenuItem> => [
  { label: "Open", icon: ExternalLink, keys: "Enter", onSelect: () => openPanel("asset", { assetId: asset.id }) },
  {
    label: "Open in another panel",
    icon: ExternalLink,
    onSelect: () => openPanel("asset", { assetId: asset.id }, { another: true }),
  },
  ...(asset.mediaType === "video"
    ? [{ label: "Extend", icon: FastForward, onSelect: () => sendToForm(workspace, [asset], { operation: "video_extend" }) }]
    : []),
  { label: "Download", icon: Download, onSelect: () => void downloadAsset(workspace, asset.id) },
  { label: "Copy link", icon: Link, onSelect: () => copyText("Link", linkTo("asset", asset.id)) },
  "separator",
];

/** `onSelectSeveral`: offered on touch screens. */
export const assetMenu = (
  workspace: Workspace,
  ids: ReadonlyArray<string>,
  onSelectSeveral: (() => void) | null,
): ReadonlyArray<MenuItem> => {
  const chosen = ids.flatMap((id) => workspace.assets.peek(id) ?? []);
  const [first] = chosen;
  const only = ids.length === 1 ? first : undefined;
  const several: ReadonlyArray<MenuItem> =
    onSelectSeveral === null ? [] : [{ label: "Select several", icon: ListChecks, onSelect: onSelectSeveral }];
  if (first !== undefined && chosen.every(({ deletedAt }) => deletedAt !== null)) {
    return [...several, { label: "Bring back from the trash", icon: Undo, onSelect: () => void restoreAssets(workspace, ids) }];
  }
  return [
    ...(only === undefined ? [] : itemsOfOne(workspace, only)),
    ...several,
    {
      label: only === undefined ? `Use ${ids.length} as inputs` : "Use as input",
      icon: ImagePlus,
      keys: "U",
      onSelect: () => sendToForm(workspace, chosen),
    },
    ...(only === undefined
      ? [
          {
            label: "Compare (two to four videos)",
            icon: Columns,
            keys: "C",
            disabled: comparable(workspace, ids) === null,
            onSelect: () => compareChosen(workspace, ids),
          },
        ]
      : []),
    {
      label: chosen.every(({ favourite }) => favourite) ? "Remove from favourites" : "Add to favourites",
      icon: Star,
      keys: "F",
      onSelect: () => void toggleFavourites(workspace, ids),
    },
    "separator",
    {
      label: only === undefined ? `Move ${ids.length} to the trash` : "Move to the trash",
      icon: Trash,
      keys: "Del",
      danger: true,
      onSelect: () => void trashAssets(workspace, ids),
    },
  ];
};
