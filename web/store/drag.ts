// Assets under the pointer: how a drag names them, so that every panel can drag them out and take them in.

const assetDragType = "application/x-pixsim-assets";
const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Names the assets that a drag carries; to be called in `dragstart`. */
export const setDraggedAssets = (event: DragEvent, ids: ReadonlyArray<string>): void => {
  if (event.dataTransfer !== null) {
    event.dataTransfer.setData(assetDragType, JSON.stringify(ids));
    event.dataTransfer.effectAllowed = "copyLink";
  }
};

/** Whether a drag carries assets or files; all that can be known before it is dropped. */
export const dragCarries = (event: DragEvent): "assets" | "files" | null => {
  const types = event.dataTransfer?.types ?? [];
  return types.includes(assetDragType) ? "assets" : types.includes("Files") ? "files" : null;
};

/** The ids that were dropped; none for a drag of something else. */
export const droppedAssets = (event: DragEvent): ReadonlyArray<string> => {
  const text = event.dataTransfer?.getData(assetDragType) ?? "";
  if (text === "") {
    return [];
  }
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((id): id is string => typeof id === "string" && idPattern.test(id)) : [];
  } catch {
    // Another page may use the same type with other content: then nothing was dropped.
    return [];
  }
};
