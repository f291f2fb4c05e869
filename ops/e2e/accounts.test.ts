// Accounts at providers as a creator uses them: added in the form, used by jobs of each provider, refused, cooling down, and replaced by another;
// what they have cost, and budgets for that.
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Fleet, type FleetAccount, startFleet } from "../simulators/fleet.ts";
import { patience } from "./browser.ts";
import { jobOf, openWorkspace, panel, promptField } from "./pages.ts";
import { openStudio, type Studio } from "./studio.ts";

const speed = 20;
let fleet: Fleet;
let studio: Studio;
let page: Page;

beforeAll(async () => {
  fleet = await startFleet({ speed, accounts: 2, credits: 2000, concurrency: 2 });
  studio = await openStudio({ PIXSIM_PROVIDER_SPEED: String(speed) });
}, 4 * patience);
afterAll(async () => {
  await studio?.close();
  await fleet?.close();
});
beforeEach(async () => {
  page = await studio.device.open();
  await openWorkspace(page, studio.url);
});
afterEach(async () => {
  await page.close();
  expect(studio.device.complaints()).toEqual([]);
});

const accounts = (): Locator => panel(page, "Accounts");
const openAccounts = async (): Promise<void> => {
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await accounts().waitFor();
};
const card = (title: string): Locator => accounts().getByRole("article", { name: title });
const simulator = (provider: string) => fleet.simulators.find((each) => each.provider === provider)!.simulator;
const accountAt = (provider: string, index = 0): FleetAccount => fleet.accounts.filter((each) => each.provider === provider)[index]!;
const titleOf = (provider: string): Promise<string> =>
  page.getByLabel("Provider", { exact: true }).locator(`option[value=${provider}]`).first().innerText();

/** Through the form, as a person would. */
const add = async ({ provider, settings, secrets }: FleetAccount, title: string): Promise<void> => {
  await openAccounts();
  const section = accounts().locator(`[data-provider=${provider}]`);
  await section.getByRole("button", { name: /Add/ }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill(title);
  for (const value of Object.values(secrets)) await dialog.locator("input[type=password]").first().fill(value);
  await dialog
    .locator("input[type=url], input[name=baseUrl]")
    .or(dialog.getByLabel(/Base URL|Address/))
    .first()
    .fill(String(settings["baseUrl"]));
  await dialog.getByRole("button", { name: "Add the account" }).click();
  await dialog.waitFor({ state: "detached" });
};

const spend = (): Locator => panel(page, "Spend");
const openSpend = async (): Promise<void> => {
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await spend().waitFor();
};

const fillIn = async (provider: string, prompt: string): Promise<void> => {
  await page.getByLabel("Provider", { exact: true }).selectOption(provider);
  await promptField(page).fill(prompt);
};
const send = (): Promise<void> =>
  panel(page, "Generate")
    .getByRole("button", { name: /^Generate/ })
    .click();
const ask = async (provider: string, prompt: string): Promise<Locator> => {
  await fillIn(provider, prompt);
  await send();
  const job = jobOf(page, prompt);
  await job.waitFor();
  return job;
};

/** The Job panel says so of its job, beside what it was to cost. */
const says = (job: Locator, state: string): Promise<void> => job.locator(".ui-badge").getByText(state, { exact: true }).first().waitFor();

test("an account with a wrong key says what is wrong, and works once the key is put right", async () => {
  const right = accountAt("pixverse");
  await add({ ...right, secrets: { apiKey: "not-the-key" } }, "Mine");
  await card("Mine").getByText("Failing").waitFor();
  expect(await card("Mine").innerText()).toMatch(/key/i);
  await card("Mine").getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Replace the credentials").click();
  await dialog.locator("input[type=password]").first().fill(` ${right.secrets["apiKey"]}\n`.trimEnd());
  await dialog.getByRole("button", { name: "Save" }).click();
  await card("Mine").getByText("Available").waitFor();
  expect(await card("Mine").innerText()).toContain("2,000 credits");
});

test("a video is made with each provider, on an account that was added in the form", { timeout: 10 * patience }, async () => {
  for (const provider of ["openaiVideos", "comfyui", "fal", "replicate"]) await add(accountAt(provider), `At ${provider}`);
  for (const provider of ["pixverse", "openaiVideos", "comfyui", "fal", "replicate"]) {
    const job = await ask(provider, `a fox seen by ${provider}`);
    await says(job, "Completed");
    expect(await job.innerText()).toContain(await titleOf(provider));
  }
});

test("what several providers charge together stands on the button, and the form is not wider for it", async () => {
  await fillIn("pixverse", "a fox at every price");
  const form = panel(page, "Generate");
  await form.getByRole("button", { name: "Vary: Provider" }).click();
  const beside = form.getByRole("group", { name: "Side by side" });
  for (const provider of ["fal", "openaiVideos"]) await beside.getByText(await titleOf(provider), { exact: true }).click();
  await form.getByRole("button", { name: "Vary: Duration" }).click();
  await form.getByLabel("Duration: values").fill("4, 8");
  await form.getByLabel("How many").fill("10");
  const button = form.getByRole("button", { name: /^Generate 60 · [\d,]+ credits \+ \$\d+\.\d\d and more$/ });
  await button.focus();
  expect(await form.getByText(/credits \+ \$\d+\.\d\d and what OpenAI Videos format charges/).isVisible()).toBe(true);
  expect(await form.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
  await form.getByRole("button", { name: "Clear the form" }).click();
});

test("what two jobs differ in is shown when it is asked for, and no more once another job is opened", async () => {
  for (const prompt of ["a fox by day", "a fox by night"]) await ask("comfyui", prompt);
  await page.getByRole("tab", { name: "Jobs" }).click();
  const row = (prompt: string) => panel(page, "Jobs").getByRole("option").filter({ hasText: prompt });
  await row("a fox by day").click();
  await row("a fox by night").click({ modifiers: ["Control"] });
  await panel(page, "Jobs").getByRole("button", { name: "What differs" }).click();
  const changed = panel(page, "Job").getByRole("heading", { name: /^Changed against/ });
  await changed.waitFor();
  expect(await panel(page, "Job").getByRole("table").first().innerText()).toMatch(/a fox by day\s+a fox by night/);
  await row("a fox by day").dblclick();
  await changed.waitFor({ state: "detached" });
});

test("a refused prompt is told as refused, and what it would have cost is given back", async () => {
  const job = await ask("pixverse", "a fox #filtered");
  await says(job, "Filtered");
  expect(await job.innerText()).toMatch(/moderation/);
});

test(
  "a video that a provider has no room for is made by the next that was named, and the job says which and why",
  { timeout: 6 * patience },
  async () => {
    await openAccounts();
    const { faults } = simulator("pixverse");
    faults.order("rateLimit", Infinity);
    await page.getByLabel("Provider", { exact: true }).selectOption("pixverse");
    await page.getByLabel("If this fails, try").selectOption("comfyui");
    const job = await ask("pixverse", "a fox that goes elsewhere");
    await card("Mine").getByText("Cooling down").waitFor();
    const [first, next] = [await titleOf("pixverse"), await titleOf("comfyui")];
    await job.getByText(`${next} took over from ${first}`).waitFor();
    faults.clear();
    await says(job, "Completed");
  },
);

test("while one account cools down another takes its place, and a cancelled job says so", { timeout: 6 * patience }, async () => {
  await add(accountAt("pixverse", 1), "Second");
  await openAccounts();
  simulator("pixverse").faults.order("rateLimit", 1);
  const job = await ask("pixverse", "a fox that is asked for twice");
  await card("Mine").or(card("Second")).getByText("Cooling down").first().waitFor();
  await says(job, "Completed");
  const slow = await ask("pixverse", "a fox that takes its time #stall");
  await says(slow, "Processing");
  await slow.getByRole("button", { name: "Cancel" }).click();
  await says(slow, "Cancelled");
});

/** What the Spend panel says of each account, all days together; dollars in cents, as the simulators count. */
const charged = async (): Promise<Readonly<Record<string, number>>> => {
  const sums: Record<string, number> = {};
  for (const row of await spend().getByRole("table", { name: "Spend by day and account" }).locator("tbody tr").all()) {
    const [account = ""] = (await row.locator(".spend-account").innerText()).split("\n");
    const [, dollars, amount = ""] = /^(\$?)([\d.,]+)/.exec(await row.locator("td").last().innerText()) ?? [];
    const counted = Number(amount.replaceAll(",", "")) * (dollars === "$" ? 100 : 1);
    sums[account] = Number(((sums[account] ?? 0) + counted).toFixed(2));
  }
  return sums;
};

test(
  "what nobody could tell the cost of is told under Spend, which says of every account what its provider has charged and given back",
  { timeout: 4 * patience },
  async () => {
    simulator("fal").faults.order("cutAfter");
    // And nobody is told what it has taken.
    Object.assign(simulator("fal"), { list: () => ({ status: 403, json: { detail: "Insufficient permissions" } }) });
    const job = await ask("fal", "a fox that nobody hears of");
    await says(job, "Failed");
    await job.getByText("Whether it was charged is not known").waitFor();
    await openSpend();
    const unknown = spend().getByRole("region", { name: "Not known whether charged" });
    await unknown.getByRole("button", { name: "Say what it cost…" }).click();
    const dialog = page.getByRole("dialog", { name: "What became of it?" });
    await dialog.getByText("Charged", { exact: true }).click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await unknown.waitFor({ state: "detached" });
    const byProvider = (provider: string, index = 0): number =>
      Number(simulator(provider).charged(accountAt(provider, index).secrets["apiKey"]!).toFixed(2));
    const theirs = {
      Mine: byProvider("pixverse"),
      Second: byProvider("pixverse", 1),
      "At fal": byProvider("fal"),
      "At replicate": byProvider("replicate"),
    };
    // Of the two of one provider, one may not have been asked.
    const used = Object.fromEntries(Object.entries(theirs).filter(([, amount]) => amount > 0));
    expect(Object.keys(used)).toEqual(expect.arrayContaining(["At fal", "At replicate"]));
    await expect.poll(charged, { timeout: patience }).toMatchObject(used);
    await spend().getByText("45 given back").first().waitFor();
  },
);

test(
  "a budget warns, lets a job wait and refuses the next, each in words; raised, it lets the job go on",
  { timeout: 6 * patience },
  async () => {
    // One was made, and each is to cost as much.
    const price = simulator("replicate").charged(accountAt("replicate").secrets["apiKey"]!);
    const times = (factor: number): string => ((factor * price) / 100).toFixed(2);
    await openSpend();
    await spend().getByRole("button", { name: "Set a budget" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Where").selectOption("replicate");
    await dialog.getByText("A month").click();
    await dialog.getByLabel("Warn at").fill(times(1.5));
    await dialog.getByLabel("Jobs wait at").fill(times(2.5));
    await dialog.getByLabel("Refuse jobs at").fill(times(3.5));
    await dialog.getByRole("button", { name: "Save" }).click();
    const budget = spend().getByRole("listitem").filter({ hasText: "Replicate" });
    await budget.getByText("Room left").waitFor();

    const second = await ask("replicate", "a fox within the budget");
    await Promise.all([says(second, "Completed"), page.getByText("A budget is nearly used up").waitFor()]);
    await openSpend();
    await budget.getByText("Nearly used up").waitFor();

    await fillIn("replicate", "a fox that waits for the budget");
    await panel(page, "Generate")
      .getByText(/^Your budget of .* has no room/)
      .waitFor();
    await send();
    const third = jobOf(page, "a fox that waits for the budget");
    await third.getByText(/^Your budget of .* has no room: .* or when you raise it under Spend\.$/).waitFor();

    await fillIn("replicate", "a fox beyond the budget");
    await panel(page, "Generate")
      .getByText(/^Your budget of .* allows no more/)
      .waitFor();
    await send();
    await panel(page, "Generate")
      .getByRole("alert")
      .getByText(/^Your budget of .* allows no more/)
      .waitFor();

    await openSpend();
    await budget.getByRole("button", { name: "Change" }).click();
    await dialog.getByLabel("Jobs wait at").fill("");
    await dialog.getByLabel("Refuse jobs at").fill(times(10));
    await dialog.getByRole("button", { name: "Save" }).click();
    await says(third, "Completed");
  },
);

test("credentials are put under a new master key, and open as before", { timeout: 4 * patience }, async () => {
  await page.close();
  await studio.device.duringOutage(() =>
    studio.killAndRestart(async (data) => {
      const launch = fileURLToPath(new URL("../launch.mjs", import.meta.url));
      const { stderr } = await promisify(execFile)(process.execPath, [launch, "rotate-keys"], {
        env: { ...process.env, PIXSIM_DATA: data },
      });
      expect(stderr).toMatch(/A new master key is in use\. Credentials and secrets of the installation that were put under it: 7\./);
      expect((await readdir(join(data, "secrets"))).filter((name) => name.startsWith("credentials"))).toEqual(["credentials-2.key"]);
    }),
  );
  page = await studio.device.open();
  await openWorkspace(page, studio.url);
  await openAccounts();
  await card("Mine").getByRole("button", { name: "Test" }).click();
  await card("Mine").getByText("Available").waitFor();
  await says(await ask("pixverse", "a fox under a new key"), "Completed");
});
