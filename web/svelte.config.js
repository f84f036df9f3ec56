import adapter from "@sveltejs/adapter-static";
import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

// The gateway builds beside the build that it serves, and puts the new one in its place when it is whole.
const folder = process.env.BUILD_FOLDER ?? "build";

/** @type {import("@sveltejs/kit").Config} */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
  kit: {
    // Addresses that no build can know are the app's: CloudFront's function and the gateway answer them with this page,
    // and a conversation's with c.html. So files are named from the root, wherever the page is shown.
    paths: { relative: false },
    adapter: adapter({ fallback: "200.html", pages: folder, assets: folder }),
    // Kit's own inline script by its hash, in each page; everything else of the policy is headers, which it cannot loosen.
    csp: { mode: "hash", directives: { "script-src": ["self"] } },
    // Pages name their own address, which a build cannot know: the gateway and the upload put it in this one's place.
    prerender: { origin: "https://this-site.invalid" },
    alias: { $types: "types" },
    // New chunk names after a deploy: the page asks for the version once a minute and announces a new one.
    version: { pollInterval: 60_000 },
    serviceWorker: { register: false },
  },
};
