import BookText from "lucide-solid/icons/book-text";
import { definePanel } from "#web/dock/panel.ts";

export const promptsPanel = definePanel({
  id: "prompts",
  title: "Prompts",
  icon: BookText,
  column: "middle",
  key: "t",
  load: () => import("./prompts.tsx"),
});
