// How the server's process ends: in order when it is told to, and with a reason when it cannot start.
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres as connect } from "#db/client/postgres-mended.ts";
import { type RunningPostgres, startPostgres } from "../services/postgres.ts";
import { startRedis } from "../services/redis.ts";
import { ServerEnded, type ServerOptions, startServer } from "./server.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-stop-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("it ends in order when it is told to, and its lines name the installation", async () => {
  const server = await startServer({ data: join(folder, "data"), env: { PIXSIM_ENV: "staging-2", PIXSIM_LOG_LEVEL: "debug" } });
  expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  const lines = server.output().match(/^\{.*"env":.*\}$/gm) ?? [];
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ env: "staging-2" });
});

/** Makes the program's file another one as it is loaded: `source` is its text. */
const changed = (file: string, source: string): string => {
  const hook = `import { registerHooks } from "node:module";
registerHooks({ load: (url, context, next) => {
  const loaded = next(url, context);
  if (!url.endsWith(${JSON.stringify(`/ops/${file}`)})) return loaded;
  const source = String(loaded.source);
  return { ...loaded, source: ${source} };
} });`;
  return `--import=data:text/javascript,${encodeURIComponent(hook)}`;
};

test.each([
  ["a file is empty that is just being written", "start.ts", `""`, /^PixSim has ended before it began \(exit code 0\)\. .+$/m],
  [
    "a part of it is called off",
    "serve.ts",
    `source.replace("const auth = yield* Auth;", "const auth = yield* Effect.interrupt;")`,
    /^PixSim cannot start: a part of it was called off, .+$/m,
  ],
])("it does not end without a word where %s", async (_what, file, source, line) => {
  const env = { NODE_OPTIONS: changed(file, source) };
  const error: unknown = await startServer({ data: join(folder, crypto.randomUUID()), env }).catch((reason: unknown) => reason);
  if (!(error instanceof ServerEnded)) throw new Error("it has started");
  expect(error.exit).toEqual({ code: 1, signal: null });
  expect(error.output).toMatch(line);
});

test("it ends in order, and without a word, where it is told to while it starts", async () => {
  const told = "yield* Effect.andThen(Effect.sync(() => process.kill(process.pid, 'SIGTERM')), Effect.never)";
  const env = { NODE_OPTIONS: changed("serve.ts", `source.replace("yield* Auth;", ${JSON.stringify(`${told};`)})`) };
  const error: unknown = await startServer({ data: join(folder, crypto.randomUUID()), env }).catch((reason: unknown) => reason);
  if (!(error instanceof ServerEnded)) throw new Error("it has started");
  expect(error.exit).toEqual({ code: 0, signal: null });
  expect(error.output).not.toMatch(/^PixSim/m);
});

describe("it says in one line why it cannot start", () => {
  let postgres: RunningPostgres;
  beforeAll(async () => {
    postgres = await startPostgres({ durable: false });
  });
  afterAll(() => postgres.stop());

  const refusal = async (env: Readonly<Record<string, string>>, how: Pick<ServerOptions, "through" | "args"> = {}): Promise<string> => {
    const data = join(folder, crypto.randomUUID());
    const error: unknown = await startServer({ data, env, ...how }).catch((reason: unknown) => reason);
    if (!(error instanceof ServerEnded)) throw new Error("it was not refused");
    expect(error.exit.code).toBe(1);
    return /^PixSim cannot start: (.*)$/m.exec(error.output)?.[1] ?? error.output;
  };

  test("a database that does not answer", async () => {
    expect(await refusal({ DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" })).toMatch(/^PostgreSQL at 127.0.0.1:1 does not answer/);
  });

  test("a demonstration in what others may use", async () => {
    const args = ["--demo"];
    expect(await refusal({ DATABASE_URL: postgres.url }, { args })).toMatch(/^--demo adds sample accounts .* DATABASE_URL may lead to/);
    expect(await refusal({ REDIS_URL: "redis://127.0.0.1:1" }, { args })).toMatch(/^--demo adds sample accounts .* REDIS_URL may lead to/);
  });

  test("a database of a newer program", async () => {
    const sql = connect(postgres.url, { max: 1, onnotice: () => {} });
    await sql`create table schema_migration (version integer, name text, sha256 text)`;
    await sql`insert into schema_migration values (9999, '9999_next.sql', 'x')`;
    try {
      expect(await refusal({ DATABASE_URL: postgres.url })).toMatch(
        /^The database was used by a newer PixSim \(it has the migration 9999_next.sql\)/,
      );
    } finally {
      await sql`drop table schema_migration`;
      await sql.end();
    }
  });

  test("a database behind a socket that it may not use", async () => {
    const sql = connect(postgres.url, { max: 1 });
    const [row] = await sql<Array<{ folder: string }>>`select current_setting('unix_socket_directories') as folder`;
    await sql.end();
    const url = new URL(postgres.url);
    // The folder is its user's alone. To root every folder is open, unless it gives that privilege up.
    await chmod(row!.folder, 0o000);
    const bound = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : ["env"];
    try {
      const socket = `postgres://pixsim@${encodeURIComponent(row!.folder)}:${url.port}/postgres`;
      expect(await refusal({ DATABASE_URL: socket }, { through: bound })).toMatch(
        /^PostgreSQL at \S+ does not let this user in \(connect EACCES \S+\)\. Let it use that folder, or correct DATABASE_URL\.$/,
      );
    } finally {
      await chmod(row!.folder, 0o700);
    }
  });

  test("a Redis that refuses the password", async () => {
    const redis = await startRedis({ durable: false });
    try {
      const line = await refusal({ DATABASE_URL: postgres.url, REDIS_URL: `redis://pixsim:hush-hush@${redis.host}:${redis.port}` });
      expect(line).toMatch(/^Redis at redis:\/\/127.0.0.1:\d+ refuses: WRONGPASS.*Correct the user and password in REDIS_URL\.$/);
    } finally {
      await redis.stop();
    }
  });
});
