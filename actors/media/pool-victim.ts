// A process for the pool's tests to kill: it starts a pool, begins a long render and tells the pids of its children.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Effect, Layer } from "effect";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { Media } from "./media.ts";
import { mediaPool } from "./pool.ts";

const folder = process.argv[2] ?? "";
const children = async (): Promise<ReadonlyArray<number>> => {
  const pids: Array<number> = [];
  for (const name of await readdir("/proc")) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, "utf8").catch(() => "") : "";
    if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === process.pid) pids.push(Number(name));
  }
  return pids;
};

const long = { operation: "text_to_video", params: { prompt: "a long one", duration: 15, quality: "540p" }, inputs: [] } as const;
let told = false;
const tell = (): void => {
  if (told) return;
  told = true;
  void children().then((pids) => process.send?.(pids));
};

await Effect.runPromise(
  Effect.scoped(Effect.flatMap(Media, (media) => media.render(long, join(folder, "victim.mp4"), tell))).pipe(
    Effect.provide(mediaPool().pipe(Layer.provide(Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder }))))),
  ),
);
