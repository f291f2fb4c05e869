// What each operation of the renderer is: from an order to a finished file.
import type { RenderSpec } from "../media.ts";

/** Throws MediaFailure for bad inputs; what was written till then is left. */
export type Work = (spec: RenderSpec, path: string, progress: (fraction: number) => void) => Promise<void>;
