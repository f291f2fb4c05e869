// How the workspace is handled: arranged, dragged about, on a narrow screen, by the keyboard alone, and while the server is away.
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openDevice, patience, type Device } from "./browser.ts";
import {
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
  promptField,
  signIn,
  slot,
  stands,
  tile,
} from "./pages.ts";
import { openStudio, password, type Studio } from "./studio.ts";

let studio: Studio;
let page: Page;
/** Devices that a test opened for itself. */
let guests: Array<Device> = [];

beforeAll(async () => {
  studio = await openStudio();
}, 4 * patience);
afterAll(() => studio?.close());
beforeEach(async () => {
  page = await studio.device.open();
  await openWorkspace(page, studio.url);
});
afterEach(async () => {
  await page.close();
  for (const device of [studio.device, ...guests]) expect(device.complaints()).toEqual([]);
  for (const guest of guests) await guest.context.close();
  guests = [];
});

const guest = async (): Promise<Page> => {
  const device = await openDevice(studio.browser);
  guests.push(device);
  return device.open();
};

/** Puts a picture into the gallery. */
const give = async (gallery: Locator, name: string, background: string): Promise<void> => {
  await giveFile(gallery.getByRole("button", { name: "Videos" }), "drop", await plainPicture(`${name}.png`, background));
  await tile(gallery, name).waitFor();
};

const toasts = (there: Page): Locator => there.getByRole("list", { name: "Notifications" });
const touch = async (one: Locator, other: Locator): Promise<boolean> => {
  const [a, b] = await Promise.all([one.boundingBox(), other.boundingBox()]);
  if (a === null || b === null) throw new Error("one of them is not on the page");
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
};
/** Asks for a short video and waits for the news that it is on its way, once that of the one before has gone. */
const ask = async (there: Page, prompt: string): Promise<void> => {
  const news = toasts(there).getByText("The video is on its way");
  await expect.poll(() => news.count(), { timeout: patience }).toBe(0);
  await promptField(there).fill(prompt);
  await generate(there);
  await news.waitFor();
};

test("a layout is kept over a reload and on other devices; it is reset by one press, and that is taken back by one", async () => {
  const gallery = panel(page, "Gallery");
  const beside = async (there: Page): Promise<void> => {
    await panel(there, "Gallery").waitFor();
    await panel(there, "Jobs").waitFor();
  };
  await openGallery(page);
  await page.locator(".dv-groupview").filter({ hasText: "Gallery" }).getByRole("button", { name: "Panel menu" }).click();
  await page.getByRole("menuitem", { name: "Split downwards" }).click();
  await page.getByRole("tab", { name: "Jobs" }).click();
  await beside(page);
  const { height } = (await gallery.boundingBox())!;
  await page.reload();
  await liveMark(page).waitFor();
  await beside(page);
  expect((await gallery.boundingBox())?.height).toBeCloseTo(height, -1);

  const other = await guest();
  await signIn(other, studio.url, "admin", password);
  await beside(other);

  await page.getByRole("button", { name: "Reset the layout" }).click();
  await gallery.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Undo" }).click();
  await beside(page);
  await page.getByRole("button", { name: "Reset the layout" }).click();
  await gallery.waitFor({ state: "hidden" });
  await page.reload();
  await liveMark(page).waitFor();
  await panel(page, "Jobs").waitFor();
  await expect(gallery.isVisible()).resolves.toBe(false);
});

test("a picture that is dragged out of the gallery becomes an input of the form", async () => {
  const gallery = await openGallery(page);
  await give(gallery, "meadow", "#408030");
  await chooseOperation(page, "Image to video");
  await tile(gallery, "meadow").dragTo(slot(page, "Picture"));
  await slot(page, "Picture").getByRole("img", { name: "meadow" }).waitFor();
  // Dropped anywhere else on the form it finds its slot too.
  await give(gallery, "desert", "#d0a060");
  await chooseOperation(page, "Image to video");
  await tile(gallery, "desert").dragTo(promptField(page));
  await slot(page, "Picture").getByRole("img", { name: "desert" }).waitFor();
  await expect(promptField(page).inputValue()).resolves.toBe("");
});

test("on a narrow screen the news of a job leave the button free that has asked for it", async () => {
  const phone = await guest();
  await phone.setViewportSize({ width: 390, height: 844 });
  await phone.goto(studio.url);
  await phone.getByLabel("E-mail or user name").fill("admin");
  await phone.getByLabel("Password", { exact: true }).fill(password);
  await phone.getByRole("button", { name: "Sign in" }).click();
  await phone.getByRole("banner").getByText("Live", { exact: true }).waitFor();
  await chooseOperation(phone, "Text to video");
  await ask(phone, "a kite over the dunes");
  const button = panel(phone, "Generate").getByRole("button", { name: /^Generate/ });
  await expect(touch(toasts(phone), button)).resolves.toBe(false);
  // Again at once, with the first news still there.
  await button.click({ timeout: 2000, trial: true });
  for (const name of ["Jobs", "Job", "Gallery", "Asset", "Generate"]) {
    await phone.getByRole("navigation", { name: "Panels" }).getByRole("button", { name, exact: true }).click();
    await panel(phone, name).waitFor();
    await expect(nameless(phone)).resolves.toEqual([]);
    await expect(phone.evaluate(() => document.documentElement.scrollWidth)).resolves.toBe(390);
  }
});

/** Room that the words in an empty field for a search have, and how much of it they take, px. */
const wordsIn = (field: Locator): Promise<{ readonly room: number; readonly taken: number }> =>
  field.evaluate((input: HTMLInputElement) => {
    const { fontFamily, fontSize, fontWeight, paddingLeft, paddingRight } = getComputedStyle(input);
    const pen = document.createElement("canvas").getContext("2d")!;
    pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
    return {
      room: input.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight),
      taken: pen.measureText(input.placeholder).width,
    };
  });

test.each([390, 320])("the words in the fields for a search are not cut off at %i pixels", async (width) => {
  await page.setViewportSize({ width, height: 844 });
  for (const name of ["Scenes", "Prompts", "Jobs", "Gallery"]) {
    await page.getByRole("navigation", { name: "Panels" }).getByRole("button", { name, exact: true }).click();
    const field = panel(page, name).getByRole("searchbox");
    await field.waitFor();
    const { room, taken } = await wordsIn(field);
    expect(taken).toBeGreaterThan(20);
    expect([name, room >= taken]).toEqual([name, true]);
  }
});

test("news come up on the other side when the form is docked where they would stand", async () => {
  await chooseOperation(page, "Text to video");
  await ask(page, "a heron in the reeds");
  const right = await toasts(page).boundingBox();
  expect(right!.x).toBeGreaterThan(720);
  await expect(touch(toasts(page), panel(page, "Generate"))).resolves.toBe(false);
  const target = panel(page, "Job");
  const { width, height } = (await target.boundingBox())!;
  await page.getByRole("tab", { name: "Generate" }).dragTo(target, { targetPosition: { x: width - 20, y: height / 2 } });
  expect((await panel(page, "Generate").boundingBox())!.x).toBeGreaterThan(720);
  await ask(page, "two herons in the reeds");
  await expect.poll(() => touch(toasts(page), panel(page, "Generate")), { timeout: patience }).toBe(false);
  await page.getByRole("button", { name: "Reset the layout" }).click();
});

/** What assistive technology may act on or speak of, which therefore needs a name. */
const named: ReadonlySet<string> = new Set(
  "button link textbox searchbox combobox listbox option slider spinbutton tab checkbox radio switch image dialog progressbar region menuitem".split(
    " ",
  ),
);

/** What has no name, as the browser itself works names out. */
const nameless = async (there: Page): Promise<ReadonlyArray<string>> => {
  const cdp = await there.context().newCDPSession(there);
  const { nodes } = await cdp.send("Accessibility.getFullAXTree");
  const found = nodes.filter(
    ({ ignored, role, name }) => !ignored && named.has(String(role?.value)) && String(name?.value ?? "").trim() === "",
  );
  const texts: Array<string> = [];
  for (const { role, backendDOMNodeId } of found) {
    const { outerHTML } = await cdp.send("DOM.getOuterHTML", backendDOMNodeId === undefined ? {} : { backendNodeId: backendDOMNodeId });
    texts.push(`${String(role?.value)}: ${outerHTML.slice(0, 160)}`);
  }
  await cdp.detach();
  return texts;
};

test("from the door to a video with the keyboard alone; Escape leads out of whatever has opened", async () => {
  const there = await guest();
  const press = async (...keys: ReadonlyArray<string>): Promise<void> => {
    for (const key of keys) await there.keyboard.press(key);
  };
  await there.goto(studio.url);
  // The first field has the focus when the door opens.
  await there.locator("input[name=username]:focus").waitFor();
  await there.keyboard.type("admin");
  await press("Tab");
  await there.keyboard.type(password);
  await press("Enter");
  await liveMark(there).waitFor();

  await press("Control+k");
  const palette = there.getByRole("combobox", { name: "Search commands" });
  await palette.waitFor();
  await press("Escape");
  await palette.waitFor({ state: "detached" });
  await press("?");
  const help = there.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.waitFor();
  // Focus goes round inside of it.
  for (let steps = 0; steps < 4; steps++) await press("Tab");
  await expect(help.evaluate((dialog) => dialog.contains(document.activeElement))).resolves.toBe(true);
  await press("Escape");
  await help.waitFor({ state: "detached" });

  await press("/");
  await expect.poll(() => promptField(there).evaluate((field) => field === document.activeElement), { timeout: patience }).toBe(true);
  await press("Control+a");
  await there.keyboard.type("an owl at dusk");
  await press("Control+Enter");
  await stands(jobOf(there, "an owl at dusk"), "Completed");

  await press("Escape");
  await press("g", "j");
  const jobs = panel(there, "Jobs").getByRole("listbox");
  await jobs.waitFor();
  await expect.poll(() => jobs.evaluate((list) => list === document.activeElement), { timeout: patience }).toBe(true);
  await press("ArrowDown", "ArrowDown", "ArrowUp", "Enter");
  await jobOf(there, "an owl at dusk").waitFor();
  await press("g", "l");
  const gallery = panel(there, "Gallery").getByRole("listbox");
  await expect.poll(() => gallery.evaluate((list) => list === document.activeElement), { timeout: patience }).toBe(true);
  await press("ArrowRight");
  await expect(gallery.getByRole("option", { selected: true }).count()).resolves.toBe(1);
  await press("Escape");
  await expect(gallery.getByRole("option", { selected: true }).count()).resolves.toBe(0);
  await press("ArrowRight", "Enter");
  await panel(there, "Asset").locator("video").waitFor();
  await press("Escape");
});

test(
  "while the server is away it is said, what is typed stays, and what was asked for is done once it is back",
  async () => {
    await page.getByRole("tab", { name: "Jobs" }).click();
    await chooseOperation(page, "Text to video");
    await promptField(page).fill("written before");
    const status = page.getByRole("contentinfo", { name: "Status" });
    await studio.device.duringOutage(async () => {
      await studio.killAndRestart(async () => {
        await status.getByText("Reconnecting", { exact: true }).waitFor();
        await page.getByText("The server cannot be reached.").waitFor();
        await promptField(page).fill("written while nobody was there");
        // Waits for the server, and is sent to it with one key, however often that takes.
        await generate(page);
      });
      await liveMark(page).waitFor();
    });
    await page.getByText("The server cannot be reached.").waitFor({ state: "detached" });
    await expect(promptField(page).inputValue()).resolves.toBe("written while nobody was there");
    await jobRow(page, "written while nobody was there").waitFor();
    await stands(jobOf(page, "written while nobody was there"), "Completed");
    await expect(jobRow(page, "written while nobody was there").count()).resolves.toBe(1);
  },
  6 * patience,
);
