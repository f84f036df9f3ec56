import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const NAME = "diagram.html";

/** Makes `/diagram.html`, the document of a diagram's frame. It contains Mermaid as text, because a frame without an
 *  origin cannot load anything, and this one must not. Its policy names the script by hash. */
export function diagramPage(): Plugin {
  return {
    name: "diagram-page",
    async generateBundle() {
      if (this.environment.name !== "client") return;
      this.emitFile({ type: "asset", fileName: NAME, source: await page() });
    },
    configureServer(server) {
      server.middlewares.use(`/${NAME}`, (_request, response) => {
        response.setHeader("content-type", "text/html");
        void page().then((html) => response.end(html));
      });
    },
  };
}

async function page(): Promise<string> {
  const mermaid = createRequire(import.meta.url).resolve("@mermaid-js/tiny/dist/mermaid.tiny.js");
  const [library, frame] = await Promise.all(
    [mermaid, new URL("frame.js", import.meta.url)].map((file) => readFile(file)),
  );
  // An HTML parser ends a script at this tag, even inside a string.
  const script = `${library}\n${frame}`.replaceAll("</script", "<\\/script");
  const hash = createHash("sha256").update(script).digest("base64");
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="content-security-policy" content="script-src 'sha256-${hash}'" />
    <title>Diagram</title>
    <style>
      body { margin: 0; min-height: 100vh; background: transparent; display: grid; place-items: center; }
      svg { max-width: 100%; height: auto; }
    </style>
  </head>
  <body>
    <script>${script}</script>
  </body>
</html>
`;
}
