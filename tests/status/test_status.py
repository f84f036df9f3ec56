"""`GET /api/status`: what everyone sees of the service, and how operators say it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oneai import health, settings
from oneai.clients import s3, supabase_auth
from oneai.errors import Busy
from oneai.models import providers
from oneai.postgres import db
from oneai.status.fields import Incident
from oneai.status.history import DAYS, days
from tests.status.commands import incident, maintenance
from tests.world import Database, World

pytestmark = pytest.mark.sampled(0.4)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPEN = ("open", "Answers are slow", "--impact=minor", "--component=chat", "--message", "We are looking into it.")
RECORDED = "select action, target_id, reason from oneai.audit_log where actor_kind = 'operator' order by id"


async def status(world: World) -> dict[str, Any]:
    """The status page as a visitor reads it."""
    answer = await world.get("/status", None)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def component(body: dict[str, Any], name: str) -> str:
    """The state of one component."""
    return next(str(each["status"]) for each in body["components"] if each["name"] == name)


def span(impact: str, start: datetime, end: datetime | None) -> Incident:
    """An incident from `start` to `end`."""
    return Incident.model_validate(
        {
            "id": 1,
            "title": "Down",
            "impact": impact,
            "components": ["api"],
            "started_at": start,
            "resolved_at": end,
            "updates": [],
        }
    )


async def test_a_service_without_incidents_is_operational(world: World) -> None:
    body = await status(world)

    assert body["status"] == "operational"
    assert {each["status"] for each in body["components"]} == {"operational"}
    assert (body["maintenance"], body["incidents"]) == (None, [])
    # The service had its first user today: before that there is nothing to say.
    assert [day["downtime_seconds"] for day in body["days"]] == [0]


async def test_an_incident_is_shown_from_its_opening_to_its_end(world: World) -> None:
    opened = await incident(world.database, *OPEN)
    at_first = await status(world)
    await incident(world.database, "update", "1", "--state=identified", "--impact=major", "--message", "A provider.")
    worse = await status(world)
    world.database.advance(600)
    await incident(world.database, "resolve", "1", "--message", "Answers are fast again.", "--reason", "ticket 7")
    over = await status(world)

    assert opened.returncode == 0, opened.stderr
    assert (at_first["status"], component(at_first, "chat")) == ("degraded", "degraded_performance")
    assert component(at_first, "payments") == "operational"
    assert component(worse, "chat") == "partial_outage"
    assert (over["status"], component(over, "chat")) == ("operational", "operational")
    (shown,) = over["incidents"]
    assert [update["state"] for update in shown["updates"]] == ["resolved", "identified", "investigating"]
    assert shown["updates"][0]["message"] == "Answers are fast again."
    lasted = datetime.fromisoformat(shown["resolved_at"]) - datetime.fromisoformat(shown["started_at"])
    assert lasted >= timedelta(minutes=10)
    # Rounded in each of the days in which it was open.
    assert abs(sum(day["downtime_seconds"] for day in over["days"]) - lasted.total_seconds()) <= 1
    assert over["days"][-1]["impact"] == "major"
    assert world.database.rows(RECORDED) == [
        ("incident.open", "1", "We are looking into it."),
        ("incident.update", "1", "A provider."),
        ("incident.resolve", "1", "ticket 7"),
    ]


async def test_a_maintenance_is_shown_and_is_not_an_outage(world: World) -> None:
    await maintenance(world.database, "start", "We are moving.", "--minutes=30", "--reason=Postgres 18")

    body = await status(world)

    assert (body["status"], body["maintenance"]["message"]) == ("maintenance", "We are moving.")
    assert component(body, "chat") == "under_maintenance"
    assert component(body, "payments") == "operational"


async def test_the_page_is_cached_for_half_a_minute_and_revalidated(world: World) -> None:
    first = await world.get("/status", None)

    again = await world.http.get("/status", headers={"if-none-match": first.headers["etag"]})

    assert first.headers["cache-control"] == "public, max-age=30"
    assert (again.status_code, again.content) == (304, b"")


async def test_a_missing_database_is_an_outage_and_not_an_error(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await incident(own_world.database, *OPEN)
    monkeypatch.setenv("DATABASE_URL", "postgresql://oneai_app@127.0.0.1:1/oneai")
    settings.reset_cache()
    await db.close()
    try:
        body = await status(own_world)
    finally:
        await db.close()

    assert (body["status"], component(body, "api")) == ("outage", "major_outage")
    assert (body["incidents"], body["days"]) == (None, None)


async def test_an_unreachable_sign_in_is_an_outage_of_sign_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unreachable() -> None:
        raise Busy

    monkeypatch.setattr(supabase_auth, "ready", unreachable)

    body = await status(world)

    assert (component(body, "sign_in"), component(body, "api")) == ("major_outage", "operational")


@pytest.mark.parametrize(("client", "name", "part"), [("providers", "reach", "chat"), ("s3", "reach", "files")])
async def test_a_failed_deep_check_is_an_outage_of_its_component(
    client: str, name: str, part: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable() -> None:
        raise Busy

    monkeypatch.setattr({"providers": providers, "s3": s3}[client], name, unreachable)
    health.reset_cache()
    try:
        body = await status(world)
    finally:
        health.reset_cache()

    assert (component(body, part), component(body, "api")) == ("major_outage", "operational")


async def test_incidents_are_removed_after_ninety_days(world: World) -> None:
    await incident(world.database, *OPEN)
    await incident(world.database, "resolve", "1")
    world.database.advance((DAYS + 1) * 86_400)

    body = await status(world)

    assert body["incidents"] == []
    assert len(body["days"]) == DAYS


async def test_an_update_after_the_resolution_reopens_the_incident(world: World) -> None:
    await incident(world.database, *OPEN)
    await incident(world.database, "resolve", "1")

    await incident(world.database, "update", "1", "--state=monitoring", "--message", "It came back.")

    (shown,) = (await status(world))["incidents"]
    assert (shown["resolved_at"], shown["updates"][0]["state"]) == (None, "monitoring")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("update", "9", "--state=monitoring", "--message=x"), "There is no such incident."),
        (
            ("open", "Later", "--impact=minor", "--component=chat", "--message=x", "--started-at=2099-01-01"),
            "in the future",
        ),
        (("open", " ", "--impact=minor", "--component=chat", "--message=x"), "A text for the status page is required"),
        (
            ("open", "Nothing said", "--impact=minor", "--component=chat", "--message= "),
            "A text for the status page is required",
        ),
    ],
)
async def test_an_invalid_incident_is_refused(arguments: tuple[str, ...], sentence: str, database: Database) -> None:
    refused = await incident(database, *arguments)

    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert database.rows("select 1 from oneai.incidents") == []


def test_two_overlapping_incidents_count_as_one() -> None:
    begin = NOW - timedelta(hours=3)
    both = [
        span("critical", begin, begin + timedelta(hours=2)),
        span("major", begin + timedelta(hours=1), begin + timedelta(hours=3)),
        span("minor", begin - timedelta(hours=1), NOW),
    ]

    (today,) = days(both, NOW, NOW)

    assert (today.downtime_seconds, today.impact) == (3 * 3600, "critical")


def test_an_incident_across_midnight_counts_on_both_days_until_now() -> None:
    midnight = NOW.replace(hour=0)

    before, today = days([span("major", midnight - timedelta(minutes=10), None)], NOW - timedelta(days=1), NOW)

    assert (before.downtime_seconds, today.downtime_seconds) == (600, 12 * 3600)
