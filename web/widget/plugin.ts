import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { build, type Plugin } from "vite";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
/** Each is one classic script: a module would need permission to be read across origins in a sandboxed page. */
const SCRIPTS = {
  "widget.js": "loader/main.ts",
  "widget-frame.js": "frame/main.ts",
  "widget-test.js": "test_page/main.ts",
} as const;
/** What the chat loads when it needs it: the words of other languages, what shows answers, and the proof of work under
 *  attack. */
const MODULES = {
  "widget-hi.js": "frame/texts/hi.ts",
  "widget-id.js": "frame/texts/id.ts",
  "widget-markdown.js": "frame/markdown.ts",
  "widget-proof.js": "proof/main.ts",
} as const;

/** Makes `/widget.js`, the script that websites include, `/widget-frame.js` with its style, the chat that it opens, what
 *  it loads later, and `/widget-test.html`, a website of ours to try it on. */
export function widget(): Plugin {
  return {
    name: "widget",
    async generateBundle() {
      if (this.environment.name !== "client") return;
      for (const [fileName, entry] of Object.entries({ ...SCRIPTS, ...MODULES }))
        for (const made of await script(fileName, entry)) this.emitFile({ type: "asset", ...made });
      const source = readFileSync(`${FOLDER}/test_page/page.html`, "utf8");
      this.emitFile({ type: "asset", fileName: "widget-test.html", source });
    },
  };
}

export async function script(
  fileName: string,
  entry: string,
): Promise<{ fileName: string; source: string | Uint8Array }[]> {
  const results = await build({
    configFile: false,
    root: FOLDER,
    publicDir: false,
    logLevel: "warn",
    plugins: [lexerAlone(), svelte({ configFile: false, compilerOptions: { runes: true } })],
    build: {
      write: false,
      target: "es2022",
      // Vite leaves the spaces in a library's module, so that its user's bundler finds comments there.
      rolldownOptions: { output: { minify: true } },
      lib: {
        entry,
        formats: [fileName in MODULES ? "es" : "iife"],
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

const USED = ["Lexer", "Tokenizer", "getDefaults"];

/** Leaves out of `marked` what makes HTML. The library makes an instance of everything when it is loaded, at its end,
 *  so no bundler can. Throws where the library has another form. */
function lexerAlone(): Plugin {
  return {
    name: "lexer-alone",
    transform(code, id) {
      if (!/\/marked\/lib\/marked\.esm\.js/.test(id)) return;
      const names = new Map(
        (/export\{([^}]*)\}/.exec(code)?.[1] ?? "").split(",").map((each) => {
          const [local = "", exported = local] = each.split(" as ");
          return [exported, local];
        }),
      );
      const end = code.indexOf(`=new ${names.get("Marked")};`);
      const start = code.lastIndexOf("var ", end);
      if (end < 0 || start < 0 || !USED.every((name) => names.has(name))) throw new Error("marked has another form");
      const exported = USED.map((name) => `${names.get(name)} as ${name}`).join(",");
      return { code: `${code.slice(0, start)}export{${exported}};`, map: null };
    },
  };
}
