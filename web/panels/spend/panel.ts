import Coins from "lucide-solid/icons/coins";
import { definePanel } from "#web/dock/panel.ts";

export const spendPanel = definePanel({
  id: "spend",
  title: "Spend",
  icon: Coins,
  column: "middle",
  key: "s",
  load: () => import("./spend.tsx"),
});
