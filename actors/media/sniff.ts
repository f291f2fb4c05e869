// What a file is, told from its first bytes and never from its name. Pure.

/** Bytes that `sniff` wants to see. */
export const sniffBytes = 64;

export type Sniffed =
  | { readonly kind: "image"; readonly mime: "image/png" | "image/jpeg" | "image/webp" | "image/gif" | "image/avif" }
  | { readonly kind: "video"; readonly container: "isobmff" | "matroska" }
  /** `what`: a name for a person. */
  | { readonly kind: "unknown"; readonly what: string };

const text = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
const starts = (bytes: Uint8Array, ...magic: ReadonlyArray<number>): boolean => magic.every((byte, index) => bytes[index] === byte);

const heifBrands: ReadonlySet<string> = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]);
/** First boxes of QuickTime files from before `ftyp` was invented. */
const oldQuickTime: ReadonlySet<string> = new Set(["moov", "mdat", "wide", "free", "skip", "pnot"]);

const ofBrands = (bytes: Uint8Array): Sniffed => {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const brands = [text(bytes, 8, 12)];
  for (let at = 16; at + 4 <= Math.min(size, bytes.length); at += 4) brands.push(text(bytes, at, at + 4));
  if (brands.includes("avif") || brands.includes("avis")) return { kind: "image", mime: "image/avif" };
  if (brands.some((brand) => heifBrands.has(brand))) return { kind: "unknown", what: "a HEIC picture" };
  if (["M4A ", "M4B "].includes(brands[0] ?? "")) return { kind: "unknown", what: "a sound file" };
  return { kind: "video", container: "isobmff" };
};

/** Judges the beginning of a file; `bytes` may be shorter than `sniffBytes` if the file is. */
export const sniff = (bytes: Uint8Array): Sniffed => {
  if (bytes.length === 0) return { kind: "unknown", what: "an empty file" };
  if (bytes.length < 12) return { kind: "unknown", what: "a file of a few bytes" };
  if (starts(bytes, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return { kind: "image", mime: "image/png" };
  if (starts(bytes, 0xff, 0xd8, 0xff)) return { kind: "image", mime: "image/jpeg" };
  if (starts(bytes, 0x1a, 0x45, 0xdf, 0xa3)) return { kind: "video", container: "matroska" };
  const head = text(bytes, 0, 4);
  if (head === "RIFF" && text(bytes, 8, 12) === "WEBP") return { kind: "image", mime: "image/webp" };
  if (head === "GIF8") return { kind: "image", mime: "image/gif" };
  if (head === "%PDF") return { kind: "unknown", what: "a PDF document" };
  if (starts(bytes, 0x50, 0x4b, 0x03, 0x04)) return { kind: "unknown", what: "a ZIP archive or office document" };
  if (/^\s*(<\?xml|<svg)/.test(text(bytes, 0, 64))) return { kind: "unknown", what: "an SVG or XML file" };
  const box = text(bytes, 4, 8);
  if (box === "ftyp") return ofBrands(bytes);
  if (oldQuickTime.has(box)) return { kind: "video", container: "isobmff" };
  return { kind: "unknown", what: "a file of unknown type" };
};
