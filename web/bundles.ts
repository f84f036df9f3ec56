import type { Plugin } from "vite";

/** The modules with which kinds of pages begin. */
const BEGINNINGS: readonly [name: string, module: RegExp][] = [
  ["base", /\/client\/entry\.js$|\/client-optimized\/(?:app|nodes\/[01])\.js$/],
  ["app", /\/routes\/\(app\)\/\+layout\.svelte$/],
  ["chat", /\/routes\/\(app\)\/c\/.*\+page\.svelte$/],
  ["public", /\/routes\/\(public\)\/\+(?:layout|page)\.svelte$/],
];

/** The libraries of every page. Of Svelte each page uses some modules only, so the bundler divides them by use; pieces
 *  smaller than `SMALL` bytes of source go with their nearest neighbour. */
const LIBRARIES = /\/node_modules\/(?:svelte|@sveltejs|openapi-fetch|esm-env|devalue|clsx)\//;
const SMALL = 8_000;

/** Puts what pages share into a handful of bundles instead of a file for each module: on a line of 40 ms a page waits
 *  for the number of its files more than for their bytes. A module of ours that several pages need goes into the bundle
 *  of all `BEGINNINGS` that reach it without an `import()`; what only dialogs share stays as the bundler divides it. */
export function bundles(): Plugin {
  const bundleOf = new Map<string, string>();
  return {
    name: "bundles",
    // A bundle that takes modules without all that they import needs this of the bundler.
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
