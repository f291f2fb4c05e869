// The addresses of media that this gateway serves, as the rest of the program asks for them.
import { Clock, Effect, Layer } from "effect";
import { MediaUrls } from "../blobs/media-urls.ts";
import { expiryOf, signMediaUrl } from "./media-url.ts";

/** Addresses remembered: a page of assets asks for some ten of each, and signing one costs microseconds. */
const mostRemembered = 20_000;

/** `key`: the secret they are signed with, the same as given to the gateway. */
export const mediaUrlsLayer = (key: Uint8Array): Layer.Layer<MediaUrls> =>
  Layer.effect(
    MediaUrls,
    Effect.map(Clock.Clock, (clock) => {
      const remembered = new Map<string, string>();
      let expiry = 0;
      return MediaUrls.of({
        url: (sha256, extension) => {
          const current = expiryOf(clock.currentTimeMillisUnsafe());
          if (current !== expiry || remembered.size >= mostRemembered) {
            expiry = current;
            remembered.clear();
          }
          const name = `${sha256}.${extension}`;
          let url = remembered.get(name);
          if (url === undefined) remembered.set(name, (url = signMediaUrl(key, sha256, extension, expiry)));
          return url;
        },
      });
    }),
  );
