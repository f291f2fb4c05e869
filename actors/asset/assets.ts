// Assets as other rooms use them: take in a finished file, hand out inputs.
import { Context, type Effect } from "effect";
import type { Asset, AssetOrigin, LineageRelation } from "#protocol/asset.ts";
import type { CallError } from "#protocol/wire/errors.ts";

export interface AssetParent {
  readonly assetId: string;
  readonly relation: LineageRelation;
  readonly operation: string | null;
  readonly timeMs: number | null;
}

export interface IngestRequest {
  /** Names the asset for ever: ingesting the same id twice makes one asset. */
  readonly assetId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly origin: AssetOrigin;
  readonly prompt: string | null;
  readonly parents: ReadonlyArray<AssetParent>;
  /** File in the staging folder; it is moved away. */
  readonly path: string;
  /** It is there once its file is known to be good; its derivatives follow. Left out: with them. */
  readonly early?: true;
}

/** Of a story, and whose it is. */
export interface VersionOf {
  readonly ownerId: string;
  readonly versionId: string;
}

/** Of a video, ms: its last frame is what is shown there. */
export const pastAnyEnd = Number.MAX_SAFE_INTEGER;

export class Assets extends Context.Service<
  Assets,
  {
    /**
     * Probes, derives, stores and records a file. Idempotent by `assetId`: if that is there already, the file is dropped.
     * Errors: unsupported_media (the file is removed); storage_full, unavailable, overloaded (it stays: try again);
     * cancelled, if the job it comes from was called off.
     */
    readonly ingest: (request: IngestRequest) => Effect.Effect<Asset, CallError>;
    /** Moves an asset to the trash, if it is there. Errors: unavailable. */
    readonly withdraw: (ownerId: string, assetId: string) => Effect.Effect<void, CallError>;
    /** One asset of an owner. Errors: not_found. */
    readonly get: (ownerId: string, assetId: string) => Effect.Effect<Asset, CallError>;
    /**
     * A frame of a video as an image asset, made once; past the end: the last one. In the trash it stays. Errors: not_found, quota_exceeded,
     * those of `ingest`.
     */
    readonly frame: (ownerId: string, assetId: string, timeMs: number) => Effect.Effect<Asset, CallError>;
    /**
     * What a version shows of an asset at a time, as a picture of who owns the version: of what others have lent to it a picture of its own,
     * made once. Errors: as of `frame`.
     */
    readonly picture: (version: VersionOf, assetId: string, timeMs: number) => Effect.Effect<Asset, CallError>;
    /** Local file of an asset's original, for a provider; fetched where it is in the archive. Errors: not_found, unavailable, storage_full. */
    readonly file: (
      ownerId: string,
      assetId: string,
    ) => Effect.Effect<
      {
        readonly path: string;
        readonly mime: string;
        readonly mediaType: "video" | "image";
        readonly sha256: string;
        /** The job that made it. */
        readonly jobId: string | null;
      },
      CallError
    >;
  }
>()("pixsim/actors/Assets") {}
