// A data folder that cannot be used: full or read-only, at the start and while the server runs, or another server's. Works as any user:
// a limit on the size of files stands for a full disk everywhere, and where this user may mount one, a small disk is filled besides.
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import sharp from "sharp";
import { copyFreshData } from "#db/client/testing.ts";
import type { Grant } from "#protocol/auth.ts";
import type { Job } from "#protocol/job.ts";
import { encodeUploadChunk } from "#protocol/wire/codec.ts";
import type { ServerFrame } from "#protocol/wire/frames.ts";
import type { TestClient } from "#runtime/gateway/testing.ts";
import { childrenOf, readDatabase } from "./data.ts";
import { enter, firstAdmin } from "./people.ts";
import { type RunningServer, ServerEnded, type ServerOptions, startServer } from "./server.ts";

// Bounds for a machine that does much else meanwhile: each of these waits for a signal.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const megabyte = 1024 * 1024;
/** Of the small disk: what an upload leaves free, what the server needs, and some. */
const diskBytes = 480 * megabyte;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-disk-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const works = (program: string, ...args: ReadonlyArray<string>): boolean => {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Runs what follows with a new disk of this size at the path, which nobody else sees. */
const onSmallDisk = (path: string, bytes: number): ReadonlyArray<string> => [
  "unshare",
  "--map-root-user",
  "--mount",
  "sh",
  "-c",
  'mount -t tmpfs -o size="$1" none "$0" && shift && exec "$@"',
  path,
  String(bytes),
];
const canMount = works("unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", tmpdir());
if (!canMount) console.log("This user may not mount a disk here: a full disk is tried by a limit on the size of files only.");

/** To root no folder is read-only, unless it gives that privilege up. */
const bound: ReadonlyArray<string> = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : ["env"];

/** How it ends and what it tells a person; log lines are for machines. */
const refusal = async (options: ServerOptions) => {
  try {
    await (await startServer(options)).kill();
    throw new Error("It started.");
  } catch (error) {
    if (!(error instanceof ServerEnded)) throw error;
    return { code: error.exit.code, lines: error.output.split("\n").filter((line) => line !== "" && !line.startsWith("{")) };
  }
};
const told = (data: string, what: string) => ({
  code: 1,
  lines: [expect.stringMatching(new RegExp(`^PixSim cannot start: .*${data}.*${what}`))],
});

describe("at the start one line says why, and the exit code is 1", () => {
  test("no file can be written", async () => {
    const data = join(folder, "limited");
    expect(await refusal({ data, through: ["prlimit", "--fsize=0"] })).toEqual(told(data, "full"));
  });

  test("the folder is read-only", async () => {
    const data = join(folder, "read-only");
    await mkdir(data, { mode: 0o555 });
    expect(await refusal({ data, through: bound })).toEqual(told(data, "cannot be written"));
    expect(await readdir(data)).toEqual([]);
  });

  test("the folder is a file", async () => {
    const data = join(folder, "file");
    await writeFile(data, "");
    expect(await refusal({ data })).toEqual(told(data, "is not a folder"));
  });

  test.runIf(canMount)("the disk is too small", async () => {
    const data = join(folder, "small");
    await mkdir(data);
    expect(await refusal({ data, through: onSmallDisk(data, 8 * megabyte) })).toEqual(told(data, "full"));
  });
});

const request = (prompt: string, more: object = {}) => ({
  operation: "text_to_video",
  provider: "studio",
  params: { prompt, seed: 1, duration: 1, quality: "360p", fps: 24, audio: false },
  ...more,
});
const far = Date.now() + 86_400_000;

/** Asks for a job that comes tomorrow: its id, or the code of the error. */
const order = async (client: TestClient, prompt: string): Promise<string> => {
  const answer = await client.call("jobs.create", { request: request(prompt, { scheduledFor: far }) });
  return typeof answer === "string" ? answer : (answer as { jobs: Array<Job> }).jobs[0]!.id;
};
const stateOf = async (client: TestClient, id: string): Promise<unknown> => {
  const answer = await client.call("jobs.get", { id });
  return typeof answer === "string" ? answer : (answer as Job).state;
};

describe("while it runs", () => {
  let server: RunningServer;
  let grant: Grant;
  let client: TestClient;
  afterEach(async () => {
    await server.kill();
  });

  interface Disk {
    readonly through: (data: string) => ReadonlyArray<string>;
    readonly fill: (data: string) => Promise<void>;
    readonly free: (data: string) => Promise<void>;
  }
  /** Of the server and of the media processes that it has started: each has a limit of its own. */
  const limit = (bytes: string) => async (): Promise<void> => {
    execFileSync("prlimit", [`--pid=${server.pid}`, `--fsize=${bytes}:`]);
    // One that has ended meanwhile needs none.
    for (const pid of await childrenOf(server.pid)) works("prlimit", `--pid=${pid}`, `--fsize=${bytes}:`);
  };
  /** The disk as the server sees it. */
  const filler = (data: string): string => join(`/proc/${server.pid}/root`, data, "filler");
  const disks: ReadonlyArray<readonly [name: string, disk: Disk]> = [
    ["no file can be written any more", { through: () => ["env"], fill: limit("0"), free: limit("unlimited") }],
    ...(canMount
      ? [
          [
            "the disk is full",
            {
              through: (data: string) => onSmallDisk(data, diskBytes),
              fill: async (data: string) => {
                const file = await open(filler(data), "w");
                const fill = async (): Promise<void> => {
                  for (const part = Buffer.alloc(4 * megabyte); ;) await file.write(part);
                };
                await expect(fill()).rejects.toMatchObject({ code: "ENOSPC" });
                await file.close();
              },
              free: (data: string) => rm(filler(data)),
            },
          ] as const,
        ]
      : []),
  ];

  test.each(disks)("%s: callers are told, and all that was accepted goes on when there is space again", async (name, disk) => {
    const data = join(folder, name.replaceAll(" ", "-"));
    // Making the database is most of a first start. A disk hides it.
    await copyFreshData(data);
    server = await startServer({ data, through: disk.through(data) });
    grant = await firstAdmin(server);
    client = await enter(server, grant);
    const picture = await sharp({
      create: { width: 600, height: 600, channels: 3, background: "#000", noise: { type: "gaussian", mean: 128, sigma: 60 } },
    })
      .png()
      .toBuffer();
    const half = 300_000;
    expect(picture.length).toBeGreaterThan(2 * half);
    const accepted = [await order(client, "before")];
    const { jobs } = (await client.call("jobs.create", { request: request("#slow:2 going on meanwhile") })) as { jobs: Array<Job> };
    const running = jobs[0]!.id;
    type Begun = { readonly stream: number; readonly uploadId: string; readonly offset: number };
    type Answer = Extract<ServerFrame, { t: "ack" | "abort" }>;
    const begun = (await client.call("assets.beginUpload", { name: "noise.png", size: picture.length })) as Begun;
    const send = (stream: number, from: number, to: number): Promise<Answer> => {
      client.socket.send(encodeUploadChunk({ stream, offset: from, bytes: picture.subarray(from, to) }));
      return client.find((frame): frame is Answer => (frame.t === "ack" || frame.t === "abort") && frame.stream === stream);
    };
    expect(await send(begun.stream, 0, half)).toMatchObject({ t: "ack", offset: half });

    await disk.fill(data);
    expect(await send(begun.stream, half, picture.length)).toMatchObject({ t: "abort", e: { code: "storage_full" } });
    expect(await client.call("assets.beginUpload", { name: "more.png", size: 10 })).toBe("storage_full");
    // What finds room within what the database holds already may still be accepted: then it is.
    const answers: Array<string> = [];
    const nextAnswer = async (): Promise<string> => {
      const answer = await order(client, `meanwhile ${answers.length}`);
      answers.push(answer);
      if (answer.startsWith("job_")) accepted.push(answer);
      return answer;
    };
    await expect.poll(nextAnswer, { timeout: 100_000, interval: 100 }).toBe("storage_full");
    // Opening the database again may take a loaded machine longer than a call may.
    expect(answers.filter((answer) => !/^(?:job_.*|storage_full|unavailable|deadline_exceeded)$/.test(answer))).toEqual([]);
    expect(await client.call("system.ping", { echo: "alive" })).toMatchObject({ echo: "alive" });

    await disk.free(data);
    await expect.poll(nextAnswer, { timeout: 100_000, interval: 100 }).toMatch(/^job_/);
    const again = (await client.call("assets.resumeUpload", { uploadId: begun.uploadId })) as Begun;
    expect(again.offset).toBeGreaterThanOrEqual(half);
    expect(await send(again.stream, again.offset, picture.length)).toMatchObject({ t: "ack", offset: picture.length });
    const sha256 = Buffer.from(await crypto.subtle.digest("SHA-256", new Uint8Array(picture))).toString("hex");
    expect(await client.call("assets.finishUpload", { uploadId: begun.uploadId, sha256 })).toMatchObject({ sha256 });
    await expect.poll(() => stateOf(client, running), { timeout: 100_000, interval: 100 }).toBe("completed");
    for (const id of accepted) expect([id, await stateOf(client, id)]).toEqual([id, "scheduled"]);
  });

  test("folders that become read-only are told, and another server on them is refused without harm to the first", async () => {
    const data = join(folder, "shared");
    await copyFreshData(data);
    server = await startServer({ data, through: bound });
    grant = await firstAdmin(server);
    client = await enter(server, grant);
    const accepted = await order(client, "before");
    const folders = async () => [
      data,
      ...(await readdir(data, { recursive: true, withFileTypes: true })).flatMap((entry) =>
        entry.isDirectory() ? [join(entry.parentPath, entry.name)] : [],
      ),
    ];
    const all = await folders();
    for (const path of all) await chmod(path, 0o555);
    const refused = await client.call("assets.beginUpload", { name: "a.png", size: 10 });
    const { jobs } = (await client.call("jobs.create", { request: request("when it can be written again") })) as { jobs: Array<Job> };
    // The job tells, or the database itself: where a checkpoint is due just then, it ends and cannot be opened again.
    const toldBy = async () => {
      const answer = (await client.call("jobs.get", { id: jobs[0]!.id })) as Job | "storage_full";
      return answer === "storage_full" ? "storage" : answer.failure?.kind;
    };
    await expect.poll(toldBy, { timeout: 100_000, interval: 50 }).toBe("storage");
    for (const path of all) await chmod(path, 0o755);
    expect(refused).toBe("storage_full");
    await expect
      .poll(() => client.call("assets.beginUpload", { name: "a.png", size: 10 }), { timeout: 10_000 })
      .toMatchObject({ offset: 0 });
    await expect.poll(() => stateOf(client, jobs[0]!.id), { timeout: 100_000, interval: 100 }).toBe("completed");

    expect(await refusal({ data })).toEqual(told(data, `is used by process ${server.pid}\\.`));
    expect(await stateOf(client, accepted)).toBe("scheduled");
    const after = await order(client, "after");
    client.socket.close();
    await server.kill("SIGKILL");
    const rows = await readDatabase(data, async (sql) => (await sql<Array<{ id: string }>>`select id from job`).map(({ id }) => id));
    expect(rows.sort()).toEqual([accepted, after, jobs[0]!.id].sort());
  });
});
