// The page from which strangers write clients says what the code says.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { closeCodes } from "./close.ts";
import { encodeUploadChunk, maxDepth } from "./codec.ts";
import { errorCatalogue } from "./errors.ts";
import { ClientFrame, protocolVersions, ServerFrame } from "./frames.ts";
import { defaultLimits, Limits } from "./limits.ts";

const page = readFileSync(new URL("../WIRE.md", import.meta.url), "utf8");
/** Rows of a table by their first cells. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );

test("every frame shown is one of the protocol, and every kind is shown", () => {
  const shown = { "→": new Set<string>(), "←": new Set<string>() };
  for (const [, direction, json] of page.matchAll(/^ *([→←]) (\{.*\})$/gm)) {
    const frame = JSON.parse(json!) as { readonly t: string };
    const schema = direction === "→" ? ClientFrame : ServerFrame;
    expect(schema.parse(frame)).toEqual(frame);
    shown[direction as "→" | "←"].add(frame.t);
  }
  expect([...shown["→"]].sort()).toEqual(ClientFrame.options.map(({ shape }) => shape.t.value).sort());
  expect([...shown["←"]].sort()).toEqual(ServerFrame.options.map(({ shape }) => shape.t.value).sort());
});

test("the tables of errors and close codes are complete and say the same", () => {
  const errors = rows.filter(([code]) => code !== undefined && code.slice(1, -1) in errorCatalogue);
  expect(errors.map(([code, meaning, again, details]) => [code, meaning, again, (details ?? "") !== ""])).toEqual(
    Object.entries(errorCatalogue).map(([code, spec]) => [`\`${code}\``, spec.summary, spec.retryable ? "yes" : "no", "details" in spec]),
  );
  const closes = rows.filter(([code]) => /^4\d\d\d$/.test(code ?? ""));
  expect(closes).toEqual(Object.entries(closeCodes).map(([name, { code, summary }]) => [String(code), `\`${name}\``, summary]));
});

test("limits, depth, version and the bytes of the upload example are those of the code", () => {
  const limits = rows.map(([name]) => name!.slice(1, -1)).filter((name) => name in Limits.shape);
  expect(limits).toEqual(Object.keys(Limits.shape));
  expect(page).toContain(JSON.stringify(defaultLimits));
  expect(page).toContain(`nest ${maxDepth} levels`);
  expect(page).toContain(`This is version ${protocolVersions[0]}.`);
  const bytes = encodeUploadChunk({ stream: 7, offset: 0, bytes: new TextEncoder().encode("fox") });
  expect(page).toContain(`\`${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ")}\``);
});
