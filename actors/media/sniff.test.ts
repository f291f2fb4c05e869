import { expect, test } from "vitest";
import { sniff } from "./sniff.ts";

const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Uint8Array.from(part))));
const ftyp = (...brands: ReadonlyArray<string>): Uint8Array =>
  bytes([0, 0, 0, 12 + brands.length * 4], "ftyp", brands[0] ?? "", [0, 0, 0, 0], ...brands.slice(1), "    ");

test("tells pictures and videos by their first bytes", () => {
  expect(sniff(bytes([0x89], "PNG\r\n", [0x1a], "\n", "0000"))).toEqual({ kind: "image", mime: "image/png" });
  expect(sniff(bytes([0xff, 0xd8, 0xff, 0xe0], "00000000"))).toEqual({ kind: "image", mime: "image/jpeg" });
  expect(sniff(bytes("RIFF0000WEBP"))).toEqual({ kind: "image", mime: "image/webp" });
  expect(sniff(bytes("GIF89a000000"))).toEqual({ kind: "image", mime: "image/gif" });
  expect(sniff(ftyp("avif", "mif1", "miaf"))).toEqual({ kind: "image", mime: "image/avif" });
  expect(sniff(ftyp("mif1", "avif"))).toEqual({ kind: "image", mime: "image/avif" });
  expect(sniff(ftyp("isom", "avc1"))).toEqual({ kind: "video", container: "isobmff" });
  expect(sniff(bytes([0, 0, 0, 8], "wide", "0000mdat"))).toEqual({ kind: "video", container: "isobmff" });
  expect(sniff(bytes([0x1a, 0x45, 0xdf, 0xa3], "00000000"))).toEqual({ kind: "video", container: "matroska" });
});

test("names what cannot be used", () => {
  expect(sniff(ftyp("heic", "mif1"))).toEqual({ kind: "unknown", what: "a HEIC picture" });
  expect(sniff(ftyp("M4A ", "isom"))).toEqual({ kind: "unknown", what: "a sound file" });
  expect(sniff(new Uint8Array(0))).toEqual({ kind: "unknown", what: "an empty file" });
  expect(sniff(bytes("hello"))).toEqual({ kind: "unknown", what: "a file of a few bytes" });
  expect(sniff(bytes("%PDF-1.7 0000"))).toEqual({ kind: "unknown", what: "a PDF document" });
  expect(sniff(bytes("<svg xmlns='http'>"))).toEqual({ kind: "unknown", what: "an SVG or XML file" });
  expect(sniff(bytes("#EXTM3U\n/etc/passwd\n"))).toEqual({ kind: "unknown", what: "a file of unknown type" });
  expect(sniff(bytes("RIFF0000WAVEfmt "))).toEqual({ kind: "unknown", what: "a file of unknown type" });
});
