"""Ids, names and cursors that admins' routes never gave out."""

import pytest

from oneai import cursors
from tests.admin.staff import make_staff
from tests.world import World

LISTS = (
    *("users", "quotas", "quota-overrides", "plan-grants", "subscriptions", "payments", "provider-events"),
    *("provider-operations", "audit", "dead-letters", "shares"),
)


@pytest.mark.parametrize("path", ["requests/%00", "provider-events/%00"])
async def test_an_id_with_a_nul_is_not_found(path: str, shared: World) -> None:
    answer = await shared.get(f"/admin/{path}", make_staff(shared, "support"))

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("query", [("audit", "actor"), ("audit", "request_id"), ("users", "q")], ids=" ".join)
async def test_a_search_for_a_nul_finds_nothing(query: tuple[str, str], shared: World) -> None:
    name, field = query

    answer = await shared.get(f"/admin/{name}", make_staff(shared, "support"), **{field: "x\0"})

    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_replaying_an_event_named_by_a_nul_finds_nothing(shared: World) -> None:
    answer = await shared.post("/admin/provider-events/%00/replay", {"reason": "A try"}, make_staff(shared))

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("name", LISTS)
async def test_a_foreign_cursor_is_refused_by_name(name: str, shared: World) -> None:
    support = make_staff(shared, "support")
    forged = [
        *("!", "%00", "bnVsbA", cursors.encode("x"), cursors.encode("x", "y"), cursors.encode(0, "a", "b")),
        *(cursors.encode("9999-12-31T23:59:59-12:00", "x"), cursors.encode("2026-11-21T00:00:00+00:00", "\0")),
    ]

    for cursor in forged:
        answer = await shared.get(f"/admin/{name}", support, cursor=cursor)
        assert answer.status_code == 422, cursor
        assert [each["field"] for each in answer.json()["error"]["details"]] == ["cursor"]


@pytest.mark.parametrize("name", LISTS)
async def test_a_limit_out_of_range_is_refused_by_name(name: str, shared: World) -> None:
    support = make_staff(shared, "support")

    for limit in ("0", "-1", "101", "x"):
        answer = await shared.get(f"/admin/{name}", support, limit=limit)
        assert answer.status_code == 422, limit
        assert [each["field"] for each in answer.json()["error"]["details"]] == ["limit"]
