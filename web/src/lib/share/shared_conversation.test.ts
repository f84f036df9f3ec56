import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import { SharedConversation, type Shared, type SharedMessage } from "./shared_conversation.ts";

const page = (texts: string[], next_cursor: string | null): Shared =>
  ({
    kind: "live",
    title: "Rain",
    name: null,
    fork: true,
    created_at: "2026-11-01T00:00:00Z",
    expires_at: null,
    messages: { items: texts.map((content) => ({ content }) as SharedMessage), next_cursor },
  }) as Shared;

test("pages follow each other, and reading again starts at the beginning", async () => {
  const asked: (string | null)[] = [];
  const shared = new SharedConversation("token", async (_token, cursor) => {
    asked.push(cursor);
    return cursor === null ? page(["one"], "next") : page(["two"], null);
  });
  const texts = () => shared.store.value.messages.map((message) => message.content);

  await shared.load();
  assert.deepEqual([texts(), shared.store.value.more], [["one"], true]);
  await shared.more();
  assert.deepEqual([texts(), shared.store.value.more], [["one", "two"], false]);
  await shared.more();
  await shared.load();
  assert.deepEqual(texts(), ["one"]);
  assert.deepEqual(asked, [null, "next", null]);
});

test("a dead link is gone, and a failure is reported as such", async () => {
  const refuse = (status: number) => async () => {
    throw new ApiError(status, {}, null);
  };
  const gone = new SharedConversation("token", refuse(404));
  await gone.load();
  assert.equal(gone.store.value.state, "gone");
  const away = new SharedConversation("token", refuse(0));
  await away.load();
  assert.equal(away.store.value.state, "failed");
  assert.equal(away.store.value.failure?.code, "network");
});
