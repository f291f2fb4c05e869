// Which part of a job's progress its generation is. Pure, and imports nothing: a browser that draws the machine has it too.

/** The progress of a job whose generation has come so far, both 0 to 1: 0.02 before a provider tells anything, 0.9 where it is made. */
export const shareOfProcessing = (fraction: number): number => 0.02 + 0.88 * Math.min(1, Math.max(0, fraction));
