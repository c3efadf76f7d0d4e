import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The hub that `npm run dev` forwards to; the built page is served by the hub itself.
const hub = process.env.SSE_URL ?? "http://127.0.0.1:8089";
const forward = { target: hub, changeOrigin: true };

export default defineConfig({
  plugins: [react()],
  // The page may be below a path of a proxy, and what is behind the # is its own.
  base: "./",
  server: { proxy: { "/metrics": forward, "/events": forward, "/-": forward } },
  build: {
    target: "es2022",
    // The hub's Content-Security-Policy knows files only: nothing is inlined into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One file each of script and style: the whole page is smaller than two round trips are worth.
    cssCodeSplit: false,
  },
  // A machine that is shared may be slow.
  test: { include: ["src/**/*.test.{ts,tsx}"], testTimeout: 30_000 },
});
