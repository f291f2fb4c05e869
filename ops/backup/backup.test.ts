// Backups of places of either engine, restored into the other and back: what comes out is what went in, or nothing.
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Effect, Exit, Scope } from "effect";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Sql } from "#db/client/database.ts";
import { readMigrations } from "#db/client/migrations.ts";
import { postgres } from "#db/client/postgres-mended.ts";
import { freshDataFolder, freshServerUrl } from "#db/client/testing.ts";
import { archivePath } from "#runtime/blobs/archive.ts";
import { blobPath } from "#runtime/blobs/local.ts";
import { backUp } from "./backup.ts";
import { type Manifest, manifestPath, mediaPath, secretPath, tablePath } from "./manifest.ts";
import { type Place, withDatabase } from "./place.ts";
import { restore } from "./restore.ts";

// Databases are opened many times; making one anew takes a loaded machine long.
vi.setConfig({ testTimeout: 120_000 });

const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");
const scope = Scope.makeUnsafe();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-backup-"));
});
afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void));
  await rm(folder, { recursive: true, force: true });
});
const fresh = (name: string): string => join(folder, `${name}-${crypto.randomUUID()}`);
const freshDatabase = async (): Promise<string> => (await Effect.runPromise(Effect.provideService(freshServerUrl, Scope.Scope, scope))).url;

const media = ["a film", "a still", "a film that two assets have"];

/** Rows that are easily changed on their way: numbers that JavaScript has not, JSON as it was written, nothing and `null`. */
const writeRows = async (sql: Sql): Promise<void> => {
  await sql`
    insert into app_user (id, username, role, password, preferences, created_at)
    values ('usr_1', ${'Zoë \\ "quoted"\n\tñ 🦊'}, 'admin', '$argon2id$x', '{ "b" : 1,  "a":[1.0e2, null] }', 9007199254740993::bigint)`;
  await sql`
    insert into session (id, user_id, client, ip, created_at, last_used_at, expires_at, refresh_hash, rotated_at)
    values ('ses_1', 'usr_1', 'web', '::1', 1, 2, 3, 'hash', 4)`;
  await sql`
    insert into actor (id, kind, cell, machine_version, seq, steps, at, created_at, state, status, snapshot, effects)
    select id, 'job', 7, 1, 1, 1, 5, 5, 'done', 'done', '{}', effects from (values ('job/1', 'null'), ('job/2', null)) as v(id, effects)`;
  await sql`
    insert into asset (id, owner_id, media_type, mime, name, size, width, height, fps, sha256, origin, created_at)
    select 'ast_' || n, 'usr_1', 'video', 'video/mp4', 'film ' || n, 1, 640, 360, 0.1::float8 + 0.2::float8, 'x' || n, 'generation', n
    from generate_series(1, 1200) as n`;
  for (const [index, content] of media.entries()) {
    await sql`
      insert into asset_file (asset_id, role, sha256, mime, size)
      values (${`ast_${index + 1}`}, 'original', ${sha256(content)}, 'video/mp4', ${content.length})`;
  }
  await sql`insert into asset_file (asset_id, role, sha256, mime, size) values ('ast_9', 'original', ${sha256(media[2]!)}, 'x', ${media[2]!.length})`;
  await sql`insert into original (sha256, used_at, away) values (${sha256(media[2]!)}, 7, true)`;
  await sql`insert into asset_edge (child_id, parent_id, relation, ord) values ('ast_1', 'ast_1000', 'reference', 0)`;
  await sql`insert into log_entry (time, level, service, env, msg) select n, 30, 'test', 'test', 'line' from generate_series(1, 20) as n`;
  await sql`update cell set epoch = 41 where cell = 7`;
};

const writeFiles = async (data: string): Promise<void> => {
  for (const content of media) {
    const path = join(data, "blobs", sha256(content).slice(0, 2), sha256(content).slice(2));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  await mkdir(join(data, "secrets"), { recursive: true });
  await writeFile(join(data, "secrets", "access.key"), "thirty-two bytes of a secret key", { mode: 0o600 });
};

const embedded = async (): Promise<Place> => {
  const place = { data: await freshDataFolder(), databaseUrl: undefined };
  await withDatabase(place, true, ({ sql }) => writeRows(sql));
  await writeFiles(place.data);
  // One of the originals is in an archive.
  const archive = fresh("archive");
  const away = sha256(media[2]!);
  await mkdir(dirname(archivePath(archive, away)), { recursive: true });
  await rename(blobPath(place.data, away), archivePath(archive, away));
  return { ...place, archive };
};
const server = async (): Promise<Place> => {
  const place = { data: fresh("data"), databaseUrl: await freshDatabase() };
  await writeFiles(place.data);
  await withDatabase(place, true, ({ sql }) => writeRows(sql));
  return place;
};
const emptyEmbedded = async (): Promise<Place> => ({ data: await freshDataFolder(), databaseUrl: undefined });
const emptyServer = async (): Promise<Place> => ({ data: fresh("data"), databaseUrl: await freshDatabase() });

/** All rows of a backup, each table's in one order. */
const rowsOf = async (backup: string, { tables }: Manifest): Promise<Readonly<Record<string, ReadonlyArray<string>>>> =>
  Object.fromEntries(
    await Promise.all(
      tables.map(
        async ({ name }) =>
          [
            name,
            gunzipSync(await readFile(tablePath(backup, name)))
              .toString()
              .split("\n")
              .sort(),
          ] as const,
      ),
    ),
  );

describe.each([
  ["embedded", "embedded", embedded, emptyEmbedded],
  ["embedded", "PostgreSQL", embedded, emptyServer],
  ["PostgreSQL", "embedded", server, emptyEmbedded],
  ["PostgreSQL", "PostgreSQL", server, emptyServer],
] as const)("from %s to %s", (_from, _to, make, empty) => {
  test("rows, media and keys come back as they were", async () => {
    const first = fresh("backup");
    const { manifest, lost } = await backUp(await make(), first, { secrets: true });
    expect(lost).toEqual([]);
    const place = await empty();
    await restore(first, place);
    const second = fresh("backup");
    const again = await backUp(place, second, { secrets: true });

    const { original: originals, ...rows } = await rowsOf(first, manifest);
    expect(rows["asset"]).toHaveLength(1201);
    expect(rows["app_user"]?.join("")).toContain("9007199254740993");
    const { original: restored, ...others } = await rowsOf(second, again.manifest);
    expect(others).toEqual(rows);
    // What was in an archive is here.
    expect(originals?.join("")).toMatch(/"away":true/);
    expect(restored).toEqual(originals?.map((line) => line.replace('"away":true', '"away":false')));
    expect(again.manifest.media).toEqual(manifest.media);
    expect(again.manifest.secrets).toEqual(manifest.secrets);
    expect((await stat(join(place.data, "secrets", "access.key"))).mode & 0o077).toBe(0);
    for (const content of media) expect(await readFile(mediaPath(second, sha256(content)), "utf8")).toBe(content);

    // New rows are numbered after those that came; nobody who wrote before may write now.
    const next = await withDatabase(place, true, async ({ sql }) => {
      const [row] = await sql<Array<{ id: number }>>`
        insert into log_entry (time, level, service, env, msg) values (1, 30, 'test', 'test', 'next') returning id`;
      const [actors] = await sql<Array<{ none: number }>>`select count(*)::int as none from actor where effects is null`;
      return { id: row?.id, none: actors?.none };
    });
    expect(next).toEqual({ id: 21, none: 1 });
  });
});

const refusal = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "not refused",
    (error: Error) => error.message,
  );

describe("a backup", () => {
  let place: Place;
  beforeAll(async () => {
    place = await embedded();
  });

  test("of nothing is refused, and makes nothing", async () => {
    const data = fresh("data");
    expect(await refusal(backUp({ data, databaseUrl: undefined }, fresh("backup"), { secrets: true }))).toMatch(/nothing to back up/);
    await expect(stat(data)).rejects.toThrow("ENOENT");
    const url = new URL(await freshDatabase());
    const admin = postgres(url.href, { max: 1, onnotice: () => {} });
    await admin`drop schema public cascade`;
    await admin`create schema public`;
    await admin.end();
    await mkdir(data);
    const target = fresh("backup");
    expect(await refusal(backUp({ data, databaseUrl: url.href }, target, { secrets: true }))).toMatch(/never used by PixSim/);
    expect(await readdir(target)).toEqual([]);
  });

  test("into a folder with something in it, or of a place that is in use, is refused", async () => {
    expect(await refusal(backUp(place, place.data, { secrets: true }))).toMatch(/is not empty/);
    const target = fresh("backup");
    await withDatabase(place, true, async () => {
      expect(await refusal(backUp(place, target, { secrets: true }))).toMatch(/is used by process \d+. Stop that one/);
    });
    expect(await readdir(target)).toEqual([]);
  });

  test("of a PostgreSQL is of one moment while others write", async () => {
    const busy = await server();
    const sql = postgres(busy.databaseUrl!, { max: 1, onnotice: () => {} });
    let going = true;
    let written = 0;
    const writing = (async () => {
      for (; going; written++) {
        await sql.begin(async (tx) => {
          await tx`insert into app_user (id, username, role, created_at) values (${`u${written}`}, ${`u${written}`}, 'user', 1)`;
          await tx`
            insert into session (id, user_id, client, ip, created_at, last_used_at, expires_at, refresh_hash, rotated_at)
            values (${`s${written}`}, ${`u${written}`}, 'web', '::1', 1, 2, 3, 'hash', 4)`;
        });
      }
    })();
    const target = fresh("backup");
    const { manifest } = await backUp(busy, target, { secrets: true });
    going = false;
    await writing;
    await sql.end();
    const rows = await rowsOf(target, manifest);
    expect(written).toBeGreaterThan(10);
    expect(rows["session"]?.length).toBe(rows["app_user"]?.length);
  });

  test("goes on without media that are missing or damaged, and says which", async () => {
    const damaged = await embedded();
    const [missing, changed] = [sha256(media[0]!), sha256(media[1]!)];
    const pathOf = (sha: string): string => join(damaged.data, "blobs", sha.slice(0, 2), sha.slice(2));
    await rm(pathOf(missing));
    await writeFile(pathOf(changed), "A still");
    const target = fresh("backup");
    const { manifest, lost } = await backUp(damaged, target, { secrets: true });
    expect([...lost].sort()).toEqual([missing, changed].sort());
    expect(manifest.media.files).toBe(1);
    await restore(target, await emptyEmbedded());
  });

  test("without keys has none, and leaves none behind", async () => {
    const target = fresh("backup");
    await backUp(place, target, { secrets: false });
    const restored = await emptyEmbedded();
    await restore(target, restored);
    expect((await readdir(restored.data)).sort()).toEqual(["blobs", "db"]);
  });

  describe("is not restored", () => {
    let whole: string;
    beforeAll(async () => {
      whole = fresh("backup");
      await backUp(place, whole, { secrets: true });
    });
    const changed = async (change: (backup: string) => Promise<void>): Promise<string> => {
      const backup = fresh("backup");
      await cp(whole, backup, { recursive: true });
      await change(backup);
      return backup;
    };
    const rewrite = (backup: string, change: (manifest: Manifest) => Partial<Manifest>): Promise<void> =>
      readFile(manifestPath(backup), "utf8").then((text) => {
        const manifest = JSON.parse(text) as Manifest;
        return writeFile(manifestPath(backup), JSON.stringify({ ...manifest, ...change(manifest) }));
      });

    test.each<readonly [string, (backup: string) => Promise<void>, RegExp]>([
      ["without a manifest", (backup) => rm(manifestPath(backup)), /is not a whole backup: its manifest.json cannot be read/],
      ["with half a manifest", (backup) => writeFile(manifestPath(backup), '{"format":1,'), /damaged: its manifest.json/],
      ["without a table", (backup) => rm(tablePath(backup, "asset")), /damaged: the table asset is missing/],
      ["with a table of other bytes", (backup) => writeFile(tablePath(backup, "asset"), "x"), /damaged: the table asset/],
      ["without a media file", (backup) => rm(mediaPath(backup, sha256(media[0]!))), /damaged: the media file [0-9a-f]{64} is missing/],
      [
        "with a media file of other bytes",
        async (backup) => {
          const path = mediaPath(backup, sha256(media[0]!));
          await rm(path);
          await writeFile(path, "A film");
        },
        /damaged: the media file [0-9a-f]{64}/,
      ],
      ["without a key", (backup) => rm(secretPath(backup, "access.key")), /damaged: the key access.key/],
      [
        "that says more rows than it has",
        (backup) =>
          rewrite(backup, ({ tables }) => ({ tables: tables.map((table) => (table.name === "asset" ? { ...table, rows: 1201 } : table)) })),
        /the table asset has 1200 rows, not 1201/,
      ],
      [
        "of a newer schema",
        (backup) =>
          rewrite(backup, ({ migrations }) => ({
            migrations: [...migrations, { version: 9999, name: "9999_next.sql", sha256: "0".repeat(64) }],
          })),
        /made by a newer PixSim \(it has the migration 9999_next.sql\)/,
      ],
      ["of a newer format", (backup) => rewrite(backup, () => ({ format: 2 })), /was made by a newer PixSim. Restore it with that version/],
    ])("%s: nothing is left of it", async (_what, change, line) => {
      const target = await emptyEmbedded();
      expect(await refusal(restore(await changed(change), target))).toMatch(line);
      expect(await readdir(target.data)).toEqual(["db"]);
    });

    test("into a place that is not empty", async () => {
      const started = await freshDataFolder();
      await withDatabase({ data: started, databaseUrl: undefined }, true, async ({ sql }) => {
        await sql`insert into app_user (id, username, role, created_at) values ('usr_2', 'admin', 'admin', 1)`;
      });
      expect(await refusal(restore(whole, { data: started, databaseUrl: undefined }))).toMatch(/^The database is in use/);
      expect(await readdir(started)).toEqual(["db"]);
      expect(await refusal(restore(whole, place))).toMatch(/^The data folder .* is in use: a backup is restored into an empty place only/);
      const used = await server();
      const target = { data: fresh("data"), databaseUrl: used.databaseUrl };
      expect(await refusal(restore(whole, target))).toMatch(/^The database is in use: .* DATABASE_URL/);
      expect(await readdir(target.data)).toEqual([]);
      // What had been there is there still.
      expect(await refusal(backUp(used, fresh("backup"), { secrets: true }))).toBe("not refused");
    });

    test("but one of an older schema is, and brought up to date", async () => {
      const before = (await readMigrations()).slice(0, 7);
      const then = new Set(before.flatMap(({ sql }) => Array.from(sql.matchAll(/create table (\w+)/g), ([, name]) => name!)));
      const older = await changed((backup) =>
        rewrite(backup, ({ migrations, tables }) => ({
          migrations: migrations.slice(0, before.length),
          tables: tables.filter(({ name }) => then.has(name)),
        })),
      );
      const target = { data: fresh("data"), databaseUrl: undefined };
      await restore(older, target);
      const versions = await withDatabase(target, true, async ({ sql }) => [
        ...(await sql<Array<{ version: number }>>`select version from schema_migration order by version`),
      ]);
      const manifest = JSON.parse(await readFile(manifestPath(whole), "utf8")) as Manifest;
      expect(versions.map(({ version }) => version)).toEqual(manifest.migrations.map(({ version }) => version));
    });
  });
});
