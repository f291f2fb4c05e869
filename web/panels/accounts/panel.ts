import KeyRound from "lucide-solid/icons/key-round";
import { definePanel } from "#web/dock/panel.ts";

export const accountsPanel = definePanel({
  id: "accounts",
  title: "Providers & accounts",
  shortTitle: "Accounts",
  icon: KeyRound,
  column: "middle",
  key: "p",
  load: () => import("./accounts.tsx"),
});
