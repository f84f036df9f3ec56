import assert from "node:assert/strict";
import { test } from "node:test";
import { isOpen, type ShareLink } from "./links.ts";

const NOW = Date.parse("2026-11-23T00:00:00Z");
const link = (changes: Partial<ShareLink>): ShareLink => ({
  id: "a",
  kind: "live",
  expires_at: null,
  show_name: false,
  fork: true,
  show_sources: false,
  show_reasoning: false,
  created_at: "2026-11-01T00:00:00Z",
  taken_down_at: null,
  url: "https://chat.example.com/shared/a",
  ...changes,
});

test("a link opens until it ends or is taken down", () => {
  assert.ok(isOpen(link({}), NOW));
  assert.ok(isOpen(link({ expires_at: "2026-11-23T00:00:01Z" }), NOW));
  assert.ok(!isOpen(link({ expires_at: "2026-11-22T23:59:59Z" }), NOW));
  assert.ok(!isOpen(link({ taken_down_at: "2026-11-02T00:00:00Z" }), NOW));
});
