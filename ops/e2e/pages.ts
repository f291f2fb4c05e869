// What a person does in the workspace, step by step, told by roles and labels. Tests say what; how it is done stands only here.
import type { Locator, Page } from "playwright-core";
import sharp from "sharp";

/** Shown once the workspace is live. */
export const liveMark = (page: Page): Locator => page.getByRole("contentinfo", { name: "Status" }).getByText("Live", { exact: true });

/** Opens the one-time link and takes it. */
export const redeem = async (page: Page, link: string): Promise<void> => {
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
};

export const choosePassword = async (page: Page, password: string): Promise<void> => {
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("The same again").fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
};

export const signIn = async (page: Page, url: string, name: string, password: string): Promise<void> => {
  await page.goto(url);
  await page.getByLabel("E-mail or user name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await liveMark(page).waitFor();
};

/** The workspace on a device that is signed in. */
export const openWorkspace = async (page: Page, url: string): Promise<void> => {
  await page.goto(url);
  await liveMark(page).waitFor();
};

/** A panel itself; in the dock its name is that of the group of tabs around it, which may be the title of what it shows. */
export const panel = (page: Page, title: string): Locator => page.locator(`section.panel[data-panel=${title.toLowerCase()}]`);

/** An input of the form, by the title of its slot. */
export const slot = (page: Page, title: string): Locator => page.getByRole("region", { name: title });

/** Where the prompt is written. */
export const promptField = (page: Page): Locator => page.getByRole("textbox", { name: "Prompt", exact: true });

/** The form for an operation, empty but for the least size and length. */
export const chooseOperation = async (page: Page, operation: string): Promise<void> => {
  await page.getByRole("button", { name: "Clear the form" }).click();
  await page.getByLabel("Make", { exact: true }).selectOption({ label: operation });
  await page.getByRole("group", { name: "Quality" }).getByText("360p", { exact: true }).click();
  await page.getByLabel(/^(Duration|Seconds per picture)$/).fill("1");
};

/** Takes assets of the gallery through the slot's picker. */
export const pick = async (page: Page, title: string, names: ReadonlyArray<string>): Promise<void> => {
  await slot(page, title)
    .getByRole("button", { name: /from gallery/i })
    .click();
  const picker = page.getByRole("dialog", { name: title });
  for (const name of names) await picker.getByRole("button", { name, exact: true }).click();
  const use = picker.getByRole("button", { name: /^Use \d/ });
  if (names.length > 1 || (await use.isVisible())) await use.click();
  await picker.waitFor({ state: "detached" });
};

/** Uploads into a slot with the system's file chooser. */
export const chooseFiles = async (page: Page, title: string, paths: ReadonlyArray<string>): Promise<void> => {
  const asked = page.waitForEvent("filechooser");
  await slot(page, title).getByRole("button", { name: "Upload" }).click();
  await (await asked).setFiles([...paths]);
};

interface GivenFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A picture of one colour. */
export const plainPicture = async (name: string, background: string): Promise<GivenFile> => ({
  name,
  type: "image/png",
  bytes: await sharp({ create: { width: 320, height: 180, channels: 3, background } })
    .png()
    .toBuffer(),
});

/** A file as it comes from another program: dropped on an element, or pasted into it. */
export const giveFile = async (target: Locator, how: "drop" | "paste", file: GivenFile): Promise<void> => {
  await target.focus();
  await target.evaluate(
    (element, { kind, name, type, base64 }) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type }));
      const options = { bubbles: true, cancelable: true };
      if (kind === "paste") element.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
      else
        for (const step of ["dragenter", "dragover", "drop"])
          element.dispatchEvent(new DragEvent(step, { ...options, dataTransfer: data }));
    },
    { kind: how, name: file.name, type: file.type, base64: Buffer.from(file.bytes).toString("base64") },
  );
};

/** The gallery, brought to the front by its keys. */
export const openGallery = async (page: Page): Promise<Locator> => {
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  const gallery = panel(page, "Gallery");
  await gallery.waitFor();
  return gallery;
};

/** An asset in the gallery. */
export const tile = (gallery: Locator, name: string): Locator => gallery.getByRole("listbox").getByRole("option", { name });

/** Presses Generate. */
export const generate = (page: Page): Promise<void> =>
  panel(page, "Generate")
    .getByRole("button", { name: /^Generate/ })
    .click();

/** A job in the list of jobs. */
export const jobRow = (page: Page, prompt: string): Locator => panel(page, "Jobs").getByText(prompt, { exact: true });

/** The Job panel once it shows the job of this prompt. */
export const jobOf = (page: Page, prompt: string): Locator =>
  panel(page, "Job").filter({ has: page.getByRole("heading", { name: prompt, exact: true }) });

/** Resolves when the drawn state machine of the job stands in this state. */
export const stands = (job: Locator, state: string): Promise<void> => job.getByText(new RegExp(`^Now in ${state}\\b`)).waitFor();

/** Writes down every state in which the Job panel shows the job of this prompt, from now on until the page is left. */
export const recordStates = async (page: Page, prompt: string): Promise<() => Promise<ReadonlyArray<string>>> => {
  const seen = await page.evaluateHandle((title) => {
    const states: Array<string> = [];
    const look = (): void => {
      const panel = document.querySelector("section[data-panel=job]");
      const state = /^Now in ([\w ]+?)(?: \(|\.)/.exec(panel?.querySelector("figcaption")?.textContent ?? "")?.[1];
      if (state !== undefined && panel?.querySelector("h2")?.textContent === title && states.at(-1) !== state) states.push(state);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    return states;
  }, prompt);
  return () => seen.jsonValue();
};

/** Opens the result of the job that the Job panel shows; answers its player. */
export const playResult = async (page: Page, job: Locator): Promise<Locator> => {
  await job.getByRole("button", { name: "Play", exact: true }).click();
  return panel(page, "Asset").locator("video");
};
