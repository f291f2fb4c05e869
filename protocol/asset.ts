// Assets: what was generated, uploaded or captured. Their bytes are blobs named by SHA-256. Pure.
import * as z from "zod";
import { call, domain, topic } from "./define.ts";
import { Cursor, Id, PageLimit, Sha256, Time } from "./values.ts";

export const MediaType = z.enum(["video", "image"]);
export type MediaType = z.infer<typeof MediaType>;

/** Signed URL path on this server; it expires some hours to two days after it was given. */
const MediaUrl = z.string();

export const AssetUrls = z.object({
  /** Of what another user has uploaded, what is made of it instead; left out: nothing yet. */
  original: MediaUrl.optional(),
  poster: MediaUrl.nullable(),
  /** WebP with long edges of at most 160, 320 and 640 px. */
  thumbs: z.object({ s: MediaUrl, m: MediaUrl, l: MediaUrl }).nullable(),
  /** Sheet of frames at equal distances, for scrubbing. */
  sprite: z.object({ url: MediaUrl, columns: z.int(), rows: z.int(), frames: z.int(), width: z.int(), height: z.int() }).nullable(),
  firstFrame: MediaUrl.nullable(),
  lastFrame: MediaUrl.nullable(),
  /** Video-only fragmented MP4 with closed GOPs, and its audio apart: for instant cuts. */
  playVideo: MediaUrl.nullable(),
  playAudio: MediaUrl.nullable(),
  /** WebP with a long edge of at most 3840 px, upright and without metadata, of a picture larger than its poster. */
  still: MediaUrl.optional(),
  /**
   * Video to play instead of an original that browsers cannot play, or not before all of it is there, mostly an MP4; of a long one that
   * was uploaded a copy without what its camera wrote into it.
   */
  faststart: MediaUrl.optional(),
});
export type AssetUrls = z.infer<typeof AssetUrls>;

export const AssetOrigin = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("generation"), jobId: Id }),
  z.object({ kind: z.literal("upload") }),
  z.object({ kind: z.literal("frame"), assetId: Id, timeMs: z.int() }),
]);
export type AssetOrigin = z.infer<typeof AssetOrigin>;

export const Asset = z.object({
  id: Id,
  ownerId: Id,
  mediaType: MediaType,
  mime: z.string(),
  name: z.string(),
  /** Bytes of the original. */
  size: z.int(),
  width: z.int(),
  height: z.int(),
  durationMs: z.int().nullable(),
  fps: z.number().nullable(),
  videoCodec: z.string().nullable(),
  audioCodec: z.string().nullable(),
  sha256: Sha256,
  /** 64-bit perceptual hash, 16 hex digits. */
  phash: z.string().nullable(),
  /** Placeholder picture, base64 (thumbhash). */
  thumbhash: z.string().nullable(),
  origin: AssetOrigin,
  prompt: z.string().nullable(),
  favourite: z.boolean(),
  createdAt: Time,
  deletedAt: Time.nullable(),
  urls: AssetUrls,
  /** The original lies in the archive and is fetched from there when it is asked for. */
  archived: z.boolean().optional(),
  /** Of another user, who has put it into a scene that the caller has, too. */
  lent: z.boolean().optional(),
  /** Higher is newer. */
  rev: z.int(),
});
export type Asset = z.infer<typeof Asset>;

export const LineageRelation = z.enum([
  "SOURCE_IMAGE",
  "SOURCE_VIDEO",
  "TRANSITION_INPUT",
  "FUSION_CHARACTER",
  "FUSION_BACKGROUND",
  "PAUSED_FRAME",
]);
export type LineageRelation = z.infer<typeof LineageRelation>;

export const LineageEdge = z.object({
  childId: Id,
  parentId: Id,
  relation: LineageRelation,
  operation: z.string().nullable(),
  timeMs: z.int().nullable(),
  order: z.int(),
});
export type LineageEdge = z.infer<typeof LineageEdge>;

export const AssetFilter = z.object({
  mediaType: MediaType.optional(),
  origin: z.enum(["generation", "upload", "frame"]).optional(),
  favourite: z.boolean().optional(),
  search: z.string().max(200).optional(),
  deleted: z.boolean().default(false),
});

const url = "/media/9f2c….mp4?e=mi3k&s=…";
const sampleAsset: Asset = {
  id: "ast_1",
  ownerId: "usr_1",
  mediaType: "video",
  mime: "video/mp4",
  name: "a fox in the snow",
  size: 512000,
  width: 960,
  height: 540,
  durationMs: 5000,
  fps: 24,
  videoCodec: "avc1.64001f",
  audioCodec: null,
  sha256: "9f2c".repeat(16),
  phash: "e1c3a59780f01e3c",
  thumbhash: null,
  origin: { kind: "generation", jobId: "job_1" },
  prompt: "a fox in the snow",
  favourite: false,
  createdAt: 1764000006000,
  deletedAt: null,
  urls: { original: url, poster: url, thumbs: null, sprite: null, firstFrame: null, lastFrame: null, playVideo: null, playAudio: null },
  rev: 1,
};

const Upload = z.object({
  uploadId: Id,
  /** Number to put into the binary frames of this connection. */
  stream: z.int(),
  /** Bytes stored: send from here. */
  offset: z.int(),
});

export const assets = domain({
  name: "assets",
  summary: "Videos and images: listing, uploading, lineage, deleting with undo.",
  calls: {
    list: call({
      summary: "Own assets, newest first.",
      access: "guest",
      input: z.object({ filter: AssetFilter.default({ deleted: false }), cursor: Cursor.optional(), limit: PageLimit }),
      output: z.object({ assets: z.array(Asset), next: Cursor.nullable() }),
      mutation: false,
      errors: [],
      example: { input: {}, output: { assets: [sampleAsset], next: null } },
    }),
    get: call({
      summary: "One asset, with fresh URLs.",
      access: "guest",
      input: z.object({ id: Id }),
      output: Asset,
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "ast_1" }, output: sampleAsset },
    }),
    many: call({
      summary:
        "Assets by id in any order, with fresh URLs, in the trash or not; also those of others that stand in a scene that the caller may read, or that a version of the caller's plays (`lent`). Those that are not there are left out; none is: `not_found`.",
      access: "guest",
      input: z.object({ ids: z.array(Id).min(1).max(200) }),
      output: z.object({ assets: z.array(Asset) }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { ids: ["ast_1"] }, output: { assets: [sampleAsset] } },
    }),
    update: call({
      summary: "Renames an asset or marks it as a favourite.",
      access: "user",
      input: z.object({ id: Id, name: z.string().min(1).max(200).optional(), favourite: z.boolean().optional() }),
      output: Asset,
      mutation: true,
      errors: ["not_found"],
      example: { input: { id: "ast_1", favourite: true }, output: { ...sampleAsset, favourite: true } },
    }),
    delete: call({
      summary: "Moves assets to the trash; `assets.restore` brings them back.",
      access: "user",
      input: z.object({ ids: z.array(Id).min(1).max(500) }),
      output: z.object({ deleted: z.array(Id) }),
      mutation: true,
      errors: ["not_found"],
      example: { input: { ids: ["ast_1"] }, output: { deleted: ["ast_1"] } },
    }),
    restore: call({
      summary: "Brings assets back from the trash.",
      access: "user",
      input: z.object({ ids: z.array(Id).min(1).max(500) }),
      output: z.object({ restored: z.array(Id) }),
      mutation: true,
      errors: ["not_found", "quota_exceeded"],
      example: { input: { ids: ["ast_1"] }, output: { restored: ["ast_1"] } },
    }),
    lineage: call({
      summary: "The assets it came from and those made of it, to a depth.",
      access: "guest",
      input: z.object({ id: Id, depth: z.int().min(1).max(20).default(5) }),
      output: z.object({ assets: z.array(Asset), edges: z.array(LineageEdge) }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { id: "ast_1" }, output: { assets: [sampleAsset], edges: [] } },
    }),
    captureFrame: call({
      summary: "Keeps the frame at a time of a video as an image; the same frame again answers the same asset.",
      access: "user",
      input: z.object({ id: Id, timeMs: z.int().min(0) }),
      output: Asset,
      mutation: true,
      errors: ["not_found", "unsupported_media", "quota_exceeded", "storage_full"],
      example: { input: { id: "ast_1", timeMs: 1500 }, output: { ...sampleAsset, mediaType: "image" } },
    }),
    beginUpload: call({
      summary: "Announces a file; its bytes follow in binary frames on `stream`. Bytes already here are not sent again.",
      access: "user",
      input: z.object({
        name: z.string().min(1).max(255),
        size: z.int().min(1),
        /** Checked at the end; lets known bytes be skipped. */
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional(),
      }),
      output: Upload,
      mutation: true,
      errors: ["payload_too_large", "quota_exceeded", "storage_full"],
      example: { input: { name: "fox.png", size: 120000 }, output: { uploadId: "upl_1", stream: 1, offset: 0 } },
    }),
    resumeUpload: call({
      summary: "Goes on with an upload on this connection, from the offset that is stored.",
      access: "user",
      input: z.object({ uploadId: Id }),
      output: Upload,
      mutation: false,
      errors: ["not_found"],
      example: { input: { uploadId: "upl_1" }, output: { uploadId: "upl_1", stream: 1, offset: 65536 } },
    }),
    finishUpload: call({
      summary: "Checks the bytes and makes the asset, which goes on after a call that ended; the same bytes again answer the first asset.",
      access: "user",
      input: z.object({ uploadId: Id, sha256: Sha256 }),
      output: Asset,
      mutation: true,
      errors: ["not_found", "upload_mismatch", "unsupported_media", "storage_full"],
      example: { input: { uploadId: "upl_1", sha256: "9f2c".repeat(16) }, output: sampleAsset },
    }),
    cancelUpload: call({
      summary: "Drops an unfinished upload and its bytes, also while it is made an asset.",
      access: "user",
      input: z.object({ uploadId: Id }),
      output: z.object({}),
      mutation: false,
      errors: ["not_found"],
      example: { input: { uploadId: "upl_1" }, output: {} },
    }),
  },
  streams: {},
  topics: {
    assets: topic({
      summary: "Own assets as they change: count and the newest page, then each changed row.",
      access: "guest",
      params: z.object({}),
      snapshot: z.object({ count: z.int(), assets: z.array(Asset), next: Cursor.nullable() }),
      delta: Asset,
      errors: [],
      example: { params: {}, snapshot: { count: 1, assets: [sampleAsset], next: null }, delta: sampleAsset },
    }),
  },
});
