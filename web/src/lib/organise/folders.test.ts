import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListedConversation } from "../conversations.ts";
import { inFolder, outsideFolders } from "./folders.ts";

const listed = (id: string, folder: string | null, more: Partial<ListedConversation> = {}) =>
  ({
    id,
    folder,
    pinned: false,
    archived: false,
    last_message_at: "2026-11-25T00:00:00Z",
    ...more,
  }) as ListedConversation;
const idsOf = (list: readonly ListedConversation[]) => list.map(({ id }) => id);

test("a folder shows its own list and what the side bar's list knows better", () => {
  const own = [listed("a", "House"), listed("moved", "House"), listed("b", "House")];
  const all = [
    listed("moved", "Trips"),
    listed("new", "House", { last_message_at: "2026-11-26T00:00:00Z" }),
    listed("b", "House", { title: "Named" }),
  ];
  const shown = inFolder("House", own, all);
  assert.deepEqual(idsOf(shown), ["new", "a", "b"]);
  assert.equal(shown[2]?.title, "Named");
});

test("pinned conversations and those of unknown folders stand outside the folders", () => {
  const all = [listed("a", null), listed("b", "House"), listed("c", "House", { pinned: true }), listed("d", "Unread")];
  assert.deepEqual(idsOf(outsideFolders(all, [{ name: "House" }])), ["a", "c", "d"]);
});
