import Images from "lucide-solid/icons/images";
import { definePanel } from "#web/dock/panel.ts";

export const galleryPanel = definePanel({
  id: "gallery",
  title: "Gallery",
  icon: Images,
  column: "middle",
  key: "l",
  load: () => import("./gallery.tsx"),
});
