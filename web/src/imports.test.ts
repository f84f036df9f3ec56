import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

/** Folders and modules of `src`, the top first. Each imports from lower lines alone, on demand too; nothing imports from
 *  its own line. A file belongs to the longest entry that contains it. */
const LAYERS = [
  "routes hooks.client.ts hooks.server.ts service-worker.ts app.d.ts docs.d.ts",
  "lib/inbox",
  "lib/chatbots lib/docs",
  "lib/chat lib/shell",
  "lib/credits",
  "lib/admin lib/billing lib/documents lib/organise lib/prompts lib/settings",
  "lib/auth/ui lib/invite lib/picker lib/share lib/usage",
  "lib/auth/passkeys.ts",
  "lib/adjustments lib/archive lib/auth/account.ts lib/markdown lib/preferences.ts lib/public lib/search",
  "lib/auth/sign_out.ts lib/consents lib/conversations.ts lib/me.ts lib/models.ts lib/profile_picture.ts lib/quota.ts lib/sources lib/watch_maintenance.ts",
  "lib/account_closure.ts lib/api lib/model_search.ts lib/offline.ts lib/ui",
  "lib/workspace.ts",
  "lib/auth lib/model_makers.ts lib/state",
  "lib/plans.ts lib/speech lib/status lib/typed",
  "lib/i18n",
  "lib/api/fields.ts",
  "lib/api/errors.ts",
  "lib/appearance.ts lib/author.ts lib/drafts.ts lib/install.ts lib/maintenance.ts lib/open_folders.ts lib/recent_models.ts lib/shell_state.ts lib/toasts.ts lib/unread_answers.ts",
  "lib/api_examples.ts lib/axis.ts lib/clipboard.ts lib/config.ts lib/download.ts lib/reload.ts lib/side_bar_keys.ts lib/trusted.ts",
  "lib/state/frames.ts lib/storage.ts lib/state/kept_rows.ts lib/state/store.ts app.css public.css",
  "lib/state/painted.ts",
].map((line) => line.split(" "));

const STATEMENT = /^\s*(?:import|export)\s(?:[^;"]*?\sfrom\s)?"([^"]+)"/gm;
const ON_DEMAND = /\bimport\("([^"]+)"\)/g;

type Graph = ReadonlyMap<string, readonly string[]>;

/** Every source file with the files that it imports by these patterns. Other packages, built modules and a component's
 *  import of itself are left out. */
function importsBy(...patterns: RegExp[]): Graph {
  const files = globSync("**/*.{ts,svelte}", { cwd: import.meta.dirname }).filter((file) => !file.endsWith(".test.ts"));
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(import.meta.dirname, file), "utf8");
      const names = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""));
      const imported = names.filter((name) => /^(?:\.|\$lib\/)/.test(name)).map((name) => resolve(file, name));
      return [file, imported.filter((other) => other !== file)];
    }),
  );
}

/** The file that a name stands for in `file`, relative to `src`. Throws an AssertionError where there is none. */
function resolve(file: string, name: string): string {
  const path = (name.startsWith("$lib/") ? name.slice(1) : join(file, "..", name)).replace(/\?.*/, "");
  const found = [path, `${path}.ts`].find((each) => /\.\w+$/.test(each) && existsSync(join(import.meta.dirname, each)));
  assert.ok(found, `${file} imports ${name}, which does not exist`);
  return found;
}

/** The first circle in `graph`, or null. */
function circle(graph: Graph): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of graph.get(file) ?? []) {
      const found = visit(next, [...path, file]);
      if (found) return found;
    }
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const found = visit(file, []);
    if (found) return found;
  }
  return null;
}

/** The entry of `LAYERS` that contains a file, and its line. */
function layerOf(file: string): { entry: string; line: number } {
  const entry = LAYERS.flat()
    .filter((each) => file === each || file.startsWith(`${each}/`))
    .reduce((longest, each) => (each.length > longest.length ? each : longest), "");
  return { entry, line: LAYERS.findIndex((line) => line.includes(entry)) };
}

test("modules do not import each other in a circle", () => {
  assert.equal(circle(importsBy(STATEMENT)), null);
});

test("a circle is found behind modules that have none", () => {
  const graph = new Map([
    ["a", ["b", "c"]],
    ["b", ["c"]],
    ["c", []],
    ["d", ["a", "e"]],
    ["e", ["d"]],
  ]);
  assert.deepEqual(circle(graph), ["d", "e", "d"]);
});

test("every module has its layer", () => {
  const without = [...importsBy(STATEMENT).keys()].filter((file) => layerOf(file).entry === "");
  assert.deepEqual(without, []);
});

test("modules import from lower layers alone", () => {
  const upwards: string[] = [];
  for (const [file, imported] of importsBy(STATEMENT, ON_DEMAND))
    for (const other of imported) {
      const [from, to] = [layerOf(file), layerOf(other)];
      if (from.entry !== to.entry && from.line >= to.line) upwards.push(`${file} imports ${other}`);
    }
  assert.deepEqual(upwards, []);
});

test("the styles of public pages are made from all components that these reach, and from no others", () => {
  const graph = importsBy(STATEMENT, ON_DEMAND);
  const reached = new Set([...graph.keys()].filter((file) => /^routes\/(?:\(public\)\/|\+)/.test(file)));
  for (const file of reached) for (const imported of graph.get(file) ?? []) reached.add(imported);
  const styles = readFileSync(join(import.meta.dirname, "public.css"), "utf8");
  const sources = [...styles.matchAll(/@source "\.\/([^"]+)"/g)].map((match) => match[1] ?? "");
  const covered = new Set(globSync(sources, { cwd: import.meta.dirname }));

  assert.deepEqual(
    [...reached].filter((file) => file.endsWith(".svelte") && !covered.has(file)),
    [],
  );
  assert.deepEqual(
    sources.filter((source) => !source.includes("*") && !reached.has(source)),
    [],
  );
});
