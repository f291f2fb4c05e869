// Two users edit one scene in real browsers: each sees the other's name, edits and clips as they come, and who may only look at it, or may not
// any more, is told so and loses nothing.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeClip } from "#actors/media/testing.ts";
import type { Client } from "#protocol/client/client.ts";
import { bodyOf, clip } from "#protocol/scene/testing.ts";
import { openDevice, patience, type Device } from "./browser.ts";
import { choosePassword, liveMark, openWorkspace, panel, redeem, signIn } from "./pages.ts";
import { typedClient } from "./people.ts";
import { openStudio, password, type Studio } from "./studio.ts";

let studio: Studio;
/** The first administrator, whose scene it is, and a user with whom it is shared: what each sees, and a client that speaks for each. */
let hers: { readonly device: Device; readonly client: Client };
let his: typeof hers;

const signedIn = async (login: string): Promise<Client> => {
  const server = { port: Number(new URL(studio.url).port) };
  const anybody = typedClient(server);
  const grant = await anybody.call("auth.signIn", { login, password });
  anybody.close();
  return typedClient(server, grant);
};

beforeAll(async () => {
  studio = await openStudio();
  hers = { device: studio.device, client: await signedIn("admin") };
  const { token } = await hers.client.call("auth.createUser", { username: "grace", role: "user" });
  const device = await openDevice(studio.browser);
  const door = await device.open();
  await redeem(door, `${studio.url}/#/welcome?token=${token}`);
  await choosePassword(door, password);
  await liveMark(door).waitFor();
  await door.close();
  his = { device, client: await signedIn("grace") };
}, 2 * patience);
afterAll(async () => {
  for (const one of [hers, his]) one?.client.close();
  await studio?.close();
});

const upload = async (client: Client, name: string, seed: number): Promise<string> => {
  const path = join(studio.folder, name);
  await makeClip(path, { width: 320, height: 180, frames: 12, seed });
  return (await client.upload(new Uint8Array(await readFile(path)), { name })).id;
};
const openScenes = async (page: Page): Promise<Locator> => {
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  const scenes = panel(page, "Scenes");
  await scenes.waitFor();
  return scenes;
};
const openScene = async (page: Page, title: string): Promise<Locator> => {
  await (await openScenes(page)).getByRole("button", { name: new RegExp(`^${title}`) }).click();
  const scene = panel(page, "Scene");
  await scene.getByRole("group", { name: /^Canvas/ }).waitFor();
  return scene;
};
const node = (scene: Locator, name: RegExp): Locator => scene.locator(".scene-world").getByRole("button", { name });
const rename = async (scene: Locator, id: string, title: string): Promise<void> => {
  await scene.locator(`.scene-node[data-node=${id}] .scene-face`).click();
  await scene.getByRole("textbox", { name: "Title", exact: true }).fill(title);
};
/** The clip of a node is seen. */
const isSeen = async (scene: Locator, id: string): Promise<void> => {
  await expect
    .poll(
      () =>
        scene
          .locator(`.scene-node[data-node=${id}] .scene-still img`)
          .first()
          .evaluate((image: HTMLImageElement) => image.naturalWidth, undefined, { timeout: 1000 })
          .catch(() => 0),
      { timeout: patience },
    )
    .toBeGreaterThan(0);
};

test(
  "two users edit a scene at once, until it is withdrawn from one, who keeps what was not saved, and then may look at it",
  async () => {
    const [herClip, hisClip] = [await upload(hers.client, "hers.mp4", 1), await upload(his.client, "his.mp4", 2)];
    const piece = (assetId: string) => ({ segments: [{ id: "s", media: { kind: "asset" as const, assetId } }] });
    const body = bodyOf({
      start: "hall",
      nodes: [clip("hall", { ...piece(herClip), title: "Hall" }), clip("cellar", { segments: [], title: "Cellar", x: 400 })],
      edges: [],
    });
    const { id } = await hers.client.call("scenes.create", { title: "The house", body });

    const herPage = await hers.device.open();
    await openWorkspace(herPage, studio.url);
    const her = await openScene(herPage, "The house");
    await her.getByRole("button", { name: "Share", exact: true }).click();
    const dialog = herPage.getByRole("dialog", { name: "Share “The house”" });
    await dialog.getByLabel("User name or e-mail").fill("nobody");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByRole("alert").getByText("Nobody here is called “nobody”").waitFor();
    await dialog.getByLabel("User name or e-mail").fill("grace");
    await herPage.keyboard.press("Enter");
    await dialog.getByLabel("What grace can do").waitFor();
    await herPage.keyboard.press("Escape");

    const hisPage = await his.device.open();
    /** While it is set, his edits are on their way. */
    let held = false;
    await hisPage.routeWebSocket(/\/ws$/, (page) => {
      const server = page.connectToServer();
      page.onMessage((message) => {
        if (!(held && String(message).includes('"call":"scenes.edit"'))) server.send(message);
      });
    });
    await openWorkspace(hisPage, studio.url);
    await (await openScenes(hisPage)).getByText("of admin, you can edit").waitFor();
    const him = await openScene(hisPage, "The house");
    await isSeen(him, "hall");

    const also = (scene: Locator, name: RegExp) => scene.getByRole("list", { name: "Also here" }).getByRole("button", { name });
    await also(her, /^grace/).waitFor();
    await also(him, /^admin/).waitFor();
    await Promise.all([rename(her, "hall", "The great hall"), rename(him, "cellar", "The dark cellar")]);
    for (const scene of [her, him]) {
      await node(scene, /^Video The great hall/).waitFor();
      await node(scene, /^Video The dark cellar/).waitFor();
    }
    await also(her, /^grace: The dark cellar/).waitFor();
    const put = { do: "patchNode" as const, id: "cellar", set: piece(hisClip) };
    await his.client.call("scenes.edit", { id, edits: [put] });
    await isSeen(her, "cellar");

    held = true;
    await rename(him, "cellar", "A cellar that was not saved");
    await her.getByRole("button", { name: "Share", exact: true }).click();
    await dialog.getByRole("button", { name: "Take it from grace" }).click();
    await dialog.getByLabel("What grace can do").waitFor({ state: "detached" });
    await herPage.keyboard.press("Escape");
    await him.getByText("What was not saved is still here: copy it before you leave.").waitFor();
    await node(him, /^Video A cellar that was not saved/).waitFor();
    await node(her, /^Video The dark cellar/).waitFor();
    await expect.poll(() => also(her, /^grace/).count()).toBe(0);
    expect(await him.getByRole("button", { name: "Add a node" }).count()).toBe(0);

    await her.getByRole("button", { name: "Share", exact: true }).click();
    await dialog.getByLabel("They", { exact: true }).selectOption("viewer");
    await dialog.getByLabel("User name or e-mail").fill("grace");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByLabel("What grace can do").waitFor();
    await herPage.keyboard.press("Escape");
    held = false;
    await hisPage.reload();
    await liveMark(hisPage).waitFor();
    await (await openScenes(hisPage)).getByText("of admin, you can look").waitFor();
    const looking = await openScene(hisPage, "The house");
    await looking.getByText(/^This is a scene of admin, which you can look at and play\./).waitFor();
    await node(looking, /^Video The dark cellar/).click();
    expect(await looking.getByRole("textbox", { name: "Title", exact: true }).isDisabled()).toBe(true);
    await rename(her, "hall", "The hall again");
    await node(looking, /^Video The hall again/).waitFor();

    await Promise.all([herPage.close(), hisPage.close()]);
    expect([hers.device.complaints(), his.device.complaints()]).toEqual([[], []]);
  },
  6 * patience,
);

test(
  "who signs out is signed out once their edits are saved, and asked where they cannot be; whoever signs in then sends none of them",
  async () => {
    const { device, client } = his;
    const { id } = await client.call("scenes.create", { title: "The shed", body: bodyOf({ start: "a", nodes: [clip("a")], edges: [] }) });
    const titleNow = async () => (await client.call("scenes.get", { id })).body.nodes[0]?.title;
    const page = await device.open();
    /** While it is set, edits do not get through. */
    let held = false;
    let edits = 0;
    await page.routeWebSocket(/\/ws$/, (line) => {
      const server = line.connectToServer();
      line.onMessage((message) => {
        const isEdit = String(message).includes('"call":"scenes.edit"');
        if (isEdit) edits += 1;
        if (!(held && isEdit)) server.send(message);
      });
    });
    const signOut = async (name: string) => {
      await page.getByRole("button", { name: `Account of ${name}` }).click();
      await page.getByRole("menuitem", { name: `Sign out ${name}` }).click();
    };
    const atTheDoor = page.getByLabel("E-mail or user name");
    await openWorkspace(page, studio.url);
    await rename(await openScene(page, "The shed"), "a", "Saved on the way out");
    await signOut("grace");
    await atTheDoor.waitFor();
    expect(await titleNow()).toBe("Saved on the way out");

    await signIn(page, studio.url, "grace", password);
    held = true;
    await rename(await openScene(page, "The shed"), "a", "Never saved");
    const dialog = page.getByRole("dialog", { name: "Not everything is saved" });
    await signOut("grace");
    await dialog.getByText(/^What you changed last in “The shed” may not have been saved$/).waitFor();
    await dialog.getByRole("button", { name: "Stay" }).click();
    await dialog.waitFor({ state: "detached" });
    await signOut("grace");
    await dialog.getByRole("button", { name: "Sign out without it" }).click();
    await atTheDoor.waitFor();
    const before = edits;
    held = false;
    await signIn(page, studio.url, "admin", password);
    // What is asked of the server next is answered: all that was to be sent before is there by then.
    await openScenes(page);
    await page.getByRole("button", { name: /^The house/ }).waitFor();
    expect([edits, await titleNow()]).toEqual([before, "Saved on the way out"]);
    await page.close();
    // A line that goes through the test takes a while to close, and what is sent meanwhile is complained of.
    expect(device.complaints().filter((complaint) => !complaint.includes("already in CLOSING"))).toEqual([]);
  },
  6 * patience,
);
