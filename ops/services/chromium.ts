// The browser of the end-to-end tests and the picture. It must play H.264, which the builds of Debian and Google do.
import { existsSync } from "node:fs";
import { join } from "node:path";

export const howToGetChromium =
  "Chromium is not installed: run `apt-get install chromium`, or set PIXSIM_CHROMIUM to the path of Chromium or Chrome.";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const offThePath = [
  ...names.flatMap((name) => [`/usr/bin/${name}`, `/snap/bin/${name}`]),
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The one to use; undefined where there is none. Throws if PIXSIM_CHROMIUM names one that is not there: another might surprise. */
export const findChromium = (environment: Readonly<Record<string, string | undefined>> = process.env): string | undefined => {
  const named = environment["PIXSIM_CHROMIUM"] ?? "";
  if (named !== "") {
    if (!existsSync(named)) throw new Error(`PIXSIM_CHROMIUM names ${named}, which is not there.`);
    return named;
  }
  const folders = (environment["PATH"] ?? "").split(":").filter((folder) => folder !== "");
  return [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...offThePath].find(existsSync);
};
