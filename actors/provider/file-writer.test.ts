import { setTimeout as pause } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { makeFileWriter } from "./file-writer.ts";

/** A disk that takes its time; `fails`: at the write of that number. */
const slowDisk = (fails = Number.POSITIVE_INFINITY) => {
  const written: Array<Uint8Array> = [];
  let count = 0;
  return {
    written,
    appendFile: async (data: unknown) => {
      await pause(1);
      if (++count >= fails) throw new Error("The disk is full.");
      written.push(Buffer.from(data as Uint8Array));
    },
  };
};

test("all pieces are written in their order, those that come meanwhile together", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), { maxLength: 40 }), async (pieces) => {
      const disk = slowDisk();
      const writer = makeFileWriter(disk);
      for (const piece of pieces) await writer.write(piece);
      await writer.end();
      expect(Buffer.concat(disk.written)).toEqual(Buffer.concat(pieces));
      // Nothing is waited for, so all but the first go together.
      expect(disk.written.length).toBeLessThanOrEqual(2);
    }),
    { numRuns: 30 },
  );
});

test("who brings more than fits into memory waits, and a disk that fails is told, if only at the end", async () => {
  const piece = new Uint8Array(700_000);
  const disk = slowDisk();
  const writer = makeFileWriter(disk);
  for (let n = 0; n < 6; n++) await writer.write(piece);
  expect(disk.written.length).toBeGreaterThanOrEqual(2);
  await writer.end();
  expect(Buffer.concat(disk.written).length).toBe(6 * piece.length);

  const small = makeFileWriter(slowDisk(1));
  await small.write(new Uint8Array(3));
  await expect(small.end()).rejects.toThrow("full");
  const large = makeFileWriter(slowDisk(2));
  const bring = async (): Promise<void> => {
    for (;;) await large.write(piece);
  };
  await expect(bring()).rejects.toThrow("full");
});
