// File extensions by media type, for addresses of blobs. Pure.

const extensions: Readonly<Record<string, string>> = {
  "video/mp4": "mp4",
  "video/quicktime": "mov",
  "video/webm": "webm",
  "video/x-matroska": "mkv",
  "audio/mp4": "m4a",
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
  "image/avif": "avif",
};

/** Extension without dot; `bin` for types that are not known. */
export const extensionOf = (mime: string): string => extensions[mime] ?? "bin";

const mimes = new Map(Object.entries(extensions).map(([mime, extension]) => [extension, mime]));

/** Media type of an extension without dot; what is not known is bytes to browsers. */
export const mimeOf = (extension: string): string => mimes.get(extension) ?? "application/octet-stream";
