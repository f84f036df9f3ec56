import adapter from "@sveltejs/adapter-static";
import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

// The gateway builds into another folder than the one it serves, and swaps them when the build is complete.
const folder = process.env.BUILD_FOLDER ?? "build";

/** @type {import("@sveltejs/kit").Config} */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
  kit: {
    // Addresses that the build does not know belong to the app: CloudFront's function and the gateway serve this page
    // for them, and c.html for a conversation. So files are named from the root.
    paths: { relative: false },
    adapter: adapter({ fallback: "200.html", pages: folder, assets: folder }),
    // Each page allows Kit's own inline script by its hash. The rest of the policy is in headers, which a page cannot
    // loosen.
    csp: { mode: "hash", directives: { "script-src": ["self"] } },
    // Pages name their own address, which the build cannot know: the gateway and the upload replace this one.
    prerender: { origin: "https://this-site.invalid" },
    alias: { $types: "types" },
    // A deployment changes chunk names: the page asks for the version once a minute and announces a new one.
    version: { pollInterval: 60_000 },
    serviceWorker: { register: false },
    typescript: {
      config: (made) => ({ ...made, include: [...made.include, "../widget/**/*.ts", "../widget/**/*.svelte"] }),
    },
  },
};
