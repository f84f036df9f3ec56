"""Maintenance and incidents as admins start, change and end them: with a reason, recorded, and as people see it."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.admin.staff import make_staff
from tests.status.commands import incident, maintenance
from tests.world import World

REASON = {"reason": "Ticket 4711"}
SENTENCE = "We are moving the database."
SLOW = {
    **REASON,
    "title": "Answers are slow",
    "impact": "minor",
    "components": ["chat"],
    "message": "Being looked into.",
}
RECORDED = "select action, actor, reason from oneai.audit_log where action ~ '^(maintenance|incident)' order by id"


async def call(world: World, method: str, path: str, who: str, body: dict[str, Any]) -> httpx.Response:
    """A request of a member of staff."""
    return await world.http.request(method, path, json=body, headers=world.headers(who))


async def test_an_admin_starts_changes_and_ends_a_maintenance(own_world: World) -> None:
    world = own_world
    admin, support = make_staff(world), make_staff(world, "support")
    before = (await world.get("/admin/maintenance", support)).json()

    started = await call(world, "PUT", "/admin/maintenance", admin, {**REASON, "message": SENTENCE, "minutes": 30})
    refused = await world.get("/conversations")
    changed = await call(world, "PUT", "/admin/maintenance", admin, {**REASON, "message": "Nearly done."})
    shown = (await world.get("/admin/maintenance", support)).json()
    ended = [await call(world, "DELETE", "/admin/maintenance", admin, REASON) for _ in range(2)]

    assert before == {"maintenance": None}
    mode = started.json()["maintenance"]
    duration = datetime.fromisoformat(mode["ends_at"]) - datetime.fromisoformat(mode["started_at"])
    assert (mode["message"], duration) == (SENTENCE, timedelta(minutes=30))
    assert (refused.status_code, refused.json()["error"]["message"]) == (503, SENTENCE)
    assert shown == changed.json()
    assert shown["maintenance"] == {"message": "Nearly done.", "started_at": mode["started_at"], "ends_at": None}
    assert [each.status_code for each in ended] == [204, 204]
    assert (await world.get("/conversations")).status_code == 200
    actor = str(world.people[admin])
    assert world.database.rows(RECORDED) == [
        *[("maintenance.start", actor, REASON["reason"])] * 2,
        ("maintenance.end", actor, REASON["reason"]),
    ]


async def test_commands_and_admins_see_the_same_maintenance_and_incidents(own_world: World) -> None:
    world = own_world
    admin = make_staff(world)
    await maintenance(world.database, "start", SENTENCE, "--reason", "Postgres 18")
    assert (await world.get("/admin/maintenance", admin)).json()["maintenance"]["message"] == SENTENCE
    await call(world, "DELETE", "/admin/maintenance", admin, REASON)
    assert (await maintenance(world.database)).stdout == "There is no maintenance.\n"

    number = (await call(world, "POST", "/admin/incidents", admin, SLOW)).json()["id"]
    assert "Answers are slow" in (await incident(world.database)).stdout
    await incident(world.database, "resolve", str(number), "--message", "Fast again.")
    (item,) = (await world.get("/admin/incidents", admin)).json()["items"]
    assert (item["id"], item["updates"][0]["message"]) == (number, "Fast again.")
    assert item["resolved_at"] is not None


async def test_an_incident_is_opened_updated_resolved_and_reopened(own_world: World) -> None:
    world = own_world
    admin = make_staff(world)

    opened = await call(world, "POST", "/admin/incidents", admin, SLOW)
    path = f"/admin/incidents/{opened.json()['id']}/updates"
    worse = {**REASON, "state": "identified", "message": "A region is down.", "impact": "major"}
    updated = await call(world, "POST", path, admin, worse)
    resolved = await call(world, "POST", path, admin, {**REASON, "state": "resolved", "message": "It is over."})
    public = (await world.http.get("/status")).json()["incidents"]
    reopened = await call(world, "POST", path, admin, {**REASON, "state": "monitoring", "message": "It is back."})

    assert [each.status_code for each in (opened, updated, resolved, reopened)] == [201] * 4
    assert (opened.json()["impact"], updated.json()["impact"]) == ("minor", "major")
    assert public == [resolved.json()]
    assert [each["message"] for each in reopened.json()["updates"]] == [
        *("It is back.", "It is over.", "A region is down.", SLOW["message"]),
    ]
    assert (resolved.json()["resolved_at"] is None, reopened.json()["resolved_at"]) == (False, None)
    acts = [action for action, *_ in world.database.rows(RECORDED)]
    assert acts == ["incident.open", "incident.update", "incident.resolve", "incident.update"]


async def test_pages_of_incidents_list_each_incident_once(own_world: World) -> None:
    admin = make_staff(own_world)
    numbers = [(await call(own_world, "POST", "/admin/incidents", admin, SLOW)).json()["id"] for _ in range(3)]

    first = (await own_world.get("/admin/incidents", admin, limit=2)).json()
    second = (await own_world.get("/admin/incidents", admin, limit=2, cursor=first["next_cursor"])).json()

    assert [each["id"] for page in (first, second) for each in page["items"]] == numbers[::-1]
    assert second["next_cursor"] is None


async def test_an_invalid_field_is_refused_by_name_and_changes_nothing(own_world: World) -> None:
    world = own_world
    admin = make_staff(world)
    now = datetime.fromisoformat(world.database.one("select oneai.now()").isoformat())
    tries: list[tuple[str, str, dict[str, Any], str]] = [
        ("PUT", "/admin/maintenance", {**REASON, "message": " "}, "message"),
        ("PUT", "/admin/maintenance", {**REASON, "message": SENTENCE, "minutes": 0}, "minutes"),
        ("PUT", "/admin/maintenance", {**REASON, "message": "x" * 501}, "message"),
        ("POST", "/admin/incidents", {**SLOW, "title": ""}, "title"),
        ("POST", "/admin/incidents", {**SLOW, "components": []}, "components"),
        ("POST", "/admin/incidents", {**SLOW, "components": ["fridge"]}, "components"),
        ("POST", "/admin/incidents", {**SLOW, "impact": "huge"}, "impact"),
        ("POST", "/admin/incidents", {**SLOW, "started_at": (now + timedelta(days=1)).isoformat()}, "started_at"),
        ("POST", "/admin/incidents/1/updates", {**REASON, "state": "over", "message": "Over."}, "state"),
    ]

    for method, path, body, field in tries:
        answer = await call(world, method, path, admin, body)
        assert answer.status_code == 422, (path, body, answer.text)
        assert answer.json()["error"]["details"][0]["field"].startswith(field)
    over = {**REASON, "state": "resolved", "message": "Over."}
    for number in (1, 10**30):
        assert (await call(world, "POST", f"/admin/incidents/{number}/updates", admin, over)).status_code == 404

    assert world.database.rows(RECORDED) == []
    assert (await world.http.get("/status")).json()["incidents"] == []


async def test_support_reads_and_changes_nothing(own_world: World) -> None:
    support = make_staff(own_world, "support")

    for method, path, body in (
        ("PUT", "/admin/maintenance", {**REASON, "message": SENTENCE}),
        ("DELETE", "/admin/maintenance", REASON),
        ("POST", "/admin/incidents", SLOW),
    ):
        assert (await call(own_world, method, path, support, body)).status_code == 404

    assert (await own_world.get("/admin/incidents", support)).json() == {"items": [], "next_cursor": None}
    assert (await own_world.get("/conversations")).status_code == 200
