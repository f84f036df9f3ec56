import type { Plugin } from "vite";

/** The first module of each kind of page. */
const BEGINNINGS: readonly [name: string, module: RegExp][] = [
  ["base", /\/client\/entry\.js$|\/client-optimized\/(?:app|nodes\/[01])\.js$/],
  ["app", /\/routes\/\(app\)\/\+layout\.svelte$/],
  ["chat", /\/routes\/\(app\)\/c\/.*\+page\.svelte$/],
  ["public", /\/routes\/\(public\)\/\+(?:layout|page)\.svelte$/],
];

/** Libraries that every page loads. Pages use different modules of Svelte, so the bundler divides them by use. Pieces
 *  smaller than `SMALL` bytes of source go with their nearest neighbour. */
const LIBRARIES = /\/node_modules\/(?:svelte|@sveltejs|openapi-fetch|esm-env|devalue|clsx)\//;
const SMALL = 8_000;

/** Characters of a file's hash, each six bits. Every page loads the table of all pages, which names each file. */
const HASH = 7;

/** Puts shared code into a handful of bundles instead of a file for each module: on a line with 40 ms latency, the
 *  number of files slows a page down more than their bytes. A module of ours that several pages need goes into the
 *  bundle of all `BEGINNINGS` that reach it without an `import()`. The bundler divides what only dialogs share. */
export function bundles(): Plugin {
  const bundleOf = new Map<string, string>();
  return {
    name: "bundles",
    // The bundler requires this for a bundle that takes modules without all of their imports.
    options: (options) => ({ ...options, preserveEntrySignatures: "allow-extension" }),
    buildEnd() {
      const ids = [...this.getModuleIds()];
      for (const [name, module] of BEGINNINGS) {
        const reached = new Set(ids.filter((id) => module.test(id)));
        for (const id of reached)
          for (const imported of this.getModuleInfo(id)?.importedIds ?? []) reached.add(imported);
        for (const id of reached) {
          const others = bundleOf.get(id);
          if (others !== "base") bundleOf.set(id, others ? `${others}-${name}` : name);
        }
      }
    },
    outputOptions(options) {
      if (this.environment.name !== "client") return;
      const ours = (id: string) => !id.includes("/node_modules/");
      for (const name of ["entryFileNames", "chunkFileNames"] as const) {
        const pattern = options[name];
        if (typeof pattern === "string") options[name] = pattern.replace("[hash]", `[hash:${HASH}]`);
      }
      options.codeSplitting = {
        includeDependenciesRecursively: false,
        groups: [
          { test: ours, name: (id) => bundleOf.get(id), minShareCount: 2 },
          { test: LIBRARIES, name: "libraries", entriesAware: true, entriesAwareMergeThreshold: SMALL },
        ],
      };
    },
  };
}
