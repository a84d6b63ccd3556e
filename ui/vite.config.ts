import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The server that the development page talks to, as `tidegate demo --port 7901` or `tidegate server` prints it. */
const server = process.env.TIDEGATE_SERVER ?? "http://127.0.0.1:7901";

const proxy = Object.fromEntries(
  ["/api", "/healthz", "/readyz", "/problems"].map((path) => [path, { target: server, changeOrigin: false, ws: false }]),
);

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    // The content security policy is `default-src 'self'`: nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
    manifest: true,
  },
  worker: { format: "es" },
  server: { proxy, host: "127.0.0.1" },
  preview: { proxy, host: "127.0.0.1" },
  test: {
    restoreMocks: true,
    unstubGlobals: true,
    testTimeout: 30_000,
    // Logic needs no document, and starts far faster without one.
    projects: [
      { extends: true, test: { name: "logic", environment: "node", include: ["src/**/*.test.ts"] } },
      {
        extends: true,
        test: { name: "views", environment: "happy-dom", include: ["src/**/*.test.tsx"], setupFiles: ["src/test-setup.ts"] },
      },
    ],
  },
});
