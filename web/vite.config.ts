// Builds the workspace into dist/web: hashed assets under /assets, everything else beside index.html.
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import solid from "vite-plugin-solid";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Libraries come compiled: to compile their sources for Solid again takes as long as all of our own. */
const compiledLibraries: Plugin = {
  name: "compiled-libraries",
  enforce: "post",
  configEnvironment(_name, { resolve }) {
    if (resolve?.conditions !== undefined) resolve.conditions = resolve.conditions.filter((condition) => condition !== "solid");
  },
};

export default defineConfig({
  root: here("."),
  cacheDir: here("../.cache/vite-web"),
  plugins: [solid(), compiledLibraries],
  build: {
    outDir: here("../dist/web"),
    emptyOutDir: true,
    // What is used without a fallback: light-dark(), CSS layers, :has(), Web Locks.
    target: ["chrome125", "firefox125", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
