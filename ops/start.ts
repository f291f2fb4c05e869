// `npm start`: the server, and the front ends built if they are stale. `--reset-admin` prints a new sign-in link;
// `--without-pages` leaves the front ends as they are; `--demo` runs simulators of the paid providers beside it. The database opens in its thread while the server is loaded.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openFolder } from "#db/client/embedded-folder.ts";
import { readSettings } from "#runtime/config/settings.ts";
import { say } from "./say.ts";

/** In a process of its own: the builder takes a core, and memory that the server would keep. A failed build says so itself. */
const build = (): Promise<void> =>
  new Promise((resolve) => {
    const builder = spawn(process.execPath, [fileURLToPath(new URL("launch.mjs", import.meta.url)), "build-main"], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    builder.once("error", (error) => {
      say(`The pages could not be built: ${error.message}`);
      resolve();
    });
    builder.once("close", () => resolve());
    // A server that is told to stop while it builds does not wait for the end of that.
    builder.unref();
    process.once("exit", () => builder.kill());
  });

try {
  const demo = process.argv.includes("--demo");
  const elsewhere = ["DATABASE_URL", "REDIS_URL"].filter((name) => (process.env[name] ?? "") !== "");
  if (demo && elsewhere.length > 0) {
    throw new Error(
      `PixSim cannot start: --demo adds sample accounts for everybody, and ${elsewhere.join(" and ")} may lead to an installation that is in use. Start it without.`,
    );
  }
  const pages = process.argv.includes("--without-pages") ? Promise.resolve() : build();
  const settings = readSettings(demo ? { PIXSIM_DATA: "./data-demo", PIXSIM_PROVIDER_SPEED: "8", ...process.env } : process.env);
  const opening = settings.DATABASE_URL === undefined ? openFolder(settings.PIXSIM_DATA) : undefined;
  // The thread must have begun before the program is loaded, which holds the event loop. A failure is told to who asks.
  await opening?.catch(() => {});
  const { serve } = await import("./serve.ts");
  serve({ settings, opening, pages, reset: process.argv.includes("--reset-admin"), demo });
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
