import assert from "node:assert/strict";
import { test } from "node:test";
import { authorName } from "./author.ts";

test("a former member is called so in the reader's language, and others have their names", () => {
  assert.equal(authorName({ user_id: null, name: "Former member" }, "पूर्व सदस्य"), "पूर्व सदस्य");
  assert.equal(authorName({ user_id: "u", name: "Asha" }, "पूर्व सदस्य"), "Asha");
});
