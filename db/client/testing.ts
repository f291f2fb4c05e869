// Fresh, migrated, empty databases for tests, on both engines, copied from a template that is made once. The server's URL is in
// PIXSIM_TEST_POSTGRES (the test set-up starts one).
import { constants, cpSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, Layer } from "effect";
import type { Database, DatabaseError, Sql } from "./database.ts";
import { embeddedDatabase } from "./embedded.ts";
import { postgres } from "./postgres-mended.ts";
import { serverDatabase } from "./server.ts";
import { templateKey } from "./template.ts";
import { makeTemplate } from "./template-maker.ts";

/** Makes the folder a data folder with an empty database. (A thousand files: the asynchronous copy takes twenty times as long.) */
export const copyFreshData = async (folder: string): Promise<void> =>
  cpSync(await makeTemplate(), folder, { recursive: true, mode: constants.COPYFILE_FICLONE });

/** A data folder with an empty database; the caller removes it. */
export const freshDataFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-test-"));
  await copyFreshData(folder);
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

const urlOf = (database: string): string => {
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.href;
};

/** Makes the migrated template on the server, once for all test processes; answers its name. */
const serverTemplate = async (admin: Sql): Promise<string> => {
  const name = `template_${await templateKey()}`;
  const found = () => admin`select from pg_database where datname = ${name}`;
  if ((await found()).length > 0) return name;
  const lock = await admin.reserve();
  try {
    await lock`select pg_advisory_lock(1)`;
    if ((await found()).length > 0) return name;
    const making = `${name}_making`;
    await admin.unsafe(`drop database if exists ${making}`);
    await admin.unsafe(`create database ${making}`);
    await Effect.runPromise(Effect.scoped(Layer.build(serverDatabase({ url: urlOf(making), connections: 1 }))));
    await admin.unsafe(`alter database ${making} rename to ${name}`);
    return name;
  } finally {
    await lock`select pg_advisory_unlock(1)`;
    lock.release();
  }
};

/** A server's URL with an empty database, which is dropped at the end. */
export const freshServerUrl = Effect.acquireRelease(
  Effect.promise(async () => {
    const admin = postgres(serverUrl(), { max: 2, onnotice: () => {} });
    const name = `t_${crypto.randomUUID().replaceAll("-", "")}`;
    await admin.unsafe(`create database ${name} template ${await serverTemplate(admin)}`);
    return { admin, name, url: urlOf(name) };
  }),
  ({ admin, name }) =>
    Effect.promise(async () => {
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    }),
);

const server: Layer.Layer<Database, DatabaseError> = Layer.unwrap(
  Effect.map(freshServerUrl, ({ url }) => serverDatabase({ url, connections: 8 })),
);

/** For `describe.each(testDatabases)`. */
export const testDatabases = [
  { engine: "embedded" as const, layer: embedded },
  { engine: "postgres" as const, layer: server },
];
