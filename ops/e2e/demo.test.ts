// `npm start -- --demo`: all providers can be tried without a key, and a story is there that also plays by itself, also after it was stopped and started again.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Client } from "#protocol/client/client.ts";
import { siteOf } from "#protocol/client/story-site.ts";
import { openBrowser, openDevice } from "./browser.ts";
import { serveFolder } from "./folder-server.ts";
import { firstAdmin, typedClient } from "./people.ts";
import { type RunningServer, startServer } from "./server.ts";

const everywhere = ["comfyui", "fal", "openaiVideos", "pixverse", "replicate"].flatMap((provider) => [provider, provider]);
/** One account at fal is removed before the restart. */
const left = everywhere.toSpliced(everywhere.indexOf("fal"), 1);

/** As a person exports it in the workspace, and unpacks it. */
const exportStory = async (server: RunningServer, client: Client, folder: string): Promise<void> => {
  const { latest, title } = (await client.call("scenes.list", {})).scenes.find(({ versions }) => versions === 1)!;
  const site = await siteOf(client.call, (path) => fetch(`http://127.0.0.1:${server.port}${path}`), { title, versionId: latest!.id });
  expect(site.missing).toBe(0);
  for await (const { name, input } of site.files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), typeof input === "string" ? input : new Uint8Array(await input.arrayBuffer()));
  }
};

/** There is no server of PixSim's any more. */
const playExport = async (folder: string): Promise<void> => {
  const host = await serveFolder(folder);
  const browser = await openBrowser();
  try {
    const device = await openDevice(browser);
    const page = await device.open();
    await page.goto(host.url);
    await page.getByRole("heading", { name: "The lighthouse" }).waitFor();
    await page.getByRole("button", { name: "Play" }).press("Enter");
    await page.getByText("This evening it stays dark").waitFor();
    await page.getByRole("button", { name: "To the keeper's cottage" }).press("Enter");
    await page.getByText("Mara sleeps at her table").waitFor();
    expect(device.complaints()).toEqual([]);
  } finally {
    await browser.close();
    host.close();
  }
};

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
        if (prompt === "a fox") await exportStory(server, client, join(folder, "story"));
        const removed = (await ready()).find(({ provider }) => provider === "fal");
        if (prompt === "a fox") await client.call("accounts.remove", { id: removed!.id });
        client.close();
        await server.kill();
        if (prompt === "a fox") server = await startServer({ ...options, port: server.port });
      }
      await playExport(join(folder, "story"));
      expect(library[1]).toEqual(library[0]);
      expect(addresses[0]!.filter((address) => addresses[1]!.includes(address))).toEqual([]);
    } finally {
      await server.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    }
  },
);
