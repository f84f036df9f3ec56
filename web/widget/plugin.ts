import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { build, type Plugin } from "vite";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
/** Each is one classic script: a module would need permission to be read across origins in a sandboxed page. */
const SCRIPTS = { "widget.js": "loader/main.ts" } as const;

/** Makes `/widget.js`, the script that websites include. */
export function widget(): Plugin {
  return {
    name: "widget",
    async generateBundle() {
      if (this.environment.name !== "client") return;
      for (const [fileName, entry] of Object.entries(SCRIPTS))
        for (const made of await script(fileName, entry)) this.emitFile({ type: "asset", ...made });
    },
  };
}

async function script(fileName: string, entry: string): Promise<{ fileName: string; source: string | Uint8Array }[]> {
  const results = await build({
    configFile: false,
    root: FOLDER,
    publicDir: false,
    logLevel: "warn",
    plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
    build: {
      write: false,
      target: "es2022",
      lib: {
        entry,
        formats: ["iife"],
        name: "oneai",
        fileName: () => fileName,
        cssFileName: fileName.replace(/\.js$/, ""),
      },
    },
  });
  const [result] = Array.isArray(results) ? results : [results];
  if (!result || !("output" in result)) throw new Error(`${fileName} was not built`);
  return result.output.map((file) => ({
    fileName: file.fileName,
    source: file.type === "chunk" ? file.code : file.source,
  }));
}
