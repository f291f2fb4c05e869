// The list of panels, one line each. The dock, the palette and the phone's tab bar read it.
import type { PanelId, PanelSpec } from "#web/dock/panel.ts";
import { accountsPanel } from "./accounts/panel.ts";
import { assetPanel } from "./asset/panel.ts";
import { comparePanel } from "./compare/panel.ts";
import { galleryPanel } from "./gallery/panel.ts";
import { generatePanel } from "./generate/panel.ts";
import { jobPanel } from "./job/panel.ts";
import { jobsPanel } from "./jobs/panel.ts";
import { limitsPanel } from "./limits/panel.ts";
import { promptsPanel } from "./prompts/panel.ts";
import { queuePanel } from "./queue/panel.ts";
import { scenePanel } from "./scene/panel.ts";
import { scenesPanel } from "./scenes/panel.ts";
import { spendPanel } from "./spend/panel.ts";

export const panels: { readonly [K in PanelId]: PanelSpec<K> } = {
  generate: generatePanel,
  jobs: jobsPanel,
  queue: queuePanel,
  gallery: galleryPanel,
  job: jobPanel,
  asset: assetPanel,
  compare: comparePanel,
  accounts: accountsPanel,
  spend: spendPanel,
  limits: limitsPanel,
  prompts: promptsPanel,
  scenes: scenesPanel,
  scene: scenePanel,
};

/** In the order in which they are shown. */
export const panelIds: ReadonlyArray<PanelId> = [
  "generate",
  "jobs",
  "queue",
  "gallery",
  "job",
  "asset",
  "compare",
  "accounts",
  "spend",
  "limits",
  "prompts",
  "scenes",
  "scene",
];

export const isPanelId = (value: string): value is PanelId => Object.hasOwn(panels, value);
