// The keys that belong to a place and not to a command: declared here once, taken by the place that acts on them and by the help sheet.
// Pure.

export interface KeyRow {
  readonly title: string;
  /** Any of them; as `KeyboardEvent.key` tells them, letters in lower case, with `mod+` before them where Ctrl or Cmd is held. */
  readonly keys: ReadonlyArray<string>;
  /** What they do with Shift held, where that is something else. */
  readonly withShift?: string;
}

/** What a place does for each of its keys: all that are declared, and no other. */
export type ActsOf<T extends ReadonlyArray<KeyRow>> = Readonly<Record<T[number]["keys"][number], () => void>>;

/** Of whatever is typed into; one to search in is emptied first. */
export const fieldKeys = [{ title: "Leave it", keys: ["Escape"] }] as const satisfies ReadonlyArray<KeyRow>;

/** Of every list, that of the jobs and the gallery. */
export const listKeys = [
  { title: "To the first or last", keys: ["Home", "End"], withShift: "Select up to there" },
  { title: "Select, or no longer", keys: [" "] },
  { title: "Select all", keys: ["mod+a"] },
  { title: "Clear the selection", keys: ["Escape"] },
] as const satisfies ReadonlyArray<KeyRow>;

export const jobsKeys = [
  { title: "Move", keys: ["ArrowUp", "ArrowDown", "PageUp", "PageDown"], withShift: "Select on the way" },
  { title: "Open", keys: ["Enter"] },
  { title: "Cancel", keys: ["Delete", "Backspace"] },
  { title: "Pause or resume", keys: ["p"] },
  { title: "Run again", keys: ["r"], withShift: "Run again with a new seed" },
  { title: "Compare results", keys: ["c"] },
] as const satisfies ReadonlyArray<KeyRow>;

export const galleryKeys = [
  {
    title: "Move",
    keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown"],
    withShift: "Select on the way",
  },
  { title: "Open", keys: ["Enter"] },
  { title: "Move to the trash", keys: ["Delete", "Backspace"] },
  { title: "Favourite", keys: ["f"] },
  { title: "Use as input", keys: ["u"] },
  { title: "Compare two to four videos", keys: ["c"] },
] as const satisfies ReadonlyArray<KeyRow>;

export const playerKeys = [
  { title: "Play or pause", keys: [" "] },
  { title: "Frame back", keys: [","] },
  { title: "Frame on", keys: ["."] },
  { title: "Frame back or on", keys: ["ArrowLeft", "ArrowRight"], withShift: "Ten frames back or on" },
  { title: "To the start or the end", keys: ["Home", "End"] },
  { title: "Play backwards, faster with each press", keys: ["j"] },
  { title: "Play or pause", keys: ["k"] },
  { title: "Play, faster with each press", keys: ["l"] },
  { title: "Loop", keys: ["r"] },
  { title: "Sound on or off", keys: ["m"] },
  { title: "Full screen", keys: ["f"] },
] as const satisfies ReadonlyArray<KeyRow>;

/** Besides those of the player. */
export const compareKeys = [
  { title: "Hear this one", keys: ["1", "2", "3", "4"] },
  { title: "Lay two over each other, or side by side", keys: ["w"] },
] as const satisfies ReadonlyArray<KeyRow>;

export const dividerKeys = [
  { title: "Move", keys: ["ArrowLeft", "ArrowRight"], withShift: "Move far" },
  { title: "To the edge", keys: ["Home", "End"] },
] as const satisfies ReadonlyArray<KeyRow>;

export const timelineKeys = [
  { title: "To the step before or after", keys: ["ArrowUp", "ArrowDown"] },
  { title: "A view up or down", keys: ["PageUp", "PageDown"] },
  { title: "To the first or last step", keys: ["Home", "End"] },
  { title: "Open or close the step", keys: ["Enter", " "] },
  { title: "Close or open the step", keys: ["ArrowLeft", "ArrowRight"] },
  { title: "Back to now", keys: ["Escape"] },
] as const satisfies ReadonlyArray<KeyRow>;

export const zoomKeys = [
  { title: "Larger", keys: ["+", "="] },
  { title: "Smaller", keys: ["-"] },
  { title: "Fit it in", keys: ["0"] },
  { title: "Move", keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"] },
] as const satisfies ReadonlyArray<KeyRow>;

export const sceneKeys = [
  {
    title: "Along the graph",
    keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"],
    withShift: "Move what is selected",
  },
  { title: "Inspect; connect, while connecting", keys: ["Enter"] },
  { title: "Add a node that it leads on to", keys: ["n"], withShift: "Add a node" },
  { title: "Connect: move to the other node, then Enter", keys: ["c"] },
  { title: "Select, or no longer", keys: ["s"] },
  { title: "Select all", keys: ["mod+a"] },
  { title: "Duplicate", keys: ["mod+d"] },
  { title: "Group", keys: ["mod+g"] },
  { title: "Remove", keys: ["Delete", "Backspace"] },
  { title: "Undo", keys: ["mod+z"], withShift: "Redo" },
  { title: "Redo", keys: ["mod+y"] },
  { title: "Play from here", keys: ["p"] },
  { title: "Find", keys: ["f"] },
  { title: "Arrange", keys: ["a"] },
  { title: "Larger", keys: ["+", "="] },
  { title: "Smaller", keys: ["-"] },
  { title: "Fit it in", keys: ["0"] },
  { title: "Held: drag to pan", keys: [" "] },
  { title: "Clear the selection", keys: ["Escape"] },
] as const satisfies ReadonlyArray<KeyRow>;

export const keyPlaces: ReadonlyArray<{ readonly title: string; readonly rows: ReadonlyArray<KeyRow> }> = [
  { title: "In a field", rows: fieldKeys },
  { title: "In every list", rows: listKeys },
  { title: "In the list of jobs", rows: jobsKeys },
  { title: "In the gallery", rows: galleryKeys },
  { title: "In the steps of a job", rows: timelineKeys },
  { title: "In the player", rows: playerKeys },
  { title: "In a comparison, besides", rows: compareKeys },
  { title: "On the line between two videos", rows: dividerKeys },
  { title: "On the canvas of a scene", rows: sceneKeys },
  { title: "In the drawn machine and in pictures", rows: zoomKeys },
];

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">;

/** The key of a press as a declared key is written. */
const keyOf = ({ key, ctrlKey, metaKey }: Press): string => {
  const name = key.length === 1 ? key.toLowerCase() : key;
  // With Ctrl or Cmd a letter is a command of the browser or of the workspace, unless it is declared as such.
  return (ctrlKey || metaKey) && name.length === 1 && name !== " " ? `mod+${name}` : name;
};

/** What is to be done at a press; undefined: the key is not one of these. */
export const actAt = (press: Press, acts: Readonly<Record<string, () => void>>): (() => void) | undefined => {
  const key = keyOf(press);
  return Object.hasOwn(acts, key) ? acts[key] : undefined;
};
