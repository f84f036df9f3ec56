/** Prints what the web app makes of each case. */
import { readFileSync } from "node:fs";
import { Conversations, type ListedConversation } from "../../../web/src/lib/conversations.ts";
import { OpenFolders } from "../../../web/src/lib/open_folders.ts";
import { fileName } from "../../../web/src/lib/organise/export_one.ts";
import { inFolder, outsideFolders } from "../../../web/src/lib/organise/folders.ts";
import { zip } from "../../../web/src/lib/organise/zip.ts";
import { UnreadAnswers } from "../../../web/src/lib/unread_answers.ts";

interface Cases {
  folder_names: string[];
  long_folder: { in_folder: number; page: number };
  zip_names: { titles: string[]; names: string[] }[];
  unread: { name: string; steps: { open: string; answering: string[] }[] }[];
}

const cases = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8")) as Cases;
const conversation = (id: string, folder: string | null, n = 0) =>
  ({
    id,
    folder,
    pinned: false,
    archived: false,
    last_message_at: new Date(1e12 - n).toISOString(),
  }) as ListedConversation;

function memory() {
  const kept = new Map<string, string>();
  return {
    read: (key: string) => kept.get(key) ?? null,
    write: (key: string, value: string | null) =>
      value === null ? kept.delete(key) : (kept.set(key, value), true),
  };
}

const folders = cases.folder_names.map((name, n) => {
  const device = memory();
  new OpenFolders("u", device).set(name, true);
  const all = [conversation(`c${n}`, name), conversation("other", null)];
  return {
    opened: [...new OpenFolders("u", device).store.value],
    inside: inFolder(name, [], all).map(({ id }) => id),
    outside: outsideFolders(all, [{ name }]).map(({ id }) => id),
  };
});

// A folder whose conversations come in pages. Then the last one is moved away by another device, and all are archived.
const { in_folder, page } = cases.long_folder;
let stored = Array.from({ length: in_folder }, (_, n) => conversation(`c${n}`, "Long", n));
const list = new Conversations({ folder: "Long" }, async ({ cursor }) => {
  const from = Number(cursor ?? 0);
  const next = from + page < stored.length ? String(from + page) : null;
  return { items: stored.slice(from, from + page), next_cursor: next };
});
await list.refresh();
const pages = [list.store.value.items.length];
while (list.store.value.more) {
  await list.more();
  pages.push(list.store.value.items.length);
}
stored = stored.slice(0, 2);
await list.refresh();
const afterMove = list.store.value.items.length;
stored = [];
await list.refresh();
const long = { pages, after_move: afterMove, after_archiving: list.store.value.items.length };

const zips = await Promise.all(
  cases.zip_names.map(async ({ titles }) => {
    const content = new TextEncoder().encode("text");
    const file = zip(titles.map((title) => ({ name: fileName(title, "markdown"), content })));
    return Buffer.from(await file.arrayBuffer()).toString("base64");
  }),
);

const unread = Object.fromEntries(
  cases.unread.map(({ name, steps }) => {
    const answers = new UnreadAnswers("u", memory());
    for (const { open, answering } of steps) {
      answers.clear(open);
      answers.saw(
        ["a", "b"].map((id) => ({ id, answering: answering.includes(id) })),
        open,
      );
    }
    return [name, [...answers.store.value]];
  }),
);
console.log(JSON.stringify({ folders, long, zips, unread }));
