"""Users write to the sales team; the queue shows what is to be answered by when."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.admin.staff import make_staff
from tests.world import Database, World

ASKED = {"message": "We are forty people.", "seats": 40, "company": "Nilgiri Tea"}


async def ask(world: World, who: str, **fields: Any) -> httpx.Response:
    """`POST /support/sales`."""
    return await world.post("/support/sales", {**ASKED, **fields}, who)


async def queue(world: World, admin: str, state: str = "open") -> list[dict[str, Any]]:
    """The requests in the queue."""
    answer = await world.get("/admin/support", admin, state=state, limit=100)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize(
    ("asked", "tier", "due"),
    [
        # A Monday at noon in India.
        ("2026-11-23T12:00", "free", "2026-11-26T12:00"),
        ("2026-11-23T12:00", "none", "2026-11-26T12:00"),
        ("2026-11-23T12:00", "pro", "2026-11-24T12:00"),
        ("2026-11-23T12:00", "enterprise", "2026-11-24T12:00"),
        # Outside working hours the time begins with the next working day.
        ("2026-11-23T06:00", "pro", "2026-11-24T10:00"),
        ("2026-11-23T18:00", "pro", "2026-11-25T10:00"),
        ("2026-11-27T17:59", "team", "2026-11-30T17:59"),
        ("2026-11-27T18:00", "pro", "2026-12-01T10:00"),
        ("2026-11-28T12:00", "pro", "2026-12-01T10:00"),
        ("2026-11-29T23:00", "free", "2026-12-03T10:00"),
    ],
)
def test_the_due_time_counts_working_days_of_the_plan(asked: str, tier: str, due: str, database: Database) -> None:
    found = database.one(
        "select oneai.support_due_at(%s::timestamptz, %s) at time zone 'Asia/Kolkata'", *(f"{asked}+05:30", tier)
    )

    assert found == datetime.fromisoformat(due)


async def test_a_request_is_in_the_queue_until_it_is_answered(own_world: World) -> None:
    admin = make_staff(own_world)
    made = await ask(own_world, "ravi")
    assert made.status_code == 201, made.text
    assert made.json()["due_at"] > made.json()["created_at"]

    (found,) = await queue(own_world, admin)
    assert {key: found[key] for key in ("id", "due_at", "tier", "plan_id", "seats", "company", "message")} == {
        "id": made.json()["id"],
        "due_at": made.json()["due_at"],
        "tier": "free",
        "plan_id": "enterprise",
        **ASKED,
    }
    assert (found["overdue"], found["email"]) == (False, "ravi@example.com")

    for _ in range(2):
        path = f"/admin/support/{found['id']}/answered"
        assert (await own_world.post(path, {"reason": "Offer sent"}, admin)).status_code == 204
    assert await queue(own_world, admin) == []
    (answered,) = await queue(own_world, admin, "answered")
    assert answered["answered_by"] == str(own_world.people[admin])
    acts = "select action, user_id from oneai.audit_log where target_id = %s"
    assert own_world.database.rows(acts, found["id"]) == [("support.answer", own_world.people["ravi"])]


async def test_the_most_urgent_request_is_first_and_a_late_one_is_overdue(own_world: World) -> None:
    admin = make_staff(own_world)
    free = (await ask(own_world, "asha")).json()
    own_world.database.rows(
        "update oneai.workspaces set subscription_tier = 'pro' where id = %s", own_world.people["ravi"]
    )
    pro = (await ask(own_world, "ravi")).json()
    assert datetime.fromisoformat(pro["due_at"]) < datetime.fromisoformat(free["due_at"])

    own_world.database.advance(8 * 24 * 3600)

    assert [(each["id"], each["overdue"]) for each in await queue(own_world, admin)] == [
        (pro["id"], True),
        (free["id"], True),
    ]
    first = (await own_world.get("/admin/support", admin, limit=1)).json()
    second = (await own_world.get("/admin/support", admin, limit=1, cursor=first["next_cursor"])).json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [pro["id"], free["id"]]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"message": " "}, "message"),
        ({"message": "x" * 4001}, "message"),
        ({"plan_id": "gold"}, "plan_id"),
        ({"plan_id": "free"}, "plan_id"),
        ({"seats": 0}, "seats"),
    ],
)
async def test_an_invalid_request_names_its_field(fields: dict[str, Any], field: str, shared: World) -> None:
    refused = await ask(shared, shared.newcomer(), **fields)

    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["error"]["details"]] == [field]


async def test_a_user_asks_five_times_a_day_at_most(shared: World) -> None:
    who = shared.newcomer()
    answers = [(await ask(shared, who)).status_code for _ in range(6)]

    assert answers == [201] * 5 + [429]


async def test_support_reads_the_queue_and_others_get_404(shared: World) -> None:
    support, who = make_staff(shared, "support"), shared.newcomer()
    made = (await ask(shared, who)).json()

    assert made["id"] in [each["id"] for each in await queue(shared, support)]
    for caller in (support, who):
        path = f"/admin/support/{made['id']}/answered"
        assert (await shared.post(path, {"reason": "Sent"}, caller)).status_code == 404
    assert (await shared.get("/admin/support", who)).status_code == 404
