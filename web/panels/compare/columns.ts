// In how many columns videos are shown largest. Pure; px.

/** What stands below each picture: its name and what sets it apart. */
const words = 76;

interface Room {
  readonly width: number;
  readonly height: number;
}

/** `aspect`: width by height of the pictures. Of two equally good ones the one with more columns: what is compared stands side by side. */
export const columnsFor = (count: number, { width, height }: Room, aspect: number): number => {
  const widthOf = (columns: number): number => Math.min(width / columns, Math.max(height / Math.ceil(count / columns) - words, 0) * aspect);
  return Array.from({ length: Math.max(count, 1) }, (_, at) => at + 1).reduce((best, columns) =>
    widthOf(columns) >= widthOf(best) ? columns : best,
  );
};
