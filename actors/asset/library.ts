// The assets that are there: listing, renaming, trash, lineage. Each change is stored first, then told to the followers of
// the owner's channel.
import { Clock, Context, Effect, Layer } from "effect";
import { createdPlace, pageOf, type Place } from "#actors/page.ts";
import { Database } from "#db/client/database.ts";
import * as query from "#db/queries/asset.ts";
import { lockUsage, usageOf } from "#db/queries/quota.ts";
import type { Asset, LineageEdge } from "#protocol/asset.ts";
import { LineageRelation } from "#protocol/asset.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { MediaUrls } from "#runtime/blobs/media-urls.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { Settings } from "#runtime/config/settings.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { notFound } from "./failures.ts";
import { refusal } from "./quota.ts";
import { assetView, lentView } from "./view.ts";

/** Rows of the snapshot of the topic. */
const snapshotRows = 100;
/** Assets of one lineage answer: the nearest are kept. */
const lineageRows = 500;

interface Page {
  readonly assets: Array<Asset>;
  readonly next: string | null;
}

/** Channel of an owner's changes. */
export const assetChannel = (ownerId: string): string => `assets:${ownerId}`;

export class AssetLibrary extends Context.Service<
  AssetLibrary,
  {
    readonly row: (ownerId: string, id: string) => Effect.Effect<query.AssetRow, CallError>;
    /** Those of these that are there, own ones and those that others have lent to scenes of this user; fails if none is. */
    readonly many: (ownerId: string, ids: ReadonlyArray<string>) => Effect.Effect<Array<Asset>, CallError>;
    readonly view: (row: query.AssetRow) => Asset;
    readonly list: (ownerId: string, filter: query.AssetFilterArgs, after: Place | null, limit: number) => Effect.Effect<Page, CallError>;
    /** Count and newest page. */
    readonly snapshot: (ownerId: string) => Effect.Effect<Page & { readonly count: number }, CallError>;
    readonly update: (
      ownerId: string,
      id: string,
      change: { readonly name: string | null; readonly favourite: boolean | null },
    ) => Effect.Effect<Asset, CallError>;
    /** Moves assets to the trash, or back; all of them, or none if one does not exist. Those that are there already stay. */
    readonly setDeleted: (ownerId: string, ids: ReadonlyArray<string>, deleted: boolean) => Effect.Effect<void, CallError>;
    /** Takes assets out of the trash as `setDeleted` does, if the owner's quotas have room for them. Errors: not_found, quota_exceeded. */
    readonly restore: (ownerId: string, ids: ReadonlyArray<string>) => Effect.Effect<void, CallError>;
    /** The asset itself, brought back if it was in the trash. */
    readonly revive: (row: query.AssetRow) => Effect.Effect<Asset, CallError>;
    readonly lineage: (
      ownerId: string,
      id: string,
      depth: number,
    ) => Effect.Effect<{ readonly assets: Array<Asset>; readonly edges: Array<LineageEdge> }, CallError>;
    /** Tells the followers that an asset is as given. */
    readonly tell: (asset: Asset) => void;
  }
>()("pixsim/actors/AssetLibrary") {
  static readonly layer = Layer.effect(
    AssetLibrary,
    Effect.gen(function* () {
      const database = yield* Database;
      const media = yield* MediaUrls;
      const bus = yield* Bus;
      const settings = yield* Settings;

      const view = (row: query.AssetRow): Asset => assetView(row, media);
      const tell = (asset: Asset): void => bus.publish(assetChannel(asset.ownerId), asset);

      const row = Effect.fnUntraced(function* (ownerId: string, id: string) {
        const [found] = yield* orCallError(database.query((sql) => query.assetById(sql, ownerId, id)));
        return found ?? (yield* Effect.fail(notFound(`The asset ${id}`)));
      });

      const many = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>) {
        const own = (yield* orCallError(database.query((sql) => query.assetsById(sql, ownerId, ids)))).map(view);
        const known = new Set(own.map(({ id }) => id));
        const others = ids.filter((id) => !known.has(id));
        const lent = others.length === 0 ? [] : yield* orCallError(database.query((sql) => query.lentAssetsById(sql, ownerId, others)));
        const assets = [...own, ...lent.map((row) => lentView(row, media))];
        return assets.length === 0 ? yield* Effect.fail(notFound(`The asset ${ids[0]}`)) : assets;
      });

      const list = Effect.fnUntraced(function* (ownerId: string, filter: query.AssetFilterArgs, after: Place | null, limit: number) {
        const rows = yield* orCallError(database.query((sql) => query.listAssets(sql, ownerId, filter, after, limit + 1)));
        const page = pageOf(rows, limit, createdPlace);
        return { assets: page.rows.map(view), next: page.next };
      });

      const snapshot = Effect.fnUntraced(function* (ownerId: string) {
        const page = yield* list(ownerId, { deleted: false }, null, snapshotRows);
        const [counted] = yield* orCallError(database.query((sql) => query.countAssets(sql, ownerId)));
        return { count: counted?.count ?? 0, ...page };
      });

      const update = Effect.fnUntraced(function* (
        ownerId: string,
        id: string,
        change: { readonly name: string | null; readonly favourite: boolean | null },
      ) {
        const [changed] = yield* orCallError(database.query((sql) => query.updateAsset(sql, ownerId, id, change)));
        if (changed === undefined) return yield* Effect.fail(notFound(`The asset ${id}`));
        const asset = view(changed);
        tell(asset);
        return asset;
      });

      const mustExist = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>) {
        const known = new Set((yield* orCallError(database.query((sql) => query.ownAssetIds(sql, ownerId, ids)))).map(({ id }) => id));
        const missing = ids.find((id) => !known.has(id));
        if (missing !== undefined) return yield* Effect.fail(notFound(`The asset ${missing}`));
      });

      const restore = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>) {
        yield* mustExist(ownerId, ids);
        const rows = yield* orCallError(
          database.transaction(async (tx) => {
            await lockUsage(tx, ownerId);
            const usage = await usageOf(tx, ownerId);
            const back = (await query.assetsById(tx, ownerId, ids)).filter(({ deleted_at: at }) => at !== null);
            const bytes = back.reduce((sum, { size }) => sum + size, 0);
            const refused = back.length === 0 ? null : refusal(usage, { assets: back.length, bytes }, settings);
            return refused ?? query.setDeleted(tx, ownerId, ids, null);
          }),
        );
        if (rows instanceof CallError) return yield* Effect.fail(rows);
        for (const changed of rows) tell(view(changed));
      });

      const setDeleted = Effect.fnUntraced(function* (ownerId: string, ids: ReadonlyArray<string>, deleted: boolean) {
        const now = yield* Clock.currentTimeMillis;
        yield* mustExist(ownerId, ids);
        const rows = yield* orCallError(database.query((sql) => query.setDeleted(sql, ownerId, ids, deleted ? now : null)));
        for (const changed of rows) tell(view(changed));
      });

      const revive = Effect.fnUntraced(function* (found: query.AssetRow) {
        if (found.deleted_at === null) return view(found);
        yield* setDeleted(found.owner_id, [found.id], false);
        return view(yield* row(found.owner_id, found.id));
      });

      const lineage = Effect.fnUntraced(function* (ownerId: string, id: string, depth: number) {
        yield* row(ownerId, id);
        const ids = (yield* orCallError(database.query((sql) => query.lineageIds(sql, ownerId, id, depth, lineageRows)))).map((n) => n.id);
        const rows = yield* orCallError(database.query((sql) => query.assetsById(sql, ownerId, ids)));
        const edges = yield* orCallError(database.query((sql) => query.edgesAmong(sql, ids)));
        const place = new Map(ids.map((known, index) => [known, index]));
        return {
          assets: rows.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0)).map(view),
          edges: edges.map((edge): LineageEdge => ({
            childId: edge.child_id,
            parentId: edge.parent_id,
            relation: LineageRelation.parse(edge.relation),
            operation: edge.operation,
            timeMs: edge.time_ms,
            order: edge.ord,
          })),
        };
      });

      return AssetLibrary.of({ row, many, view, list, snapshot, update, setDeleted, restore, revive, lineage, tell });
    }),
  );
}
