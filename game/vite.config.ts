// Builds the player into dist/game. Addresses in it are relative: the same files play at /play/ and from any folder of a web host.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "./",
  cacheDir: here("../.cache/vite-game"),
  plugins: [solid()],
  build: {
    outDir: here("../dist/game"),
    emptyOutDir: true,
    target: ["chrome125", "firefox125", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The overlay's engine, which comes after the first frame is up.
    chunkSizeWarningLimit: 2000,
    sourcemap: false,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
