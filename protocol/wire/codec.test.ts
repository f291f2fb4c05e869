import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeUploadChunk,
  encodeDelta,
  encodeError,
  encodeItem,
  encodeOk,
  encodeSnapshot,
  encodeUploadChunk,
  isTooDeep,
  maxDepth,
  negotiate,
  parseClientFrame,
  parseServerFrame,
} from "./codec.ts";
import { ClientFrame, ServerFrame } from "./frames.ts";

const value = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.jsonValue({ maxDepth: 3 }));
/** Frames that are right, nearly right and wrong. */
const frameLike = fc.record(
  {
    t: fc.oneof(fc.constantFrom("hello", "call", "cancel", "open", "credit", "sub", "unsub", "ping", "pong", "ok", "__proto__"), value),
    id: fc.oneof(fc.integer({ min: -1, max: 5 }), fc.constantFrom(0xffff_ffff, 0x1_0000_0000, 1.5), value),
    call: fc.oneof(fc.constantFrom("jobs.create", "", "x".repeat(80), "x".repeat(81)), value),
    stream: fc.oneof(fc.constant("actors.history"), value),
    topic: fc.oneof(fc.constant("jobs.jobs"), value),
    input: value,
    params: value,
    key: fc.oneof(fc.constantFrom("1234567", "12345678", "x".repeat(100), "x".repeat(101)), value),
    deadline: fc.oneof(fc.constantFrom(0, 1, 300_000, 300_001), value),
    traceparent: fc.oneof(fc.constantFrom("", "00-1-2-01", "x".repeat(100), "x".repeat(101)), value),
    credit: fc.oneof(fc.constantFrom(0, 1, 10_000, 10_001), value),
    n: fc.oneof(fc.constantFrom(0, 1, 10_000, 10_001), value),
    from: fc.oneof(fc.constantFrom("a:1", "a:", ":1", "a:1 ", `${"e".repeat(41)}:1`), value),
    versions: fc.oneof(fc.constantFrom([1], [], [1, 2.5], Array(17).fill(1)), value),
    client: fc.oneof(fc.constantFrom("web/1", "x".repeat(81)), value),
    token: fc.oneof(fc.constantFrom("t", "x".repeat(4097)), value),
  },
  { requiredKeys: [] },
);

describe("a client's frame", () => {
  test("is taken exactly where the schema takes it, and then says the same", () => {
    fc.assert(
      fc.property(frameLike, (frame) => {
        const text = JSON.stringify(frame);
        const byHand = parseClientFrame(text);
        const bySchema = ClientFrame.safeParse(JSON.parse(text));
        expect(byHand.ok).toBe(bySchema.success);
        if (byHand.ok) expect(byHand.frame).toEqual(bySchema.data);
      }),
      { numRuns: 3000 },
    );
  });

  test("garbage is refused and never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void expect(typeof parseClientFrame(text).ok).toBe("boolean")));
    for (const text of ["", "null", "[]", "1", '"x"', "{", '{"t":', "\u0000"])
      expect(parseClientFrame(text)).toMatchObject({ ok: false, id: 0, code: "bad_frame" });
  });

  test("a refusal names the request where it can", () => {
    expect(parseClientFrame('{"t":"call","id":7,"call":""}')).toMatchObject({ ok: false, id: 7, code: "bad_frame" });
  });

  test("may nest to the limit and not beyond, however many brackets its strings hold", () => {
    const nested = (depth: number) => `{"t":"call","id":1,"call":"x","input":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect(parseClientFrame(nested(maxDepth)).ok).toBe(true);
    expect(parseClientFrame(nested(maxDepth + 1)).ok).toBe(false);
    expect(parseClientFrame(nested(100_000)).ok).toBe(false);
    expect(isTooDeep(JSON.stringify({ s: '"[{\\'.repeat(500) }))).toBe(false);
  });
});

test("server frames with spliced payloads are what the schema says", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0xffff_ffff }), fc.jsonValue(), (id, data) => {
      const json = JSON.stringify(data);
      const same = JSON.parse(json) as unknown;
      expect(parseServerFrame(encodeOk(id, json))).toEqual({ t: "ok", id, r: same });
      expect(parseServerFrame(encodeItem(id, json))).toEqual({ t: "item", id, d: same });
      expect(parseServerFrame(encodeSnapshot(id, "e:1", json))).toEqual({ t: "snap", id, pos: "e:1", d: same });
      expect(parseServerFrame(encodeDelta(id, "e:2", `[${json}]`))).toEqual({ t: "delta", id, pos: "e:2", d: [same] });
      expect(ServerFrame.safeParse(JSON.parse(encodeError(id, { code: "internal", message: "m" }))).success).toBe(true);
    }),
  );
});

test("what a client does not know of the server's frames is undefined", () => {
  for (const text of ["", "null", '{"t":"new"}', '{"t":"ok"}']) expect(parseServerFrame(text)).toBeUndefined();
});

test("upload chunks survive the way, and other binary frames are none", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0xffff_ffff }), fc.maxSafeNat(), fc.uint8Array({ minLength: 1 }), (stream, offset, bytes) => {
      const chunk = decodeUploadChunk(encodeUploadChunk({ stream, offset, bytes }));
      expect(chunk).toEqual({ stream, offset, bytes });
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void expect(() => decodeUploadChunk(bytes)).not.toThrow()));
  expect(decodeUploadChunk(new Uint8Array(16))).toBeUndefined();
});

test("the best common version wins", () => {
  expect(negotiate([1])).toBe(1);
  expect(negotiate([9, 1])).toBe(1);
  expect(negotiate([2])).toBeUndefined();
});
