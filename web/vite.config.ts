// Builds the workspace into dist/web: hashed assets under /assets, everything else beside index.html.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  cacheDir: here("../.cache/vite-web"),
  plugins: [solid()],
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
