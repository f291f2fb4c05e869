// The data folder as a start needs it: writable, and of one process. What stands in the way is said in a sentence.
import { Effect, type Scope } from "effect";
import { DatabaseError } from "./database.ts";
import { lockFolder } from "./folder-lock.ts";
import { codeOf, databaseError } from "./postgres-js.ts";

export const folderError = (folder: string, cause: unknown): DatabaseError => {
  switch (codeOf(cause)) {
    case "EACCES":
    case "EROFS":
    case "EPERM":
      return new DatabaseError({
        reason: "full",
        message: `The data folder ${folder} cannot be written. Give it to this user, or choose another with PIXSIM_DATA.`,
        cause,
      });
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
    case "53100":
      return new DatabaseError({
        reason: "full",
        message: `The disk of the data folder ${folder} is full. Free some space and start again.`,
        cause,
      });
    case "ENOTDIR":
    case "EEXIST":
      return new DatabaseError({
        reason: "fault",
        message: `The data folder ${folder} is not a folder. Choose another with PIXSIM_DATA.`,
        cause,
      });
    default:
      return databaseError(cause);
  }
};

/** Holds the folder for this process until the scope closes. */
export const lockDataFolder = (folder: string): Effect.Effect<void, DatabaseError, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(Effect.tryPromise({ try: () => lockFolder(folder), catch: (cause) => folderError(folder, cause) }), (unlock) =>
      Effect.promise(unlock),
    ),
  );
