import assert from "node:assert/strict";
import { test } from "node:test";
import type { Me } from "../me.ts";
import { documentOf } from "./examples.ts";
import { mayChange, maySpendOn } from "./rights.ts";

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

test("a viewer is not offered a summary of the team's document, and everyone else is", () => {
  const offered = (role: string, id = "w") => maySpendOn(documentOf("d"), { id, role } as Me["workspace"]);
  assert.deepEqual(
    ["owner", "admin", "member", "viewer"].map((role) => offered(role)),
    [true, true, true, false],
  );
  assert.ok(offered("viewer", "x") && maySpendOn(documentOf("d"), undefined));
});
