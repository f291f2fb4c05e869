// Sizes of files in words, the same wherever one is named. Pure.

const units = ["B", "KB", "MB", "GB", "TB"] as const;

/** `512 KB`, `1.4 GB`: steps of 1,000, as file managers show. */
export const formatBytes = (bytes: number): string => {
  let step = 0;
  // As it is rounded: 999,950 is 1.0 MB.
  while (step < units.length - 1 && Math.round(bytes / 1000 ** step) >= 1000) step++;
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[step] ?? "B"}`;
};

/** Why a file is not taken. */
export const tooLargeWords = (size: number, most: number): string =>
  `The file has ${formatBytes(size)}; at most ${formatBytes(most)} can be uploaded.`;
