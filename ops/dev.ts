// `npm run dev`: the workspace from Vite, with each change shown at once, in front of a server that starts anew when its code changes.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { readSettings } from "#runtime/config/settings.ts";
import { say } from "./say.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const host = "127.0.0.1";
const serverPort = readSettings(process.env).PIXSIM_PORT;
const pagePort = serverPort + 1;
const target = `http://${host}:${serverPort}`;
const pagesUrl = `http://${host}:${pagePort}`;

const pages = await createServer({
  configFile: path("../web/vite.config.ts"),
  server: {
    host,
    port: pagePort,
    strictPort: true,
    // What the server answers. The Host header stays the page's, which the origin check compares.
    proxy: { "/ws": { target, ws: true }, "/media": target, "/docs": target, "/play": target, "/healthz": target, "/metrics": target },
  },
});
await pages.listen().catch((error: unknown) => {
  say(`The pages cannot be served: ${error instanceof Error ? error.message : String(error)}. They take the port after PIXSIM_PORT.`);
  process.exit(1);
});

const watched = ["protocol", "db", "runtime", "actors", "ops"].map((room) => `--watch-path=${path(`../${room}`)}`);
const server = spawn(process.execPath, ["--watch-preserve-output", ...watched, path("launch.mjs"), "start", "--without-pages"], {
  stdio: "inherit",
  env: { PIXSIM_ENV: "development", ...process.env, PIXSIM_HOST: host, PIXSIM_PORT: String(serverPort), PIXSIM_PUBLIC_URL: pagesUrl },
});
say(`Pages with live reload: ${pagesUrl}`);

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  server.kill("SIGTERM");
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
server.once("close", (code) => {
  void pages.close().then(() => process.exit(stopping ? 0 : (code ?? 1)));
});
