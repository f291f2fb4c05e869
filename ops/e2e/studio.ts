// What the tests of one file share: one server on a folder of its own, one browser, one device that is signed in.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { freshDataFolder } from "#db/client/testing.ts";
import { openBrowser, openDevice, type Device } from "./browser.ts";
import { choosePassword, liveMark, redeem } from "./pages.ts";
import { startServer } from "./server.ts";

/** With which the first admin signs in on other devices. */
export const password = "a long enough password";

export interface Studio {
  readonly url: string;
  /** For files of the test, beside the server's data. */
  readonly folder: string;
  readonly browser: Browser;
  readonly device: Device;
  readonly signInLink: string;
  /** Kills the server at once, and starts it on the same data and port; in between, its data folder can be written. */
  readonly killAndRestart: (meanwhile?: (data: string) => Promise<void>) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** `env`: settings of its server besides; `args`: of its command line. */
export const openStudio = async (env: Readonly<Record<string, string>> = {}, args: ReadonlyArray<string> = []): Promise<Studio> => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-e2e-"));
  // Making the database is most of a first start; what it is made of is proved elsewhere.
  const data = await freshDataFolder();
  let server = await startServer({ data, env, args });
  const { url, port } = server;
  const browser = await openBrowser();
  const device = await openDevice(browser);
  const signInLink = await server.signInLink();
  const page = await device.open();
  await redeem(page, signInLink);
  await choosePassword(page, password);
  await liveMark(page).waitFor();
  await page.close();
  return {
    url,
    folder,
    browser,
    device,
    signInLink,
    killAndRestart: async (meanwhile) => {
      await server.kill("SIGKILL");
      await meanwhile?.(data);
      server = await startServer({ data, port, env, args });
    },
    close: async () => {
      await browser.close();
      await server.kill();
      await rm(folder, { recursive: true, force: true });
      await rm(data, { recursive: true, force: true });
    },
  };
};
