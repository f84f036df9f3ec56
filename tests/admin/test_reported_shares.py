"""The queue of reported shares: by when each is to be decided, and what becomes of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from oneai import settings
from tests.admin.staff import make_staff
from tests.conversations.links import Link, create_link, open_link
from tests.talks import conversation
from tests.world import World

RECORDED = "select action, reason, target_id from oneai.audit_log where action like 'share.%%' order by id"


async def report(world: World, link: Link, kind: str | None = None, reason: str = "Rude") -> None:
    """A reader reports it."""
    body = {"reason": reason} if kind is None else {"reason": reason, "kind": kind}
    assert (await world.post(f"/shared/{link.token}/report", body, None)).status_code == 204


async def queue(world: World, staff: str, **params: Any) -> list[dict[str, Any]]:
    """The reported shares that are open."""
    answer = await world.get("/admin/shares", staff, **params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def new_link(world: World, who: str = "asha") -> Link:
    """A link to a conversation of its own."""
    return await create_link(world, conversation(world, who, 2))


async def test_each_kind_has_its_own_deadline_and_the_most_urgent_comes_first(world: World) -> None:
    staff = make_staff(world, "support")
    complaint, image, order = [await new_link(world) for _ in range(3)]
    await report(world, complaint)
    await report(world, order, "order")
    await report(world, image, "intimate_image")

    items = await queue(world, staff)

    assert [each["id"] for each in items] == [image.id, order.id, complaint.id]
    assert [each["reports"][0]["kind"] for each in items] == ["intimate_image", "order", "complaint"]
    assert items[2]["reasons"] == ["Rude"]
    for each, hours in zip(items, (2, 3, 7 * 24), strict=True):
        reported = datetime.fromisoformat(each["reports"][0]["created_at"])
        assert datetime.fromisoformat(each["due_at"]) - reported == timedelta(hours=hours)
        assert each["overdue"] is False


async def test_an_urgent_report_after_a_complaint_raises_the_urgency_for_good(world: World) -> None:
    staff = make_staff(world)
    link = await new_link(world)
    await report(world, link)
    first = (await queue(world, staff))[0]["due_at"]
    await report(world, link, "order")
    urgent = (await queue(world, staff))[0]["due_at"]
    await report(world, link)

    (item,) = await queue(world, staff)

    assert item["due_at"] == urgent < first
    assert item["report_count"] == 3


async def test_overdue_reports_come_first_and_are_marked(world: World) -> None:
    staff = make_staff(world)
    old, new = await new_link(world), await new_link(world)
    await report(world, old)
    world.database.advance(7 * 86_400 + 1)
    await report(world, new, "intimate_image")

    items = await queue(world, staff)

    assert [(each["id"], each["overdue"]) for each in items] == [(old.id, True), (new.id, False)]


async def test_pages_are_sorted_by_due_time(world: World) -> None:
    staff = make_staff(world)
    links = [await new_link(world) for _ in range(3)]
    for link in links:
        await report(world, link, "order")
    first = (await world.get("/admin/shares", staff, limit=2)).json()
    second = (await world.get("/admin/shares", staff, limit=2, cursor=first["next_cursor"])).json()

    assert [each["id"] for each in [*first["items"], *second["items"]]] == [link.id for link in links]
    assert second["next_cursor"] is None


async def test_a_dismissed_share_remains_open_and_leaves_the_queue_until_reported_again(world: World) -> None:
    admin = make_staff(world)
    link = await new_link(world)
    await report(world, link)

    for _ in range(2):
        answer = await world.post(f"/admin/shares/{link.id}/dismiss", {"reason": "It is a poem"}, admin)
        assert answer.status_code == 204
    dismissed = await queue(world, admin)
    await report(world, link, "order")

    assert dismissed == []
    assert [each["id"] for each in await queue(world, admin)] == [link.id]
    assert (await open_link(world, link.token)).status_code == 200
    assert world.database.rows(RECORDED) == [("share.dismiss_reports", "It is a poem", link.id)]
    query = "select acknowledged_at is null from oneai.operator_alerts where subject = %s order by id"
    assert world.database.rows(query, link.id) == [False, True]


async def test_support_and_users_cannot_dismiss_a_report(world: World) -> None:
    link, quiet = await new_link(world), await new_link(world)
    await report(world, link)
    path = f"/admin/shares/{link.id}/dismiss"

    for who in (make_staff(world, "support"), "asha"):
        assert (await world.post(path, {"reason": "No"}, who)).status_code == 404
    admin = make_staff(world)
    assert (await world.post(path, {}, admin)).status_code == 422
    assert (await world.post(f"/admin/shares/{quiet.id}/dismiss", {"reason": "No"}, admin)).status_code == 404

    assert len(await queue(world, admin)) == 1


async def test_the_deadlines_are_settings(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDER_TAKEDOWN_HOURS", "1")
    settings.reset_cache()
    link = await new_link(own_world)

    await report(own_world, link, "order")

    (item,) = await queue(own_world, make_staff(own_world))
    reported = datetime.fromisoformat(item["reports"][0]["created_at"])
    assert datetime.fromisoformat(item["due_at"]) - reported == timedelta(hours=1)


async def test_an_unknown_kind_is_refused(world: World) -> None:
    link = await new_link(world)

    answer = await world.post(f"/shared/{link.token}/report", {"reason": "Rude", "kind": "rude"}, None)

    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, "kind")
