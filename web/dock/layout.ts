// The dock's layout as data: what is saved, how a saved one is checked, and where a panel opens. Pure.
import { isPanelId, panels } from "#web/panels/index.ts";
import type { PanelId, PanelParams } from "./panel.ts";

/** Raised when saved layouts can no longer be read; older ones are then left aside. */
const layoutVersion = 1;

export interface SavedLayout<D> {
  readonly version: number;
  readonly dock: D;
}

export const saveLayout = <D>(dock: D): SavedLayout<D> => ({ version: layoutVersion, dock });

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** The dock's own JSON if it is of this version and all its panels still exist; null otherwise. */
export const readLayout = (value: unknown): Record<string, unknown> | null => {
  if (!isRecord(value) || value["version"] !== layoutVersion || !isRecord(value["dock"]) || !isRecord(value["dock"]["panels"])) {
    return null;
  }
  const all = Object.values(value["dock"]["panels"]);
  const known = all.every(
    (panel) => isRecord(panel) && typeof panel["contentComponent"] === "string" && isPanelId(panel["contentComponent"]),
  );
  return known && isRecord(value["dock"]["grid"]) ? value["dock"] : null;
};

/** A panel's instance: its id, and `id:2` for another of the same kind. */
export const instanceOf = (id: PanelId, taken: (instance: string) => boolean, another: boolean): string => {
  if (!another || !taken(id)) {
    return id;
  }
  let number = 2;
  while (taken(`${id}:${number}`)) {
    number += 1;
  }
  return `${id}:${number}`;
};

/** Params as they come out of a saved layout: what is not of the right kind is left out. */
export const readParams = <K extends PanelId>(_id: K, value: unknown): PanelParams[K] => {
  const params: {
    jobId?: string;
    against?: string;
    assetId?: string;
    timeMs?: number;
    provider?: string;
    assetIds?: ReadonlyArray<string>;
    sceneId?: string;
    promptId?: string;
    versionId?: string;
  } = {};
  if (isRecord(value)) {
    if (typeof value["jobId"] === "string") {
      params.jobId = value["jobId"];
    }
    if (typeof value["against"] === "string") {
      params.against = value["against"];
    }
    if (typeof value["assetId"] === "string") {
      params.assetId = value["assetId"];
    }
    if (typeof value["timeMs"] === "number") {
      params.timeMs = value["timeMs"];
    }
    if (typeof value["provider"] === "string") {
      params.provider = value["provider"];
    }
    if (typeof value["sceneId"] === "string") {
      params.sceneId = value["sceneId"];
    }
    if (typeof value["promptId"] === "string") {
      params.promptId = value["promptId"];
    }
    if (typeof value["versionId"] === "string") {
      params.versionId = value["versionId"];
    }
    if (Array.isArray(value["assetIds"])) {
      params.assetIds = value["assetIds"].filter((id) => typeof id === "string");
    }
  }
  // Checked above: these are all the fields that any panel takes, and each may be absent.
  return params as PanelParams[K];
};

type Column = "left" | "middle" | "right";

/** Beside which panel of the layout one opens: a panel of its column first, then the nearest column, with the side to open on. */
export const placeOf = (
  id: PanelId,
  open: ReadonlyArray<{ readonly instance: string; readonly id: PanelId }>,
): { readonly beside: string; readonly direction: "within" | "left" | "right" } | null => {
  const column = panels[id].column;
  const inColumn = (wanted: Column) => open.find((each) => panels[each.id].column === wanted)?.instance;
  const same = inColumn(column);
  if (same !== undefined) {
    return { beside: same, direction: "within" };
  }
  const near: ReadonlyArray<readonly [Column, "left" | "right"]> =
    column === "left"
      ? [
          ["middle", "left"],
          ["right", "left"],
        ]
      : column === "right"
        ? [
            ["middle", "right"],
            ["left", "right"],
          ]
        : [
            ["left", "right"],
            ["right", "left"],
          ];
  for (const [other, direction] of near) {
    const beside = inColumn(other);
    if (beside !== undefined) {
      return { beside, direction };
    }
  }
  return null;
};
