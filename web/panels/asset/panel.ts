import Clapperboard from "lucide-solid/icons/clapperboard";
import { definePanel } from "#web/dock/panel.ts";

export const assetPanel = definePanel({
  id: "asset",
  title: "Asset",
  icon: Clapperboard,
  column: "right",
  key: "a",
  load: () => import("./asset.tsx"),
});
