// The blurred picture that stands until the real one is there, made of the few bytes that come with each asset.
import { thumbHashToDataURL } from "thumbhash";

/** Placeholders kept; more than are ever in view. */
const most = 600;
const known = new Map<string, string>();

/** A CSS image; none for bytes that are no thumbhash. */
export const placeholderOf = (thumbhash: string | null): string => {
  if (thumbhash === null) {
    return "none";
  }
  let image = known.get(thumbhash);
  if (image === undefined) {
    try {
      image = `url("${thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (char) => char.charCodeAt(0)))}")`;
    } catch {
      image = "none";
    }
    if (known.size >= most) {
      known.delete(known.keys().next().value ?? "");
    }
    known.set(thumbhash, image);
  }
  return image;
};
