/**
 * Every file in src/entries/ is an entry: a page loads it with {% vite_asset "src/entries/<name>.ts" %}.
 * An entry called `sw` keeps a stable name at the top of dist/, because a service worker's address must not change.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const entriesFolder = fileURLToPath(new URL("./src/entries", import.meta.url));
const entries = Object.fromEntries(
  readdirSync(entriesFolder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => [name.replace(/\.ts$/, ""), `${entriesFolder}/${name}`]),
);

export default defineConfig({
  base: "/static/",
  publicDir: "public",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: ["chrome80", "firefox90", "safari14"],
    sourcemap: true,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: entries,
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  server: { port: 5173, strictPort: true },
});
