import assert from "node:assert/strict";
import { test } from "node:test";
import { addressesIn } from "./addresses.ts";
import { givenBy, heirsOf, isLastOwner, mayChange } from "./roles.ts";
import { queryOf, type Member, type Role } from "./team.ts";

test("pasted addresses are found once each, as people and mail programs write them", () => {
  const text =
    "Ravi@example.com, Meera Iyer <meera@example.com>;\n ravi@example.com\nanil@example.com sunita@example.com";
  assert.deepEqual(addressesIn(text), [
    "ravi@example.com",
    "meera@example.com",
    "anil@example.com",
    "sunita@example.com",
  ]);
  assert.deepEqual(addressesIn(" ;\n, "), []);
  assert.deepEqual(addressesIn("not-an-address"), ["not-an-address"]);
});

test("a role gives and changes roles up to its own", () => {
  assert.deepEqual(givenBy("admin"), ["admin", "member", "viewer"]);
  assert.deepEqual(givenBy("member"), []);
  assert.ok(mayChange("admin", "admin") && !mayChange("admin", "owner") && !mayChange("member", "viewer"));
});

test("the last owner is found among the members", () => {
  const member = (user_id: string, role: Role) => ({ user_id, role }) as Member;
  const members = [member("asha", "owner"), member("ravi", "admin")];
  assert.equal(isLastOwner(members, "asha"), true);
  assert.equal(isLastOwner(members, "ravi"), false);
  assert.equal(isLastOwner([...members, member("meera", "owner")], "asha"), false);
});

test("heirs are the other members who may write", () => {
  const member = (user_id: string, role: Role) => ({ user_id, role }) as Member;
  const members = [
    member("asha", "owner"),
    member("ravi", "member"),
    member("meera", "viewer"),
    member("anil", "member"),
  ];
  assert.deepEqual(
    heirsOf(members, "ravi").map(({ user_id }) => user_id),
    ["asha", "anil"],
  );
});

test("a filter by day has the whole last day", () => {
  const { since, until } = queryOf({ action: "", actor: "", since: "2026-11-01", until: "2026-11-01" });
  assert.equal(Date.parse(until ?? "") - Date.parse(since ?? ""), 24 * 3_600_000);
  assert.deepEqual(queryOf({ action: "", actor: "", since: "", until: "" }), {});
});
