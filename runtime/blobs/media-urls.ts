// Where clients fetch blobs: signed, expiring addresses, made by who serves them.
import { Context } from "effect";

export class MediaUrls extends Context.Service<
  MediaUrls,
  {
    /** URL path of a blob; the extension (without dot) tells the type it is served as. */
    readonly url: (sha256: string, extension: string) => string;
  }
>()("pixsim/runtime/MediaUrls") {}
