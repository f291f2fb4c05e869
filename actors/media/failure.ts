// How the functions that run inside a media child say what went wrong. It has the shape of MediaError but needs no
// library, so that a child starts fast; the parent makes the real error of it.

export class MediaFailure extends Error {
  readonly reason: "unsupported" | "storage" | "fault";

  constructor(reason: "unsupported" | "storage" | "fault", message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "MediaFailure";
    this.reason = reason;
  }
}

export const unsupported = (message: string, cause?: unknown): MediaFailure => new MediaFailure("unsupported", message, cause);

const diskCodes: ReadonlySet<string> = new Set(["ENOSPC", "EROFS", "EACCES", "EPERM", "EDQUOT", "EFBIG", "EMFILE", "ENFILE", "EIO"]);

/** The failure that an error means while reading or writing media: the disk's, or else `otherwise`. */
export const failureFrom = (error: unknown, otherwise: (message: string) => MediaFailure): MediaFailure => {
  if (error instanceof MediaFailure) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message : String(error);
  if (diskCodes.has(code) || message.includes("No space left on device")) {
    return new MediaFailure("storage", `The disk refused a media file (${code || "ENOSPC"}).`, error);
  }
  if (code === "ENOENT") return new MediaFailure("fault", "The file to work on is gone.", error);
  return otherwise(message);
};
