// `npm run dev`: the workspace from Vite, with each change shown at once, in front of a server that starts anew when its code changes.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
/** Where the server listens; the pages' own port stands beside it. */
const serverPort = Number(process.env["PIXSIM_PORT"] ?? "7700");
const pagePort = Number(process.env["PIXSIM_PAGES_PORT"] ?? "7780");

const target = `http://127.0.0.1:${serverPort}`;
const pages = await createServer({
  configFile: path("../web/vite.config.ts"),
  server: {
    host: "127.0.0.1",
    port: pagePort,
    strictPort: true,
    // What the server answers. The Host header stays the page's, which the origin check compares.
    proxy: { "/ws": { target, ws: true }, "/media": target, "/docs": target, "/healthz": target, "/metrics": target },
  },
});
await pages.listen().catch((error: unknown) => {
  process.stderr.write(
    `The pages cannot be served: ${error instanceof Error ? error.message : String(error)}. PIXSIM_PAGES_PORT names another port.\n`,
  );
  process.exit(1);
});

const watched = ["protocol", "db", "runtime", "actors", "ops"].map((room) => `--watch-path=${path(`../${room}`)}`);
const server = spawn(process.execPath, ["--watch-preserve-output", ...watched, path("launch.mjs"), "start", "--without-pages"], {
  stdio: "inherit",
  env: { ...process.env, PIXSIM_PORT: String(serverPort), PIXSIM_PUBLIC_URL: `http://127.0.0.1:${pagePort}` },
});
process.stderr.write(`Pages with live reload: http://127.0.0.1:${pagePort}\n`);

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
