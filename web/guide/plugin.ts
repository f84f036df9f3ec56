import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { parseContents, parsePage } from "./markdown.ts";
import { referenceGroups, referencePages, type OpenApi } from "./reference.ts";

const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));
const GUIDE = "virtual:guide";
const HINDI = "virtual:guide-hi";
const REFERENCE = "virtual:reference";

/** Makes modules from the documentation's files, one chunk for each page, so that no page loads a parser or all other
 *  pages. `virtual:guide` has the contents and, by slug, a function that loads a page; `virtual:guide-hi` has the
 *  same in Hindi, and `virtual:reference` for the API's reference. Their types are in `src/docs.d.ts`. */
export function documentation(): Plugin {
  return {
    name: "documentation",
    resolveId: (id) => (id.startsWith(GUIDE) || id.startsWith(REFERENCE) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${GUIDE}`) && !id.startsWith(`\0${REFERENCE}`)) return undefined;
      const [name = "", slug] = id.slice(1).split("/");
      const read = (file: string) => {
        this.addWatchFile(`${DOCS}${file}`);
        return readFileSync(`${DOCS}${file}`, "utf8");
      };
      if (name === REFERENCE) return reference(slug, read);
      return name === HINDI ? hindi(slug, read) : guide(slug, read);
    },
  };
}

type Read = (file: string) => string;

function guide(slug: string | undefined, read: Read): string {
  const groups = parseContents(read("guide/README.md"));
  const slugs = groups.flatMap(({ pages }) => pages.map((page) => page.slug));
  if (slug) return `export default ${JSON.stringify(parsePage(slug, read(`guide/${slug}.md`), slugs))};`;
  return module(GUIDE, groups, slugs);
}

function hindi(slug: string | undefined, read: Read): string {
  const groups = parseContents(read("guide/hi/README.md"));
  const slugs = groups.flatMap(({ pages }) => pages.map((page) => page.slug));
  if (!slug) return module(HINDI, groups, slugs);
  const original = parsePage(slug, read(`guide/${slug}.md`), slugs);
  return `export default ${JSON.stringify(parsePage(slug, read(`guide/hi/${slug}.md`), slugs, original))};`;
}

function reference(slug: string | undefined, read: Read): string {
  const api = JSON.parse(read("openapi.json")) as OpenApi;
  if (!slug) {
    const groups = referenceGroups(api);
    return module(
      REFERENCE,
      groups,
      groups.map((group) => group.slug),
    );
  }
  return `export default ${JSON.stringify(referencePages(api).find((page) => page.slug === slug))};`;
}

function module(name: string, groups: unknown, slugs: readonly string[]): string {
  const loaders = slugs.map((slug) => `${JSON.stringify(slug)}: () => import(${JSON.stringify(`${name}/${slug}`)})`);
  return `export const groups = ${JSON.stringify(groups)};\nexport const pages = {${loaders.join(",\n")}};`;
}
