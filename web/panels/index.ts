// The list of panels, one line each. The dock, the palette and the phone's tab bar read it.
import type { PanelSpec } from "#web/dock/panel.ts";
import { assetPanel } from "./asset/panel.ts";
import { galleryPanel } from "./gallery/panel.ts";
import { generatePanel } from "./generate/panel.ts";
import { jobPanel } from "./job/panel.ts";
import { jobsPanel } from "./jobs/panel.ts";

export const panels = [generatePanel, jobsPanel, galleryPanel, jobPanel, assetPanel] as const;

/** As one shape, for code that treats all alike. */
export type AnyPanel = { [K in keyof typeof panels]: (typeof panels)[K] }[number] & PanelSpec;
