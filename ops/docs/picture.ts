// `npm run picture`: makes the README's picture anew. The real server on a folder of its own makes videos while real Chromium shows the
// workspace, arranged as a person may arrange it, with the simulated providers of the demonstration at work.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { buildFrontEnds } from "../build.ts";
import { generate, jobOf, openGallery, panel, promptField, signIn, stands, tile } from "../e2e/pages.ts";
import { openStudio, password } from "../e2e/studio.ts";

const file = fileURLToPath(new URL("./workspace.webp", import.meta.url));
/** px of the page; the picture has twice as many each way. */
const viewport = { width: 1600, height: 1000 };
/** Bytes that a README may make people load. */
const limit = 400_000;
/** How long all the videos may take, ms. */
const patience = 300_000;

/** Made in this order, so the last stands first in the lists. */
const prompts = [
  "an astronaut on the moon, purple nebula",
  "three orange koi under water, drifting",
  "a red train through golden hills at sunset",
  "a neon city in the rain, flying cars",
  "a stag in the snowy forest, fog",
  "a white sailing boat on a turquoise lagoon",
  "a dragon over a castle at sunset",
];
const shown = "a red fox in the snow at dawn, slow pan to the right";
/** At other providers, on the sample accounts; they take their time, as those do. */
const elsewhere = [
  ["pixverse", "a lighthouse in a storm, waves against the rocks"],
  ["fal", "paper lanterns rise over a river at night"],
  ["replicate", "macro of a bee on lavender, morning dew"],
] as const;
const running = "a wolf in the moonlit forest, slow zoom in";
const next = "an owl over a lake, golden morning mist";

const at = (page: Page, provider: string) => page.getByLabel("Provider", { exact: true }).selectOption(provider);

/** What has been told is put away. */
const dismissToasts = async (page: Page): Promise<void> => {
  const close = page.getByRole("button", { name: "Dismiss" });
  while ((await close.count()) > 0) await close.first().click();
};

const ask = async (page: Page, prompt: string, quality: string, seconds: number): Promise<void> => {
  await page.getByRole("group", { name: "Quality" }).getByText(quality, { exact: true }).click();
  await page.getByLabel("Duration", { exact: true }).fill(String(seconds));
  await promptField(page).fill(prompt);
  await generate(page);
  await jobOf(page, prompt).waitFor();
};

/** Jobs above the gallery and the player, each other panel in a column of its own. */
const arrange = async (page: Page): Promise<void> => {
  const gallery = await openGallery(page);
  await page.locator(".dv-groupview").filter({ hasText: "Gallery" }).getByRole("button", { name: "Panel menu" }).click();
  await page.getByRole("menuitem", { name: "Split downwards" }).click();
  await tile(gallery, shown).dblclick();
  await panel(page, "Asset").locator("video").waitFor();
  const { width, height } = (await gallery.boundingBox()) ?? viewport;
  const tab = page.getByRole("tab", { name: shown, selected: true });
  await tab.dragTo(gallery, { targetPosition: { x: width - 60, y: height / 2 } });
};

await buildFrontEnds(() => console.log("Building the pages …"));
const studio = await openStudio({ PIXSIM_PROVIDER_SPEED: "1" }, ["--demo"]);
try {
  const context = await studio.browser.newContext({ viewport, deviceScaleFactor: 2, colorScheme: "dark", reducedMotion: "reduce" });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  await signIn(page, studio.url, "admin", password);
  for (const prompt of prompts) await ask(page, prompt, "360p", 2);
  await ask(page, shown, "720p", 2);
  const gallery = panel(page, "Gallery");
  await openGallery(page);
  for (const prompt of [...prompts, shown]) await tile(gallery, prompt).waitFor();
  await arrange(page);
  for (const [provider, prompt] of elsewhere) {
    await at(page, provider);
    await promptField(page).fill(prompt);
    await panel(page, "Generate")
      .getByRole("button", { name: /^Generate/ })
      .click();
    await jobOf(page, prompt).waitFor();
  }
  await at(page, "studio");
  await ask(page, running, "540p", 6);
  const job = jobOf(page, running);
  await stands(job, "Processing");
  await at(page, "pixverse");
  await promptField(page).fill(next);
  await page.getByRole("tab", { name: "Jobs", exact: true }).click();
  // Far enough on that its bar can be seen, and with time to spare for the picture.
  await job.getByText(/^[2-6]\d %/).waitFor();
  await dismissToasts(page);
  const png = await page.screenshot();
  const webp = await sharp(png).webp({ quality: 80, effort: 6, smartSubsample: true }).toBuffer();
  if (webp.length > limit) throw new Error(`The picture has ${webp.length} bytes, ${limit} are allowed.`);
  await writeFile(file, webp);
  console.log(`${file}: ${Math.round(webp.length / 1024)} KiB`);
} finally {
  await studio.close();
}
