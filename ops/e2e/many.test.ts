// The workspace with 10,000 jobs and 10,000 assets: opening it costs what it costs with ten, and every row can be scrolled to.
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Client } from "#protocol/client/client.ts";
import { patience } from "./browser.ts";
import { jobRow, openGallery, openWorkspace, panel, tile } from "./pages.ts";
import { readDatabase } from "./data.ts";
import { typedClient } from "./people.ts";
import { listed, plansOfPages, writeMany } from "./rows.ts";
import { openStudio, password, type Studio } from "./studio.ts";

const few = 10;
const many = 10_000;

let studio: Studio;
/** Another program of the same person. */
let client: Client;

beforeAll(async () => {
  studio = await openStudio();
  const there = { port: Number(new URL(studio.url).port) };
  const guest = typedClient(there);
  client = typedClient(there, await guest.call("auth.signIn", { login: "admin", password }));
  guest.close();
  const params = { prompt: "a red fox in the snow", duration: 1, quality: "360p" };
  const { jobs } = await client.call("jobs.create", { request: { operation: "text_to_video", provider: "studio", params } });
  const isDone = async (): Promise<void> => {
    expect(await client.call("jobs.get", { id: jobs[0]?.id ?? "" })).toMatchObject({ state: "completed" });
  };
  await vi.waitFor(isDone, { timeout: 8 * patience, interval: 200 });
}, 12 * patience);
afterAll(() => {
  client?.close();
  return studio?.close();
});
afterEach(() => expect(studio.device.complaints()).toEqual([]));

interface Opening {
  /** From the address to the first rows, ms. */
  readonly ms: number;
  /** Messages and bytes on the socket until the rows of both lists and their pictures are shown. */
  readonly messages: number;
  readonly bytes: number;
  /** Elements of the page. */
  readonly elements: number;
  readonly rows: number;
  readonly tiles: number;
}

/** Opens the workspace and looks at jobs and gallery. */
const open = async (): Promise<{
  readonly page: Page;
  readonly gallery: Locator;
  readonly opening: Opening;
  /** Messages that the page has sent so far. */
  readonly sent: () => number;
}> => {
  const page = await studio.device.open();
  let messages = 0;
  let bytes = 0;
  let sent = 0;
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      messages += 1;
      bytes += payload.length;
    });
    socket.on("framesent", () => (sent += 1));
  });
  const started = performance.now();
  await openWorkspace(page, studio.url);
  // Whichever panel stood in front when the workspace was left.
  await page.getByRole("tab", { name: "Jobs" }).click();
  await panel(page, "Jobs").locator(".job-thumb img").first().waitFor();
  const ms = performance.now() - started;
  const gallery = await openGallery(page);
  await gallery.locator(".tile img").first().waitFor();
  await page.waitForFunction(() =>
    [...document.querySelectorAll<HTMLImageElement>(".job-thumb img, .tile img")].every((img) => img.complete),
  );
  const opening = {
    ms,
    messages,
    bytes,
    elements: await page.locator("*").count(),
    rows: await page.locator(".job-row").count(),
    tiles: await page.locator(".tile").count(),
  };
  return { page, gallery, opening, sent: () => sent };
};

interface Travel {
  /** What was shown, by place in the list; a place at which two rows were shown is an error. */
  readonly places: ReadonlyArray<string>;
  readonly wrong: ReadonlyArray<string>;
  readonly mostRows: number;
  /** Elements made on the way, and the most of them in one frame. */
  readonly made: number;
  readonly mostMade: number;
  readonly frames: number;
  /** Longest and median time between two frames, and tasks over 50 ms, ms. */
  readonly longestFrame: number;
  readonly medianFrame: number;
  readonly longTasks: ReadonlyArray<number>;
}

/** Drawn above and below the view, px: in both lists a little more. */
const spare = 300;

/** Scrolls to the end, each frame on to what has not been drawn yet, as far as it is loaded; `total` rows are there. */
const scrollThrough = (list: Locator, total: number): Promise<Travel> =>
  list.evaluate(
    (host, { expected, beyond }) =>
      new Promise<Travel>((resolve) => {
        const places: Array<string> = [];
        const wrong: Array<string> = [];
        const deltas: Array<number> = [];
        const longTasks: Array<number> = [];
        let mostRows = 0;
        let made = 0;
        let mostMade = 0;
        const makings = new MutationObserver((records) => {
          let count = 0;
          for (const { addedNodes } of records) {
            for (const node of addedNodes) if (node instanceof Element) count += 1 + node.querySelectorAll("*").length;
          }
          made += count;
          mostMade = Math.max(mostMade, count);
        });
        makings.observe(host, { subtree: true, childList: true });
        let last = performance.now();
        const observer = new PerformanceObserver((entries) => longTasks.push(...entries.getEntries().map(({ duration }) => duration)));
        observer.observe({ entryTypes: ["longtask"] });
        const look = (): void => {
          const rows = host.querySelectorAll("[role=option]");
          mostRows = Math.max(mostRows, rows.length);
          for (const row of rows) {
            const place = Number(row.getAttribute("aria-posinset")) - 1;
            const id = /(job|ast)_[\w-]+$/.exec(row.id)?.[0] ?? row.id;
            places[place] ??= id;
            if (places[place] !== id) wrong.push(`${place}: ${places[place]}, then ${id}`);
          }
        };
        const step = (): void => {
          const now = performance.now();
          deltas.push(now - last);
          last = now;
          look();
          if (host.scrollTop + host.clientHeight >= host.scrollHeight - 1 && places[expected - 1] !== undefined) {
            observer.disconnect();
            makings.disconnect();
            const sorted = deltas.toSorted((a, b) => a - b);
            resolve({
              places,
              wrong,
              mostRows,
              made,
              mostMade,
              frames: deltas.length,
              longestFrame: Math.round(sorted.at(-1) ?? 0),
              medianFrame: Math.round(sorted[sorted.length >> 1] ?? 0),
              longTasks: longTasks.map(Math.round),
            });
            return;
          }
          host.scrollTop += host.clientHeight + 2 * beyond;
          requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      }),
    { expected: total, beyond: spare },
  );

interface Sight {
  readonly id: string;
  readonly place: number;
  readonly total: number;
  /** px below the top of the list. */
  readonly top: number;
}

/** Where the row of this id, or the first one that is in view, stands. */
const whereIs = (list: Locator, wanted?: string): Promise<Sight> =>
  list.evaluate((host, id) => {
    const edge = host.getBoundingClientRect().top;
    const idOf = (row: Element): string => /(job|ast)_[\w-]+$/.exec(row.id)?.[0] ?? row.id;
    const row = [...host.querySelectorAll("[role=option]")].find((each) =>
      id === undefined ? each.getBoundingClientRect().bottom > edge - 4 : idOf(each) === id,
    );
    return {
      id: row === undefined ? "" : idOf(row),
      place: Number(row?.getAttribute("aria-posinset")) - 1,
      total: Number(row?.getAttribute("aria-setsize")),
      top: (row?.getBoundingClientRect().top ?? 0) - edge,
    };
  }, wanted);

/** Scrolls to about this place and answers the first row that stands there. */
const lookAt = async (list: Locator, place: number): Promise<Sight> => {
  await list.evaluate((host, share) => host.scrollTo({ top: host.scrollHeight * share }), place / (await whereIs(list)).total);
  await expect.poll(async () => (await whereIs(list)).place, { timeout: patience }).toBeGreaterThan(place / 2);
  return whereIs(list);
};

const tell = (what: string, travel: Travel): void => {
  const { frames, medianFrame, longestFrame, longTasks, mostRows, made, mostMade } = travel;
  const tasks = { longTasks: longTasks.length, longestTask: Math.max(0, ...longTasks) };
  const figures = { frames, medianFrame, longestFrame, ...tasks, mostRows, made, mostMade };
  console.log(`${what}: ${JSON.stringify(figures)}`);
};

test(
  "with 10,000 jobs and assets the workspace opens as with ten, every row can be scrolled to, and changes come in meanwhile",
  async () => {
    await studio.device.duringOutage(() => studio.killAndRestart((data) => readDatabase(data, (sql) => writeMany(sql, few))));
    const small = await open();
    console.log(`Opened with ${few}: ${JSON.stringify(small.opening)}`);
    await small.page.close();

    let order: { readonly jobs: ReadonlyArray<string>; readonly assets: ReadonlyArray<string> } = { jobs: [], assets: [] };
    await studio.killAndRestart((data) =>
      readDatabase(data, async (sql) => {
        await sql`delete from job where id like 'job_many_%'`;
        await sql`delete from asset where id like 'ast_many_%'`;
        await writeMany(sql, many);
        const plans = await plansOfPages(sql);
        // Along the index to the place and from there on, however many rows there are: nothing is sorted, nothing read whole.
        for (const plan of [plans.jobs, plans.search]) {
          expect(plan).toMatch(/Index Scan using job_list/);
          expect(plan).not.toMatch(/Sort|Seq Scan/);
        }
        expect(plans.assets).toMatch(/Index Scan using asset_live/);
        expect(plans.assets).not.toMatch(/Sort|Seq Scan/);
        order = { jobs: await listed(sql, "job"), assets: await listed(sql, "asset") };
      }),
    );
    const { page, gallery, opening, sent } = await open();
    console.log(`Opened with ${many}: ${JSON.stringify(opening)}`);
    const pictures = gallery.getByRole("listbox");

    const sentAtFirst = sent();
    await page.getByRole("tab", { name: "Jobs" }).click();
    const rows = panel(page, "Jobs").getByRole("listbox");
    const list = await scrollThrough(rows, order.jobs.length);
    tell("Jobs", list);
    expect(list.wrong).toEqual([]);
    expect(list.places).toEqual(order.jobs);
    const sentAfterJobs = sent();
    await openGallery(page);
    const grid = await scrollThrough(pictures, order.assets.length);
    tell("Gallery", grid);
    expect(grid.wrong).toEqual([]);
    expect(grid.places).toEqual(order.assets);
    // One message a page of 200, and pictures of job rows many at a time, not one for each of the 8,000 that have one.
    console.log(`Sent for the jobs: ${sentAfterJobs - sentAtFirst}, for the gallery: ${sent() - sentAfterJobs}`);
    expect(sentAfterJobs - sentAtFirst).toBeLessThan(many / 200 + list.frames);
    expect(sentAfterJobs - sentAtFirst).toBeLessThan(1500);
    expect(sent() - sentAfterJobs).toBeLessThan(many / 200 + 20);

    // While other rows are looked at, far from the newest ones.
    await page.getByRole("tab", { name: "Jobs" }).click();
    const job = await lookAt(rows, list.places.length / 2);
    const request = { operation: "text_to_video", provider: "studio", params: { prompt: "a late one #slow:600" } } as const;
    await client.call("jobs.create", { request }, { key: "a late one" });
    await expect.poll(() => whereIs(rows, job.id), { timeout: patience }).toMatchObject({ place: job.place + 1, total: job.total + 1 });
    expect(Math.abs((await whereIs(rows, job.id)).top - job.top)).toBeLessThan(2);
    await rows.evaluate((host) => host.scrollTo({ top: 0 }));
    await jobRow(page, "a late one #slow:600").waitFor();

    await openGallery(page);
    const picture = await lookAt(pictures, grid.places.length / 2);
    await client.call("assets.update", { id: picture.id, name: "another name" }, { key: "another name" });
    await tile(gallery, "another name").waitFor();
    // One after the other: each lays the rows out anew.
    for (const [gone, id] of grid.places.slice(0, 3).entries()) {
      await client.call("assets.delete", { ids: [id] }, { key: `goes: ${id}` });
      await expect
        .poll(() => whereIs(pictures, picture.id), { timeout: patience })
        .toMatchObject({ place: picture.place - gone - 1, total: picture.total - gone - 1 });
      expect(Math.abs((await whereIs(pictures, picture.id)).top - picture.top)).toBeLessThan(2);
    }

    // What opening costs does not go by how many there are.
    expect(opening.messages).toBeLessThanOrEqual(small.opening.messages + 20);
    expect(opening.bytes).toBeLessThan(600_000);
    expect(opening.rows).toBeLessThan(40);
    expect(opening.tiles).toBeLessThan(80);
    expect(opening.elements).toBeLessThan(small.opening.elements + 1500);
    expect(list.mostRows).toBeLessThan(40);
    expect(grid.mostRows).toBeLessThan(80);
    // Rows and tiles are used again. Made anew, a row was 24 elements and a tile 5; what is made now is pictures and icons.
    expect(list.made).toBeLessThan(12 * many);
    expect(grid.made).toBeLessThan(4 * many);
  },
  30 * patience,
);
