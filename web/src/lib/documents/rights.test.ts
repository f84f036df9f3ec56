import assert from "node:assert/strict";
import { test } from "node:test";
import type { Me } from "../me.ts";
import { documentOf } from "./examples.ts";
import { mayChange } from "./rights.ts";

test("author and admins change a document of the team; a link to another team shows only one's own as changeable", () => {
  const may = (role: string, user = "u", id = "w") => mayChange(documentOf("d"), user, { id, role } as Me["workspace"]);
  assert.deepEqual(
    ["owner", "admin", "member", "viewer"].map((role) => [may(role), may(role, "other")]),
    [
      [true, true],
      [true, true],
      [true, false],
      [false, false],
    ],
  );
  assert.deepEqual([may("viewer", "u", "x"), may("owner", "other", "x")], [true, false]);
  assert.ok(mayChange(documentOf("d", { workspace_id: "u" }), "u", undefined), "a personal document");
});
