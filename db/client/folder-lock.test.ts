import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FolderInUse, lockFolder } from "./folder-lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

const lock = () => readFile(join(folder, "lock"), "utf8");
const refusal = () =>
  lockFolder(folder).then(
    () => undefined,
    (error: unknown) => error,
  );

test("a second one is told who has the folder; it is free when that is done", async () => {
  const unlock = await lockFolder(folder);
  const refused = await refusal();
  expect(refused).toBeInstanceOf(FolderInUse);
  expect((refused as Error).message).toContain(`is used by process ${process.pid}. Stop that one`);
  await unlock();
  expect(await readdir(folder)).toEqual([]);
  await (
    await lockFolder(folder)
  )();
});

test("a process of its own is refused too, and takes over when the first was killed", async () => {
  const script = `
    import { lockFolder } from ${JSON.stringify(new URL("./folder-lock.ts", import.meta.url).href)};
    try { await lockFolder(${JSON.stringify(folder)}); console.log("locked"); setInterval(() => {}, 1000); }
    catch (error) { console.log(error.message); }`;
  const start = () => spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const said = async (child: ReturnType<typeof start>) => String((await once(child.stdout!, "data"))[0]).trim();
  const first = start();
  expect(await said(first)).toBe("locked");
  const second = start();
  expect(await said(second)).toContain(`used by process ${first.pid}`);
  expect(await refusal()).toBeInstanceOf(FolderInUse);
  first.kill("SIGKILL");
  await once(first, "exit");
  await (
    await lockFolder(folder)
  )();
});

test.runIf(process.platform === "linux")(
  "the lock of a process that is dead, but whose parent has not heard of it, is taken over",
  async () => {
    const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec tail -f /dev/null"], { stdio: ["ignore", "pipe", "inherit"] });
    const pid = String((await once(parent.stdout!, "data"))[0]).trim();
    const stat = async () => (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]!.split(" ");
    // From here on nobody there asks for what became of others.
    await expect.poll(() => readFile(`/proc/${parent.pid}/comm`, "utf8")).toBe("tail\n");
    process.kill(Number(pid), "SIGKILL");
    await expect.poll(async () => (await stat())[0]).toBe("Z");
    const unlock = await lockFolder(folder);
    const [, , where] = (await lock()).trim().split(" ");
    await unlock();
    await writeFile(join(folder, "lock"), `${pid} ${(await stat())[19]} ${where}\n`);
    await (
      await lockFolder(folder)
    )();
    parent.kill("SIGKILL");
    await once(parent, "exit");
  },
);

test("the lock of a dead process, of one whose number was given again, and an empty one are taken over", async () => {
  const { pid } = spawnSync("true");
  const unlock = await lockFolder(folder);
  const [, startedAt, where] = (await lock()).trim().split(" ");
  await unlock();
  for (const stale of [`${pid} 1 ${where}\n`, `${process.pid} ${Number(startedAt) - 1} ${where}\n`, "", "nonsense"]) {
    await writeFile(join(folder, "lock"), stale);
    const release = await lockFolder(folder);
    expect(await lock()).toBe(`${process.pid} ${startedAt} ${where}\n`);
    await release();
  }
});

test("where the process cannot be seen, a lock that is touched is held and one that is not is a dead one's", async () => {
  await writeFile(join(folder, "lock"), "1 1 another/container\n");
  expect(((await refusal()) as Error).message).toContain("another container or computer");
  const past = new Date(Date.now() - 60_000);
  await utimes(join(folder, "lock"), past, past);
  await (
    await lockFolder(folder)
  )();
});

test("of many that find a dead one's lock, one gets it", async () => {
  const { pid } = spawnSync("true");
  for (let round = 0; round < 10; round++) {
    await writeFile(join(folder, "lock"), `${pid} 1 \n`);
    const past = new Date(Date.now() - 60_000);
    await utimes(join(folder, "lock"), past, past);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
    const taken = results.filter((result) => result.status === "fulfilled");
    expect(taken).toHaveLength(1);
    await taken[0]!.value();
  }
});
