// Frames to text and back. Parsing a client's frame is the server's hottest path: the envelope is checked by hand, and a test
// holds that against the zod schema in frames.ts. Garbage never throws. Pure: runs in any JavaScript engine.
import { binaryHeaderBytes, binaryKindUpload, type ClientFrame, protocolVersions, ServerFrame } from "./frames.ts";
import type { ErrorCode, WireError } from "./errors.ts";

/** Objects and arrays within one another. */
export const maxDepth = 64;

export type ParsedFrame =
  | { readonly ok: true; readonly frame: ClientFrame }
  /** `id`: of the frame where it had one, else 0. */
  | { readonly ok: false; readonly id: number; readonly code: ErrorCode; readonly message: string };

const refuse = (id: number, message: string): ParsedFrame => ({ ok: false, id, code: "bad_frame", message });

const isId = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 0xffff_ffff;
const isName = (value: unknown): value is string => typeof value === "string" && value.length >= 1 && value.length <= 80;
const isInteger = (value: unknown, min: number, max: number): value is number =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
const position = /^[A-Za-z0-9_-]{1,40}:\d{1,15}$/;

/** Whether brackets nest deeper than `maxDepth`. Looks at characters only, so it is right for JSON and harmless for the rest. */
export const isTooDeep = (text: string): boolean => {
  if (text.length <= maxDepth * 2) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        // To the end of the string; an escaped character is skipped with its backslash.
        for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at++;
        break;
      }
      case 0x5b:
      case 0x7b:
        if (++depth > maxDepth) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
    }
  }
  return false;
};

/** A text frame of a client. Its size must be within the limit already. */
export const parseClientFrame = (text: string): ParsedFrame => {
  if (isTooDeep(text)) return refuse(0, `The frame nests deeper than ${maxDepth} levels.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(0, "The frame is not JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(0, "A frame is a JSON object.");
  const raw = value as Readonly<Record<string, unknown>>;
  const id = isId(raw["id"]) ? raw["id"] : 0;
  switch (raw["t"]) {
    case "call": {
      const { call, key, deadline, traceparent } = raw;
      if (id === 0) return refuse(0, "A call needs an `id` from 1 to 4294967295.");
      if (!isName(call)) return refuse(id, "`call` is the name of a call.");
      if (!("input" in raw)) return refuse(id, "A call needs an `input`, if only {}.");
      if (key !== undefined && (typeof key !== "string" || key.length < 8 || key.length > 100))
        return refuse(id, "`key` has 8 to 100 characters.");
      if (deadline !== undefined && !isInteger(deadline, 1, 300_000)) return refuse(id, "`deadline` is 1 to 300000 ms.");
      if (traceparent !== undefined && (typeof traceparent !== "string" || traceparent.length > 100))
        return refuse(id, "`traceparent` is a text of at most 100 characters.");
      return {
        ok: true,
        frame: {
          t: "call",
          id,
          call,
          input: raw["input"],
          ...(key === undefined ? {} : { key }),
          ...(deadline === undefined ? {} : { deadline }),
          ...(traceparent === undefined ? {} : { traceparent }),
        },
      };
    }
    case "cancel":
      return id === 0 ? refuse(0, "`cancel` needs the `id` of what it ends.") : { ok: true, frame: { t: "cancel", id } };
    case "unsub":
      return id === 0 ? refuse(0, "`unsub` needs the `id` of the subscription.") : { ok: true, frame: { t: "unsub", id } };
    case "credit": {
      const { n } = raw;
      if (id === 0 || !isInteger(n, 1, 10_000)) return refuse(id, "`credit` needs the `id` of a stream and `n` from 1 to 10000.");
      return { ok: true, frame: { t: "credit", id, n } };
    }
    case "sub": {
      const { topic, from } = raw;
      if (id === 0) return refuse(0, "`sub` needs an `id` from 1 to 4294967295.");
      if (!isName(topic)) return refuse(id, "`topic` is the name of a topic.");
      if (!("params" in raw)) return refuse(id, "`sub` needs `params`, if only {}.");
      if (from !== undefined && (typeof from !== "string" || !position.test(from)))
        return refuse(id, "`from` is a position: epoch:offset.");
      return { ok: true, frame: { t: "sub", id, topic, params: raw["params"], ...(from === undefined ? {} : { from }) } };
    }
    case "open": {
      const { stream, credit } = raw;
      if (id === 0) return refuse(0, "`open` needs an `id` from 1 to 4294967295.");
      if (!isName(stream)) return refuse(id, "`stream` is the name of a stream.");
      if (!("input" in raw)) return refuse(id, "`open` needs an `input`, if only {}.");
      if (!isInteger(credit, 1, 10_000)) return refuse(id, "`credit` is 1 to 10000.");
      return { ok: true, frame: { t: "open", id, stream, input: raw["input"], credit } };
    }
    case "ping":
    case "pong": {
      const { t, n } = raw;
      if (typeof n !== "number") return refuse(0, `\`${t}\` needs a number \`n\`.`);
      return { ok: true, frame: { t, n } };
    }
    case "hello": {
      const { versions, client, token } = raw;
      if (
        !Array.isArray(versions) ||
        versions.length === 0 ||
        versions.length > 16 ||
        !versions.every((version) => Number.isSafeInteger(version))
      ) {
        return refuse(0, "`versions` lists the protocol versions that the client speaks.");
      }
      if (typeof client !== "string" || client.length > 80) return refuse(0, "`client` names the client in at most 80 characters.");
      if (token !== undefined && (typeof token !== "string" || token.length > 4096)) return refuse(0, "`token` is an access token.");
      return { ok: true, frame: { t: "hello", versions: versions as Array<number>, client, ...(token === undefined ? {} : { token }) } };
    }
    default:
      return refuse(id, "`t` names no kind of frame that a client may send.");
  }
};

// ── Server frames. Payloads are encoded once and spliced in. ──

export const encodeFrame = (frame: ServerFrame): string => JSON.stringify(frame);
/** `json`: the encoded result. */
export const encodeOk = (id: number, json: string): string => `{"t":"ok","id":${id},"r":${json}}`;
export const encodeError = (id: number, error: WireError): string => `{"t":"err","id":${id},"e":${JSON.stringify(error)}}`;
export const encodeItem = (id: number, json: string): string => `{"t":"item","id":${id},"d":${json}}`;
export const encodeSnapshot = (id: number, pos: string, json: string): string => `{"t":"snap","id":${id},"pos":"${pos}","d":${json}}`;
/** `json`: an encoded array of changes. */
export const encodeDelta = (id: number, pos: string, json: string): string => `{"t":"delta","id":${id},"pos":"${pos}","d":${json}}`;

/** A frame of the server, or undefined for what this client does not know: it must be passed over. */
export const parseServerFrame = (text: string): ServerFrame | undefined => {
  try {
    const parsed = ServerFrame.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};

/** The best version that both speak, or undefined. */
export const negotiate = (offered: ReadonlyArray<number>): number | undefined =>
  protocolVersions.find((version) => offered.includes(version));

// ── Binary frames ──

export interface UploadChunk {
  readonly stream: number;
  /** Of the first byte in the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export const encodeUploadChunk = ({ stream, offset, bytes }: UploadChunk): Uint8Array<ArrayBuffer> => {
  const frame = new Uint8Array(binaryHeaderBytes + bytes.length);
  const header = new DataView(frame.buffer);
  header.setUint8(0, binaryKindUpload);
  header.setUint32(4, stream);
  header.setBigUint64(8, BigInt(offset));
  frame.set(bytes, binaryHeaderBytes);
  return frame;
};

/** Undefined: not an upload chunk, too short, or an offset beyond 2^53. The bytes are a view, not a copy. */
export const decodeUploadChunk = (frame: Uint8Array): UploadChunk | undefined => {
  if (frame.length <= binaryHeaderBytes) return undefined;
  const header = new DataView(frame.buffer, frame.byteOffset, binaryHeaderBytes);
  if (header.getUint32(0) !== binaryKindUpload << 24) return undefined;
  const stream = header.getUint32(4);
  const offset = Number(header.getBigUint64(8));
  if (stream === 0 || !Number.isSafeInteger(offset)) return undefined;
  return { stream, offset, bytes: frame.subarray(binaryHeaderBytes) };
};
