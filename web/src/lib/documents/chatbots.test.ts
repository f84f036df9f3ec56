import assert from "node:assert/strict";
import { test } from "node:test";
import { names } from "./chatbots.ts";

type Naming = Parameters<typeof names>[0];

const asked = (documents: string[], collections: string[]) => ({ knowledge: { documents, collections } });
const chatbot = (draft: unknown, published: unknown = null) => ({ draft, published }) as Naming;

test("a chatbot uses what its draft or its published version names", () => {
  const ids = new Set(["lease", "flat"]);
  assert.ok(names(chatbot(asked(["notes", "lease"], [])), ids));
  assert.ok(names(chatbot(asked([], ["flat"])), ids));
  assert.ok(names(chatbot(asked([], []), asked(["lease"], [])), ids));
  assert.ok(!names(chatbot(asked(["notes"], ["work"]), asked([], ["work"])), ids));
  assert.ok(!names(chatbot({}), ids));
});
