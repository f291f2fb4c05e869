// Uploads under way, as this tab's storage keeps them over a reload: the browser does not keep the files, so a person has to choose them
// again, and what has come by then is not sent again.

/** The server drops an upload that nobody went on with for so long, ms. */
const keptMs = 24 * 60 * 60 * 1000;

interface KeptUpload {
  readonly uploadId: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Ms since 1970. */
  readonly lastModified: number;
  /** When it was begun or gone on with, ms since 1970. */
  readonly at: number;
}

type FileFacts = Pick<File, "name" | "size" | "lastModified">;

export interface KeptUploads {
  /** Names of the files that were cut off and have not been chosen again. */
  readonly cutOff: () => ReadonlyArray<string>;
  /** The upload that this file was cut off in, given once. */
  readonly take: (file: FileFacts) => string | undefined;
  readonly keep: (file: FileFacts, uploadId: string) => void;
  /** It has ended. */
  readonly forget: (uploadId: string) => void;
}

const isKept = (value: unknown): value is KeptUpload =>
  typeof value === "object" &&
  value !== null &&
  "uploadId" in value &&
  typeof value.uploadId === "string" &&
  "name" in value &&
  typeof value.name === "string" &&
  "size" in value &&
  "lastModified" in value &&
  "at" in value &&
  typeof value.at === "number";

const read = (key: string): ReadonlyArray<KeptUpload> => {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isKept) : [];
  } catch {
    // Unreadable or forbidden storage: uploads then begin anew.
    return [];
  }
};

/** `now`: ms since 1970. */
export const keptUploads = (userId: string, now: () => number): KeptUploads => {
  const key = `pixsim.uploads.${userId}`;
  let cutOff = read(key).filter(({ at }) => now() - at < keptMs);
  let live: ReadonlyArray<KeptUpload> = [];

  const write = () => {
    try {
      sessionStorage.setItem(key, JSON.stringify([...cutOff, ...live]));
    } catch {
      // A full or forbidden storage: uploads then begin anew after a reload.
    }
  };

  return {
    cutOff: () => cutOff.map(({ name }) => name),
    take: ({ name, size, lastModified }) => {
      const found = cutOff.find((each) => each.name === name && each.size === size && each.lastModified === lastModified);
      if (found === undefined) {
        return undefined;
      }
      cutOff = cutOff.filter((each) => each !== found);
      live = [...live, found];
      return found.uploadId;
    },
    keep: ({ name, size, lastModified }, uploadId) => {
      live = [...live.filter((each) => each.uploadId !== uploadId), { uploadId, name, size, lastModified, at: now() }];
      write();
    },
    forget: (uploadId) => {
      live = live.filter((each) => each.uploadId !== uploadId);
      write();
    },
  };
};
