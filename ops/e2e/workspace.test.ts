// The workspace as a person uses it, in a real browser on the real server: signs in, makes every kind of video, plays it.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { makeClip } from "#actors/media/testing.ts";
import { bodyOf, choice, clip } from "#protocol/scene/testing.ts";
import { openDevice, patience, untrusted } from "./browser.ts";
import {
  chooseFiles,
  chooseOperation,
  generate,
  giveFile,
  jobOf,
  jobRow,
  liveMark,
  openGallery,
  openWorkspace,
  plainPicture,
  panel,
  pick,
  playResult,
  promptField,
  recordStates,
  redeem,
  signIn,
  slot,
  stands,
  tile,
} from "./pages.ts";
import { typedClient } from "./people.ts";
import { openStudio, password, type Studio } from "./studio.ts";

let studio: Studio;
let page: Page;

beforeAll(async () => {
  studio = await openStudio();
}, 2 * patience);
afterAll(() => studio?.close());
beforeEach(async () => {
  page = await studio.device.open();
  await openWorkspace(page, studio.url);
});
afterEach(async () => {
  await page.close();
  expect(studio.device.complaints()).toEqual([]);
});

const picture = async (name: string, background: string): Promise<string> => {
  const path = join(studio.folder, name);
  await writeFile(path, (await plainPicture(name, background)).bytes);
  return path;
};
/** An asset stands in the slot. */
const holds = (title: string, name: string): Promise<void> => slot(page, title).getByRole("img", { name }).waitFor();

/** Asks for what the form holds, and watches the job through its states. `#slow` keeps it long enough in the one that matters. */
const make = async (prompt: string): Promise<Locator> => {
  const words = `${prompt} #slow:1`;
  await promptField(page).fill(words);
  const states = await recordStates(page, words);
  await generate(page);
  const job = jobOf(page, words);
  await stands(job, "Processing");
  await stands(job, "Completed");
  const order = ["Queued", "Waiting for slot", "Submitting", "Processing", "Downloading", "Ingesting", "Completed"];
  const seen = await states();
  expect(seen).toEqual(order.filter((state) => seen.includes(state)));
  expect(seen).toEqual(expect.arrayContaining(["Processing", "Completed"]));
  return job;
};

test("the sign-in link works once", async () => {
  const stranger = await openDevice(studio.browser);
  const door = await stranger.open();
  await redeem(door, studio.signInLink);
  await door.getByRole("alert").waitFor();
  expect(stranger.complaints()).toEqual([]);
  await stranger.context.close();
});

test("words become a video, and every step of its job can be seen", async () => {
  await chooseOperation(page, "Text to video");
  const job = await make("a red fox in the snow");
  await job.getByRole("button", { name: "Play", exact: true }).waitFor();
  const travel = job.getByRole("slider", { name: "Step of the job" });
  await travel.fill("0");
  await stands(job, "Waiting for slot");
  await job.getByRole("button", { name: "To the end" }).click();
  await stands(job, "Completed");
});

test("a prompt of the library is made better by a version, rated by what came of it, and its jobs say which version they are of", async () => {
  const library = panel(page, "Prompts");
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await library.getByRole("button", { name: "Add a prompt", exact: true }).click();
  const first = page.getByRole("dialog", { name: "Save to the library" });
  await first.getByLabel("Title", { exact: true }).fill("Owl");
  await first.getByLabel("Text", { exact: true }).fill("an owl in the {oak|oak}");
  await first.getByRole("button", { name: "Save" }).click();
  await first.waitFor({ state: "detached" });
  const owl = library.getByRole("article", { name: "Owl" });
  await owl.getByRole("button", { name: "New version of it" }).click();
  const second = page.getByRole("dialog", { name: "A new version of “Owl”" });
  await second.getByLabel("Text", { exact: true }).fill("a barn owl in the {oak|oak}");
  await second.getByLabel("Note", { exact: true }).fill("of one kind");
  await second.getByRole("button", { name: "Save" }).click();
  await second.waitFor({ state: "detached" });
  const newest = owl.getByRole("region", { name: "Version 2", exact: true });
  await newest.getByLabel("Compare with").selectOption({ label: "Version 1" });
  expect(await newest.getByRole("insertion").allInnerTexts()).toEqual(["a barn"]);
  expect(await newest.getByRole("deletion").allInnerTexts()).toEqual(["an"]);

  await chooseOperation(page, "Text to video");
  await newest.getByRole("button", { name: "Use in Generate" }).click();
  await panel(page, "Generate").getByText("Owl, version 2").waitFor();
  await generate(page);
  const job = jobOf(page, "a barn owl in the oak");
  await stands(job, "Completed");
  await newest.getByText("1 video asked for, 1 made").waitFor();
  await newest.getByRole("group", { name: "Rating" }).getByText("4", { exact: true }).click();
  await owl
    .getByRole("button", { name: /^Version 2/ })
    .getByLabel("rated 4 of 5")
    .waitFor();
  await owl.getByRole("button", { name: "New version of it" }).click();
  await second.getByLabel("Text", { exact: true }).fill("a barn owl");
  await second.getByRole("button", { name: "Save" }).click();
  await owl.getByRole("region", { name: "Version 3", exact: true }).waitFor();
  await job.getByText("Request", { exact: true }).click();
  await job.getByText("a barn owl in the {oak|oak}").waitFor();
  await job.getByRole("button", { name: "“Owl”, version 2" }).click();
  await newest.getByText("1 video asked for, 1 made").waitFor();
});

test("a picture from the file chooser becomes a video", async () => {
  await chooseOperation(page, "Image to video");
  await chooseFiles(page, "Picture", [await picture("dawn.png", "#e8a060")]);
  await holds("Picture", "dawn");
  await make("slow zoom over the dawn");
});

test("a video that is dropped on the form is extended", async () => {
  const path = join(studio.folder, "waves.mp4");
  await makeClip(path, { width: 320, height: 180, frames: 24 });
  await chooseOperation(page, "Extend");
  await giveFile(slot(page, "Video"), "drop", { name: "waves.mp4", type: "video/mp4", bytes: await readFile(path) });
  await holds("Video", "waves");
  const job = await make("the waves go on");
  const player = await playResult(page, job);
  await expect.poll(() => player.evaluate((video: HTMLVideoElement) => video.duration), { timeout: patience }).toBeCloseTo(2, 0);
});

test("pictures from the gallery lead into one another", async () => {
  await chooseOperation(page, "Transition");
  await chooseFiles(page, "Pictures, in order", [await picture("noon.png", "#60a0e8"), await picture("night.png", "#102040")]);
  await holds("Pictures, in order", "noon");
  await holds("Pictures, in order", "night");
  await pick(page, "Pictures, in order", ["dawn.png"]);
  await holds("Pictures, in order", "dawn");
  await make("from noon to dawn");
});

test("a pasted subject is put before a background", async () => {
  await chooseOperation(page, "Fusion");
  await giveFile(promptField(page), "paste", await plainPicture("ball.png", "#d02040"));
  await holds("Subjects", "ball");
  await giveFile(slot(page, "Background"), "drop", await plainPicture("wall.png", "#c0c0b0"));
  await holds("Background", "wall");
  await make("@ball rests on the left");
});

/** Asks for a job that stays in processing for some seconds; answers its prompt. */
const begin = async (what: string, seconds: number): Promise<string> => {
  const prompt = `${what} #slow:${seconds}`;
  await chooseOperation(page, "Text to video");
  await promptField(page).fill(prompt);
  await generate(page);
  await stands(jobOf(page, prompt), "Processing");
  return prompt;
};

test("a job that is called off ends cancelled", async () => {
  const job = jobOf(page, await begin("a city in the rain", 300));
  await job.getByRole("button", { name: "Cancel" }).click();
  await stands(job, "Cancelled");
  await expect(job.getByRole("button", { name: "Play" }).count()).resolves.toBe(0);
});

test("a page that is loaded again in the middle of a job sees it go on", async () => {
  const prompt = await begin("a lighthouse at night", 4);
  await page.reload();
  const job = jobOf(page, prompt);
  await stands(job, "Processing");
  await stands(job, "Completed");
});

test("two browsers see the same job move", async () => {
  const other = await openDevice(studio.browser);
  const second = await other.open();
  await signIn(second, studio.url, "admin", password);
  // The layout is one for all devices: another panel may lie over the list.
  await second.keyboard.press("g");
  await second.keyboard.press("j");
  const prompt = await begin("a train in the hills", 5);
  await jobRow(second, prompt).click();
  await stands(jobOf(second, prompt), "Processing");
  for (const there of [page, second]) await stands(jobOf(there, prompt), "Completed");
  expect(other.complaints()).toEqual([]);
  await other.context.close();
});

test("a server that is killed under an open page comes back, and its job goes on", async () => {
  const prompt = await begin("a balloon over the sea", 3);
  await studio.device.duringOutage(async () => {
    await studio.killAndRestart();
    await liveMark(page).waitFor();
  });
  await stands(jobOf(page, prompt), "Completed");
});

test("a published story is played in the player, and gone on with after the server was killed under it; by a link it is played and followed without an account", async () => {
  const { device, url, folder } = studio;
  const server = { port: Number(new URL(url).port) };
  const anybody = typedClient(server);
  const client = typedClient(server, await anybody.call("auth.signIn", { login: "admin", password }));
  anybody.close();
  const path = join(folder, "story.mp4");
  await makeClip(path, { width: 320, height: 180, fps: 12, frames: 24, audio: "aac" });
  const { id: assetId } = await client.upload(new Uint8Array(await readFile(path)), { name: "story.mp4" });
  const segments = [{ id: "s", media: { kind: "asset" as const, assetId } }];
  const body = bodyOf({
    start: "hall",
    nodes: [
      clip("hall", { segments, offer: { prompt: { en: "Which door?" }, showAtMs: 0 } }),
      clip("cellar", { segments, caption: { en: "It is dark." } }),
      { id: "out", type: "end", ending: "out" },
    ],
    edges: [
      choice("down", "hall", "cellar", { text: { en: "The left one" } }),
      choice("up", "cellar", "out", { text: { en: "Back to the light" } }),
    ],
  });
  const { id: sceneId } = await client.call("scenes.create", { title: "The house", body });
  const { version } = await client.call("scenes.publish", { id: sceneId });

  const player = await device.open();
  await player.goto(`${url}/play/#scene=${sceneId}`);
  await player.getByRole("button", { name: "Play" }).click();
  await player.getByRole("button", { name: "The left one" }).click();
  await player.getByText("It is dark.").waitFor();
  await player.getByRole("button", { name: "Back to the light" }).waitFor();
  await device.duringOutage(async () => {
    await studio.killAndRestart();
    // Nobody waits for the server: what is chosen meanwhile is sent when it is back.
    await player.getByRole("button", { name: "Back to the light" }).click();
    await player.getByRole("heading", { name: "Out" }).waitFor();
    await liveMark(page).waitFor();
    // Also where the page does not see the server come back.
    await player.reload();
  });
  await player.getByRole("button", { name: "Go on" }).click();
  await player.getByRole("heading", { name: "Out" }).waitFor();
  await player.getByRole("button", { name: "Go back to a choice" }).click();
  await player.getByRole("button", { name: "Choose again" }).first().click();
  await player.getByRole("button", { name: "The left one" }).waitFor();

  // Who has a link needs no account, comes from any machine of the network, and goes on after a reload; who has another sees what the player does.
  const guest = await openDevice(studio.browser);
  const visitor = await guest.open();
  const { token } = await client.call("play.share", { of: { kind: "version", versionId: version.id } });
  const nearby = url.replace("127.0.0.1", untrusted);
  await visitor.goto(`${nearby}/play/#link=${token}`);
  await visitor.getByRole("button", { name: "Play" }).click();
  await visitor.getByRole("button", { name: "The left one" }).click();
  await visitor.getByText("It is dark.").waitFor();
  await visitor.reload();
  await visitor.getByRole("button", { name: "Go on" }).click();
  await visitor.getByRole("button", { name: "Back to the light" }).click();
  await visitor.getByRole("heading", { name: "Out" }).waitFor();
  client.close();
  await player.getByRole("button", { name: "Settings" }).click();
  await player.getByRole("button", { name: "Make a link" }).click();
  const following = await player.getByRole("textbox", { name: "The link" }).inputValue();
  await player.getByRole("button", { name: "Close" }).click();
  const follower = await guest.open();
  await follower.goto(following);
  await follower.getByRole("button", { name: "Watch" }).click();
  await player.getByRole("button", { name: "The left one" }).click();
  await follower.getByText("It is dark.").waitFor();
  // Who plays as a guest is told how to keep it, and comes back to where they were.
  await visitor.reload();
  await visitor.getByRole("link", { name: "Sign in" }).click();
  await visitor.getByText("what you played as a guest").waitFor();
  await visitor.getByLabel("E-mail or user name").fill("admin");
  await visitor.getByLabel("Password", { exact: true }).fill(password);
  await visitor.getByRole("button", { name: "Sign in" }).click();
  await visitor.getByText("So far: The left one · Back to the light").waitFor();
  expect(await visitor.getByRole("link", { name: "Sign in" }).count()).toBe(0);
  await visitor.getByRole("button", { name: "Go on" }).click();
  await visitor.getByRole("heading", { name: "Out" }).waitFor();
  expect(guest.complaints()).toEqual([]);
  await guest.context.close();
  await player.close();
});

test("who comes to what is being made sees that it is, goes on when it is there, and sees what stands in where it fails", async () => {
  const { device, url, folder } = studio;
  const server = { port: Number(new URL(url).port) };
  const anybody = typedClient(server);
  const client = typedClient(server, await anybody.call("auth.signIn", { login: "admin", password }));
  anybody.close();
  const path = join(folder, "before.mp4");
  await makeClip(path, { width: 320, height: 180, fps: 12, frames: 12, seed: 8 });
  const { id: assetId } = await client.upload(new Uint8Array(await readFile(path)), { name: "before.mp4" });
  const dream = (id: string, prompt: string) => ({
    id,
    type: "generation" as const,
    strategy: "per_playthrough" as const,
    prompt,
    durationMs: 1000,
    constraints: { quality: "360p" },
    fallback: { mode: "placeholder" as const, text: { en: "You see nothing." } },
  });
  const body = bodyOf({
    start: "bed",
    nodes: [
      clip("bed", { segments: [{ id: "s", media: { kind: "asset" as const, assetId } }], offer: { prompt: { en: "It is late." } } }),
      dream("fox", "a fox in the snow"),
      { id: "awake", type: "choice" as const, offer: { prompt: { en: "It is night." } } },
      dream("nothing", "a fog #filtered"),
      { id: "morning", type: "end", ending: "morning" },
    ],
    edges: [
      choice("sleep", "bed", "fox", { text: { en: "Sleep" } }),
      { id: "wakes", from: "fox", to: "awake", kind: "default" },
      choice("again", "awake", "nothing", { text: { en: "Sleep again" } }),
      { id: "ends", from: "nothing", to: "morning", kind: "default" },
    ],
  });
  const { id: sceneId } = await client.call("scenes.create", { title: "A dream", body });
  await client.call("scenes.publish", { id: sceneId });
  await client.call("accounts.pauseJobs", { paused: true });

  const player = await device.open();
  await player.goto(`${url}/play/#scene=${sceneId}`);
  await player.getByRole("button", { name: "Play" }).click();
  await player.getByRole("button", { name: "Sleep" }).click();
  const made = player.getByText("This scene is being made …");
  await made.waitFor();
  // The last picture stays meanwhile.
  const shown = () =>
    player.evaluate(() => [...document.querySelectorAll("video")].some((one) => one.style.opacity === "1" && one.readyState >= 2));
  expect(await shown()).toBe(true);
  await player.reload();
  await player.getByRole("button", { name: "Go on" }).click();
  await made.waitFor();
  await client.call("accounts.pauseJobs", { paused: false });
  await made.waitFor({ state: "detached" });
  await player.getByText("It is night.", { exact: true }).waitFor();
  expect(await shown()).toBe(true);
  await player.getByRole("button", { name: "Sleep again" }).click();
  await player.getByText("You see nothing.").waitFor();
  await player.getByRole("button", { name: "Go on" }).click();
  await player.getByRole("heading", { name: "Morning" }).waitFor();
  client.close();
  await player.close();
});

test("a result plays, seeks, and comes in ranges", async () => {
  await chooseOperation(page, "Text to video");
  const job = await make("a sailing boat at sunset");
  const ranged = page.waitForResponse((response) => response.status() === 206 && response.headers()["content-type"] === "video/mp4");
  const player = await playResult(page, job);
  await player.waitFor();
  expect((await ranged).headers()["content-range"]).toMatch(/^bytes 0-\d+\/\d+$/);
  await player.evaluate((video: HTMLVideoElement) => video.play());
  await expect.poll(() => player.evaluate((video: HTMLVideoElement) => video.currentTime), { timeout: patience }).toBeGreaterThan(0.1);
  const landed = await player.evaluate(
    (video: HTMLVideoElement) =>
      new Promise<number>((resolve) => {
        video.pause();
        video.addEventListener("seeked", () => resolve(video.currentTime), { once: true });
        video.currentTime = 0.75;
      }),
  );
  expect(landed).toBeCloseTo(0.75, 2);
  const part = await player.evaluate(async (video: HTMLVideoElement) => {
    const answer = await fetch(video.currentSrc, { headers: { range: "bytes=100-199" } });
    return { status: answer.status, range: answer.headers.get("content-range"), bytes: (await answer.arrayBuffer()).byteLength };
  });
  expect(part).toMatchObject({ status: 206, range: expect.stringMatching(/^bytes 100-199\//), bytes: 100 });
});

test("the gallery takes files that are dropped, pasted and chosen, and its trash gives them back", async () => {
  const gallery = await openGallery(page);
  await giveFile(gallery.getByRole("button", { name: "Videos" }), "drop", await plainPicture("plum.png", "#802060"));
  await tile(gallery, "plum").waitFor();
  await giveFile(gallery.getByRole("button", { name: "Videos" }), "paste", await plainPicture("moss.png", "#406020"));
  await tile(gallery, "moss").waitFor();
  const asked = page.waitForEvent("filechooser");
  await gallery.getByRole("button", { name: "Upload", exact: true }).click();
  await (await asked).setFiles([await picture("sand.png", "#d0b080")]);
  await tile(gallery, "sand").waitFor();

  await tile(gallery, "plum").click();
  await tile(gallery, "moss").click({ modifiers: ["Control"] });
  await page.keyboard.press("Delete");
  await tile(gallery, "plum").waitFor({ state: "detached" });
  await tile(gallery, "moss").waitFor({ state: "detached" });
  await gallery.getByRole("button", { name: "Trash" }).click();
  await tile(gallery, "plum").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await gallery.getByText("The trash is empty").waitFor();
  await gallery.getByRole("button", { name: "Back to the gallery" }).click();
  for (const name of ["plum", "moss", "sand"]) await tile(gallery, name).waitFor();
});

test("a video is walked through by frames, and one of them is kept", async () => {
  const path = join(studio.folder, "steps.mp4");
  await makeClip(path, { width: 320, height: 180, frames: 24, seed: 5 });
  const gallery = await openGallery(page);
  await giveFile(gallery.getByRole("button", { name: "Videos" }), "drop", {
    name: "steps.mp4",
    type: "video/mp4",
    bytes: await readFile(path),
  });
  await tile(gallery, "steps").click();
  const asset = panel(page, "Asset");
  await asset.locator("video").focus();
  await expect
    .poll(() => asset.locator("video").evaluate((video: HTMLVideoElement) => video.readyState), { timeout: patience })
    .toBeGreaterThanOrEqual(2);
  for (const key of [".", ".", ".", ","]) await page.keyboard.press(key);
  await asset.getByText("frame 3 of 24").waitFor();
  await expect
    .poll(() => asset.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime), { timeout: patience })
    .toBeCloseTo(2.5 / 24, 3);
  await asset.getByRole("button", { name: "Keep this frame as an image" }).click();
  await page.getByText("The frame is in the gallery").waitFor();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await asset.getByText("Made from").waitFor();
  await asset.getByRole("button", { name: /^steps/ }).click();
  await asset.getByText("frame 3 of 24").waitFor();
  await asset.getByText("Made of it").waitFor();
});

/** Resolves once the two have played so long (s of video) without being further from each other than a frame. */
const playTogether = (compare: Locator, seconds: number): Promise<void> =>
  compare.evaluate(
    (root, enough) =>
      new Promise<void>((resolve) => {
        const [first, second] = [...root.querySelectorAll("video")] as [HTMLVideoElement, HTMLVideoElement];
        let since = first.currentTime;
        requestAnimationFrame(function look() {
          const at = first.currentTime;
          const together = !first.paused && !second.paused && Math.abs(at - second.currentTime) <= 1 / 24;
          if (!together || at < since) since = at;
          if (at - since >= enough) resolve();
          else requestAnimationFrame(look);
        });
      }),
    seconds,
  );

test("two videos play in sync, also after one was thrown off; the shorter one waits at its end", { timeout: 4 * patience }, async () => {
  const paths = await Promise.all(
    [120, 96].map(async (frames, seed) => {
      const path = join(studio.folder, `take ${seed + 1}.mp4`);
      await makeClip(path, { width: 320, height: 180, frames, seed });
      return path;
    }),
  );
  const gallery = await openGallery(page);
  const asked = page.waitForEvent("filechooser");
  await gallery.getByRole("button", { name: "Upload", exact: true }).click();
  await (await asked).setFiles(paths);
  await tile(gallery, "take 1").click();
  await tile(gallery, "take 2").click({ modifiers: ["Control"] });
  await page.keyboard.press("c");
  const compare = panel(page, "Compare");
  await compare.getByRole("button", { name: "Play", exact: true }).click();
  await playTogether(compare, 2);
  await compare
    .locator("video")
    .first()
    .evaluate((video: HTMLVideoElement) => void (video.currentTime = 0));
  await playTogether(compare, 2);
  await compare.getByText("Ended: holds its last frame").waitFor();
  await page.keyboard.press("k");
  await page.keyboard.press("Home");
  for (const key of [".", ".", ".", ","]) await page.keyboard.press(key);
  await compare.getByText("frame 3 of 120").waitFor();
  const times = () => compare.locator("video").evaluateAll((videos) => videos.map((video) => (video as HTMLVideoElement).currentTime));
  await expect.poll(times, { timeout: patience }).toEqual([expect.closeTo(2.5 / 24, 3), expect.closeTo(2.5 / 24, 3)]);
  await page.keyboard.press("w");
  const line = compare.getByRole("slider", { name: "Line between the two videos" });
  await line.press("Home");
  await expect.poll(() => line.getAttribute("aria-valuenow"), { timeout: patience }).toBe("0");
});

/** Drags with the mouse from one point of the page to another. */
const drag = async (from: { readonly x: number; readonly y: number }, to: { readonly x: number; readonly y: number }): Promise<void> => {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
};

test("a scene is authored by keyboard and mouse, played in the editor, and published", async () => {
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await panel(page, "Scenes").getByRole("button", { name: "New", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Title").fill("Two ways");
  await dialog.getByRole("button", { name: "Create" }).click();
  const scene = panel(page, "Scene");
  const canvas = scene.getByRole("group", { name: /^Canvas/ });
  const node = (name: RegExp): Locator => canvas.getByRole("button", { name });
  const add = async (type: string): Promise<void> => {
    await canvas.press("n");
    await page.getByRole("menuitem", { name: type, exact: true }).click();
  };
  await add("Video");
  await node(/^Video.*the start, 0 ways on/).waitFor();
  await add("Ending");
  const video = node(/^Video Crossroads, the start/);
  await canvas.press("ArrowLeft");
  await scene.getByLabel("Title").fill("Crossroads");
  await node(/^Video Crossroads, the start, 1 way on/).waitFor();
  // A second way on: dragged out of the node's right side to where nothing is.
  const box = (await video.boundingBox())!;
  await drag({ x: box.x + box.width, y: box.y + box.height / 2 }, { x: box.x + box.width + 40, y: box.y + box.height + 40 });
  await page.getByRole("menuitem", { name: "Ending", exact: true }).click();
  await scene.getByLabel("Name of the ending").fill("woods");
  await node(/^Ending woods/).waitFor();
  await canvas.press("ArrowLeft");
  const at = (await video.boundingBox())!;
  await drag({ x: at.x + 60, y: at.y + 14 }, { x: at.x + 28, y: at.y + 46 });
  await scene.getByRole("button", { name: "Choice “…” to woods" }).click();
  await scene.getByLabel("What the choice says").fill("Into the woods");

  // A frame that is drawn around nodes selects them, and what is dragged comes to stand on the grid. All of them must be in view.
  const usual = page.viewportSize()!;
  await page.setViewportSize({ ...usual, width: usual.width + 1000 });
  await expect.poll(async () => (await canvas.boundingBox())?.width).toBeGreaterThan(650);
  const selected = () => canvas.locator("[data-node][data-selected]").evaluateAll((nodes) => nodes.map((one) => one.textContent));
  const endings = await Promise.all([/^Ending end/, /^Ending woods/].map(async (name) => (await node(name).boundingBox())!));
  const corner = (by: (...values: Array<number>) => number, out: number) => ({
    x: by(...endings.map(({ x, width }) => (out < 0 ? x : x + width))) + out,
    y: by(...endings.map(({ y, height }) => (out < 0 ? y : y + height))) + out,
  });
  await drag(corner(Math.min, -8), corner(Math.max, 8));
  await expect.poll(selected).toEqual([expect.stringContaining("end"), expect.stringContaining("woods")]);
  const places = () =>
    canvas.locator("[data-node][data-selected]").evaluateAll((nodes) => nodes.map((one) => (one as HTMLElement).style.translate));
  const [was] = endings as [{ readonly x: number; readonly y: number }, unknown];
  const before = await places();
  await drag({ x: was.x + 20, y: was.y + 12 }, { x: was.x + 57, y: was.y + 33 });
  await expect.poll(places).not.toEqual(before);
  const offGrid = async () =>
    (await places()).flatMap((text) => text.match(/-?\d+(\.\d+)?/g) ?? []).map((value) => Math.abs(Number(value) % 16));
  await expect.poll(offGrid).toEqual([0, 0, 0, 0]);

  // Who presses on the small map goes there.
  await canvas.press("n");
  await page.getByRole("menuitem", { name: "Choice", exact: true }).click();
  const map = (await canvas.locator(".scene-map").boundingBox())!;
  const left = async () => (await video.boundingBox())?.x ?? Number.NaN;
  const fromLeft = await left();
  // The video stands at the left end of it: whoever goes there has it further to the right.
  await page.mouse.click(map.x + 4, map.y + map.height / 2);
  await expect.poll(left).toBeGreaterThan(fromLeft);
  await page.setViewportSize(usual);
  await scene.getByText("Draft, saved").waitFor();
  await scene.getByRole("button", { name: "Play", exact: true }).click();
  const preview = scene.getByRole("region", { name: "Preview" });
  await preview.getByRole("button", { name: "Into the woods" }).click();
  await preview.getByText("The end: woods").waitFor();
  await scene.getByRole("button", { name: "Publish", exact: true }).click();
  await dialog.getByLabel("Note").fill("first");
  await dialog.getByRole("button", { name: "Publish" }).click();
  await scene.getByText("Saved as version 1").waitFor();
});
