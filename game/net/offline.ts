// Has the service worker keep what the player opens with the next time, also without a network: its own files, and what this page loaded
// before the worker was there.
import * as z from "zod";

const FileNames = z.array(z.string());

/** Rejects where the browser has no use for a worker. */
export const keepOffline = async (workers: ServiceWorkerContainer): Promise<void> => {
  const here = (name: string): string => new URL(name, document.baseURI).href;
  await workers.register(here("sw.js"));
  const { active } = await workers.ready;
  const names = await fetch(here("files.json")).then(async (answer) => FileNames.safeParse(await answer.json()).data ?? []);
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  active?.postMessage({ keep: [here("./"), ...names.map(here), ...loaded.filter((url) => url.startsWith("http"))] });
};
