import { sveltekit } from "@sveltejs/kit/vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";
import { bundles } from "./bundles.ts";
import { diagramPage } from "./diagram/plugin.ts";
import { documentation } from "./guide/plugin.ts";
import { widget } from "./widget/plugin.ts";

// The running stack, which `make web` shows with hot reload.
const stack = process.env.STACK_URL ?? "http://127.0.0.1:8000";
const served = ["/api", "/auth/v1", "/razorpay", "/storage", "/local", "/v1", "/config.json"];

export default defineConfig({
  plugins: [tailwindcss(), sveltekit(), diagramPage(), documentation(), widget(), bundles()],
  build: { target: "es2022" },
  worker: { format: "es" },
  // `make web`: bundles dynamic imports before the first page needs them, which would otherwise reload that page.
  optimizeDeps: { include: ["@supabase/auth-js", "dompurify", "marked", "openapi-fetch", "remend"] },
  server: { fs: { allow: [".."] }, proxy: Object.fromEntries(served.map((path) => [path, { target: stack }])) },
});
