// Story files: of which kind one is by what it says, and how a story comes and leaves as one.
import { newKey } from "#protocol/client/key.ts";
import type { CallArgs, CallInput } from "#protocol/contract.ts";
import { sceneLimits } from "#protocol/scene/limits.ts";
import type { Client } from "#web/store/client.ts";
import { formatBytes } from "#web/ui/format.ts";

type Source = CallArgs<"scenes.import">["source"];

/** Longer texts are packed: a frame takes no more than four of these. */
const longText = 60_000;

/** What this many bytes become in Base64 can still be sent, in as many parts as there may be. */
const mostPacked = (sceneLimits.sent / 4) * 3 * (sceneLimits.parts + 1);

/** A text as it is sent: the parts that come before the last one of it, and that. */
export interface SentText extends Pick<CallInput<"scenes.import">, "text" | "packed"> {
  readonly before: ReadonlyArray<string>;
}

/** Rejects with a sentence for a person where the text is too large also when it is packed. */
export const packedText = async (text: string): Promise<SentText> => {
  if (text.length < longText) return { before: [], text };
  const zipped = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(zipped).arrayBuffer());
  if (bytes.length > mostPacked) {
    const sizes = `packed it takes ${formatBytes(bytes.length)}, and at most ${formatBytes(mostPacked)} can be sent`;
    throw new Error(`The story is too large to be brought in: ${sizes}. Divide it into several files.`);
  }
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  const whole = btoa(letters);
  const parts = Array.from({ length: Math.ceil(whole.length / sceneLimits.sent) }, (_, at) =>
    whole.slice(at * sceneLimits.sent, (at + 1) * sceneLimits.sent),
  );
  return { before: parts.slice(0, -1), text: parts.at(-1)!, packed: "gzip" };
};

/** Sends what comes before the last part of a text; answers the rest of it, for `scenes.import`. */
export const sendParts = async (
  client: Pick<Client, "call">,
  { before, ...last }: SentText,
): Promise<Pick<CallInput<"scenes.import">, "text" | "packed" | "parts">> => {
  if (before.length === 0) return last;
  const file = newKey();
  for (const [at, text] of before.entries()) await client.call("scenes.part", { file, at, text }, { key: newKey() });
  return { ...last, parts: { file, count: before.length } };
};

const lastFile = new WeakMap<object, Promise<void>>();

/** Brings in a file once those before it are in, or have failed: of those that come at the same time the server keeps the parts of few. */
export const afterOthers = (client: Pick<Client, "call">, bring: () => Promise<void>): Promise<void> => {
  const brought = (lastFile.get(client) ?? Promise.resolve()).then(bring);
  lastFile.set(
    client,
    brought.catch(() => undefined),
  );
  return brought;
};

/** What can be chosen in the file picker. */
export const storyFileTypes = ".json,.twee,.tw,.ink.json,application/json,text/plain";

/** JSON is of PixSim or compiled ink; anything else is read as Twee. */
export const sourceOf = (text: string): Source => {
  const trimmed = text.replace(/^\uFEFF/, "").trimStart();
  return !trimmed.startsWith("{") ? "twee" : trimmed.includes('"inkVersion"') ? "ink" : "pixsim";
};

/** What a story is called by the name of its file, where it does not say. Undefined: nothing is left of it. */
export const titleOfFile = (name: string): string | undefined => {
  const plain = name.replace(/(?:\.(?:ink|pixsim))?\.[A-Za-z0-9]{1,8}$/, "").trim();
  return plain === "" ? undefined : plain.slice(0, sceneLimits.title);
};

/** A title as the name of a file that ends so. */
export const fileNameOf = (title: string, ending = ".pixsim.json"): string => {
  const plain = title
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replaceAll(/\s+/g, "-")
    .slice(0, 80);
  return `${plain === "" ? "story" : plain}${ending}`;
};

/** Hands it to the browser as a file. */
export const download = (name: string, content: Blob): void => {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
};
