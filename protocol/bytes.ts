// Sizes of files in words, the same wherever one is named. Pure.

const units = ["B", "KB", "MB", "GB", "TB"] as const;

/** `512 KB`, `1.4 GB`: steps of 1,000, as file managers show. */
export const formatBytes = (bytes: number): string => {
  const step = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** step;
  return `${value >= 100 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step] ?? "B"}`;
};

/** Why a file is not taken. */
export const tooLargeWords = (size: number, most: number): string =>
  `The file has ${formatBytes(size)}; at most ${formatBytes(most)} can be uploaded.`;
