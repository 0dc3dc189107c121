import { fileURLToPath, URL } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` finds the server: `hosu serve` or `hosu demo`. */
const server = process.env.HOSU_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: { "/api": server } },
  worker: { format: "es" },
  build: {
    target: "es2023",
    // The server's content security policy is `default-src 'self'`: nothing may become a data: URI.
    assetsInlineLimit: 0,
    // What each page needs at once is written down by scripts/size.mjs.
    manifest: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
  },
});
