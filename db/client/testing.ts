// Fresh, migrated, empty databases for tests, on both engines. The server's URL is in PIXSIM_TEST_POSTGRES (the test set-up
// starts one); the embedded one is copied from a template that is made once.
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, Layer } from "effect";
import postgres from "postgres";
import type { Database, DatabaseError } from "./database.ts";
import { embeddedDatabase } from "./embedded.ts";
import { readMigrations } from "./migrate.ts";
import { serverDatabase } from "./server.ts";

const cache = new URL("../../.cache/", import.meta.url).pathname;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A folder with a migrated database that nobody has used. */
const template = async (): Promise<string> => {
  const migrations = await readMigrations();
  const key = createHash("sha256")
    .update(migrations.map(({ sha256 }) => sha256).join())
    .digest("hex")
    .slice(0, 12);
  const path = join(cache, `embedded-${key}`);
  if (await exists(path)) return path;
  await mkdir(cache, { recursive: true });
  const making = await mkdtemp(join(cache, "making-"));
  await Effect.runPromise(Effect.scoped(Layer.build(embeddedDatabase({ dataDir: making }))));
  // Another test process may have been faster: then its template serves.
  await rename(making, path).catch(() => rm(making, { recursive: true, force: true }));
  return path;
};

/** A data folder with an empty database; the caller removes it. */
export const freshDataFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-test-"));
  await cp(await template(), folder, { recursive: true });
  return folder;
};

const embedded: Layer.Layer<Database, DatabaseError> = Layer.unwrap(
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => freshDataFolder()),
      (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
    ),
    (dataDir) => embeddedDatabase({ dataDir }),
  ),
);

const serverUrl = (): string => {
  const url = process.env["PIXSIM_TEST_POSTGRES"];
  if (url === undefined) throw new Error("PIXSIM_TEST_POSTGRES is not set: run the tests with `npm test`, which starts a PostgreSQL.");
  return url;
};

const server: Layer.Layer<Database, DatabaseError> = Layer.unwrap(
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const admin = postgres(serverUrl(), { max: 1, onnotice: () => {} });
        const name = `t_${crypto.randomUUID().replaceAll("-", "")}`;
        await admin.unsafe(`create database ${name}`);
        return { admin, name };
      }),
      ({ admin, name }) =>
        Effect.promise(async () => {
          await admin.unsafe(`drop database ${name} with (force)`);
          await admin.end();
        }),
    ),
    ({ name }) => {
      const url = new URL(serverUrl());
      url.pathname = `/${name}`;
      return serverDatabase({ url: url.href, connections: 8 });
    },
  ),
);

/** For `describe.each(testDatabases)`. */
export const testDatabases = [
  { engine: "embedded" as const, layer: embedded },
  { engine: "postgres" as const, layer: server },
];
