// Files that are not what the client says of them, to the whole server: each is refused with a typed error, and leaves no file, no row
// and no process behind.
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { copyFreshData } from "#db/client/testing.ts";
import { makeClip } from "#actors/media/testing.ts";
import type { Asset } from "#protocol/asset.ts";
import type { Grant } from "#protocol/auth.ts";
import { encodeUploadChunk } from "#protocol/wire/codec.ts";
import type { ServerFrame } from "#protocol/wire/frames.ts";
import type { TestClient } from "#runtime/gateway/testing.ts";
import { blobsOf, childrenOf, openFiles, readDatabase } from "./data.ts";
import { enter, firstAdmin } from "./people.ts";
import { type RunningServer, startServer } from "./server.ts";

// Bounds for a machine that does much else meanwhile: each of these waits for a signal.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let folder: string;
let data: string;
let server: RunningServer;
let grant: Grant;
let client: TestClient;
let clip: Buffer;
let picture: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-lies-"));
  data = join(folder, "data");
  // Making the database is most of a first start.
  await copyFreshData(data);
  [server] = await Promise.all([startServer({ data }), makeClip(join(folder, "clip.mp4"), { frames: 24 })]);
  clip = await readFile(join(folder, "clip.mp4"));
  picture = await sharp({ create: { width: 20, height: 10, channels: 3, background: "#48c" } })
    .png()
    .toBuffer();
  grant = await firstAdmin(server);
  client = await enter(server, grant);
});
afterAll(async () => {
  client.socket.close();
  await server.kill();
  await rm(folder, { recursive: true, force: true });
});

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Lie {
  readonly name: string;
  /** What is sent. */
  readonly bytes: Buffer;
  /** What is said of it; by default the truth. */
  readonly size?: number;
  readonly announced?: string;
  readonly sha256?: string;
  /** Where the bytes are said to begin. */
  readonly offset?: number;
}

/** The asset, or the code and sentence of the error, whether the chunk or the end was refused. */
const upload = async ({ name, bytes, size = bytes.length, announced, sha256 = sha256Of(bytes), offset = 0 }: Lie): Promise<unknown> => {
  const begun = await client.call("assets.beginUpload", { name, size, ...(announced === undefined ? {} : { sha256: announced }) });
  if (typeof begun === "string") return begun;
  const { stream, uploadId } = begun as { readonly stream: number; readonly uploadId: string };
  client.socket.send(encodeUploadChunk({ stream, offset, bytes }));
  const answer = await client.find(
    (frame): frame is Extract<ServerFrame, { t: "ack" | "abort" }> => (frame.t === "ack" || frame.t === "abort") && frame.stream === stream,
  );
  if (answer.t === "abort") {
    // What is left of it, if anything, is the client's to cancel.
    await client.call("assets.cancelUpload", { uploadId });
    return answer.e.code;
  }
  return client.call("assets.finishUpload", { uploadId, sha256 });
};

/** Its header says 60,000 by 60,000: 3.6 billion pixels in less than 100 bytes. */
const bomb = (): Buffer => {
  const header = Buffer.from(picture.subarray(12, 29));
  header.writeUInt32BE(60_000, 4);
  header.writeUInt32BE(60_000, 8);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(header));
  return Buffer.concat([picture.subarray(0, 12), header, checksum, picture.subarray(33)]);
};

/** The clip with its index filled by something else, its length and name as they were. */
const brokenIndex = (): Buffer => {
  const broken = Buffer.from(clip);
  const at = broken.indexOf("moov");
  broken.fill(0xa5, at + 4, at + broken.readUInt32BE(at - 4) - 4);
  return broken;
};

const lies: ReadonlyArray<readonly [what: string, lie: () => Lie, error: string]> = [
  ["more bytes than announced", () => ({ name: "a.mp4", bytes: clip, size: clip.length - 1 }), "upload_mismatch"],
  ["fewer bytes than announced", () => ({ name: "a.mp4", bytes: clip, size: clip.length + 1 }), "upload_mismatch"],
  ["bytes from further on", () => ({ name: "a.mp4", bytes: clip, size: clip.length + 10, offset: 10 }), "upload_mismatch"],
  ["another SHA-256 at the end", () => ({ name: "a.mp4", bytes: clip, sha256: "0".repeat(64) }), "upload_mismatch"],
  ["another SHA-256 at the beginning", () => ({ name: "a.mp4", bytes: clip, announced: "0".repeat(64) }), "upload_mismatch"],
  ["a size of nothing", () => ({ name: "a.mp4", bytes: clip, size: 0 }), "invalid_input"],
  ["a size beyond every limit", () => ({ name: "a.mp4", bytes: clip, size: 2 ** 40 }), "payload_too_large"],
  ["text that is called a video", () => ({ name: "a.mp4", bytes: Buffer.from("This is no video.\n".repeat(99)) }), "unsupported_media"],
  [
    "a page that is called a picture",
    () => ({ name: "a.png", bytes: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>") }),
    "unsupported_media",
  ],
  [
    "a playlist that names a file of the server",
    () => ({ name: "a.mp4", bytes: Buffer.from("#EXTM3U\n#EXTINF:5,\n/etc/passwd\n#EXT-X-ENDLIST\n") }),
    "unsupported_media",
  ],
  ["a video that is cut off", () => ({ name: "a.mp4", bytes: clip.subarray(0, clip.length * 0.6) }), "unsupported_media"],
  ["a video with a broken index", () => ({ name: "a.mp4", bytes: brokenIndex() }), "unsupported_media"],
  ["a video that is a header only", () => ({ name: "a.mp4", bytes: clip.subarray(0, 24) }), "unsupported_media"],
  ["a picture that is cut off", () => ({ name: "a.png", bytes: picture.subarray(0, picture.length - 20) }), "unsupported_media"],
  ["a picture that would fill the memory", () => ({ name: "a.png", bytes: bomb() }), "unsupported_media"],
];

test.each(lies)("%s", async (_what, lie, error) => {
  expect(await upload(lie())).toBe(error);
  expect(await blobsOf(data)).toEqual([]);
});

test("a name that leads out of the folder is only a name, and a wrong ending does not matter", async () => {
  const named = (await upload({ name: "../../../etc/cron.d/evil\0.mp4", bytes: clip })) as Asset;
  expect(named).toMatchObject({ mime: "video/mp4", mediaType: "video", name: "../../../etc/cron.d/evil.mp4" });
  expect(await upload({ name: "clip.mp4", bytes: picture })).toMatchObject({ mime: "image/png", mediaType: "image" });
  expect((await readdir(folder)).sort()).toEqual(["clip.mp4", "data"]);
});

test("a connection that ends in the middle leaves an upload that goes on from there", async () => {
  const bytes = Buffer.concat([clip, Buffer.alloc(1000)]);
  const { uploadId, stream } = (await client.call("assets.beginUpload", { name: "b.mp4", size: bytes.length })) as {
    uploadId: string;
    stream: number;
  };
  client.socket.send(encodeUploadChunk({ stream, offset: 0, bytes: bytes.subarray(0, 500) }));
  await client.find((frame): frame is ServerFrame => frame.t === "ack" && frame.offset === 500);
  client.socket.terminate();
  await client.closed;
  client = await enter(server, grant);
  expect(await client.call("assets.resumeUpload", { uploadId })).toMatchObject({ uploadId, offset: 500 });
  expect(await client.call("assets.finishUpload", { uploadId, sha256: sha256Of(bytes) })).toBe("upload_mismatch");
  expect(await client.call("assets.resumeUpload", { uploadId })).toBe("not_found");
});

test("nothing of the lies is left: no file, no row, and no more processes than work at the same time", async () => {
  // A media process that was ended may be replaced: at most as many as there are places.
  expect((await childrenOf(server.pid)).length).toBeLessThanOrEqual(2);
  const files = await openFiles(server.pid);
  expect(files.filter((file) => file.startsWith(join(data, "blobs")))).toEqual([]);
  await server.kill();
  const rows = await readDatabase(data, async (sql) => {
    const [counts] = await sql<Array<Record<string, number>>>`
      select (select count(*)::int from asset) as assets, (select count(*)::int from upload where not finished) as uploads,
        (select count(*)::int from upload) as all_uploads`;
    const files = await sql<Array<{ sha256: string }>>`select distinct sha256 from asset_file order by sha256`;
    return { counts, files: files.map(({ sha256 }) => sha256) };
  });
  expect(rows.counts).toEqual({ assets: 2, uploads: 0, all_uploads: 2 });
  expect(await blobsOf(data)).toEqual(rows.files);
});
