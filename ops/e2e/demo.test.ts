// `npm start -- --demo`: all providers can be tried without a key, and a story is there, also after it was stopped and started again.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { firstAdmin, typedClient } from "./people.ts";
import { startServer } from "./server.ts";

const everywhere = ["comfyui", "fal", "openaiVideos", "pixverse", "replicate"].flatMap((provider) => [provider, provider]);
/** One account at fal is removed before the restart. */
const left = everywhere.toSpliced(everywhere.indexOf("fal"), 1);

test(
  "sample accounts at every provider and a published story are ready; after a restart they are led to where the simulators are, and what was removed stays away",
  { timeout: 240_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "pixsim-demo-"));
    const options = { data: join(folder, "data"), args: ["--demo"], env: { PIXSIM_PROVIDER_SPEED: "50" } };
    let server = await startServer(options);
    const grant = await firstAdmin(server);
    const addresses: Array<ReadonlyArray<unknown>> = [];
    const library: Array<ReadonlyArray<readonly [id: string, title: string, versions: number]>> = [];
    try {
      for (const [prompt, expected] of [
        ["a fox", everywhere],
        ["a fox once more", left],
      ] as const) {
        const client = typedClient(server, grant);
        const ready = async () => (await client.call("accounts.list", {})).accounts.filter(({ state }) => state === "available");
        await expect.poll(async () => (await ready()).map(({ provider }) => provider).sort(), { timeout: 30_000 }).toEqual(expected);
        addresses.push((await ready()).map(({ settings }) => settings["baseUrl"]));
        const { jobs } = await client.call("jobs.create", {
          request: { operation: "text_to_video", provider: "pixverse", params: { prompt } },
        });
        await expect.poll(async () => (await client.call("jobs.get", { id: jobs[0]!.id })).state, { timeout: 30_000 }).toBe("completed");
        const scenes = async () =>
          (await client.call("scenes.list", {})).scenes.map(({ id, title, versions }) => [id, title, versions] as const);
        await expect
          .poll(async () => (await scenes()).map(([, title, versions]) => `${title} ${versions}`).sort(), {
            timeout: 150_000,
            interval: 500,
          })
          .toEqual(["The crossing 0", "The lighthouse 1"]);
        library.push(await scenes());
        const removed = (await ready()).find(({ provider }) => provider === "fal");
        if (prompt === "a fox") await client.call("accounts.remove", { id: removed!.id });
        client.close();
        await server.kill();
        if (prompt === "a fox") server = await startServer({ ...options, port: server.port });
      }
      expect(library[1]).toEqual(library[0]);
      expect(addresses[0]!.filter((address) => addresses[1]!.includes(address))).toEqual([]);
    } finally {
      await server.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    }
  },
);
