// Which part of a file a request wants (RFC 9110, one range only). Pure.

/** `end` is inclusive. `unsatisfiable`: there is nothing at that place. */
export type Part = { readonly start: number; readonly end: number } | "unsatisfiable";

/** Undefined: all of it; so also for several ranges and for what cannot be read, which a server may ignore. */
export const parseRange = (header: string, size: number): Part | undefined => {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header);
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(size, Number(last));
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "unsatisfiable" : { start, end };
};

/** Whether an `If-None-Match` names the entity. `W/` marks do not matter here. */
export const matchesEtag = (header: string, etag: string): boolean =>
  header.trim() === "*" || header.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag);
