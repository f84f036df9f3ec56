"""Maintenance mode: who is refused, what goes on, and that it costs no round trip."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.accounts.conftest import wire
from tests.admin.staff import make_staff
from tests.api_keys.keys import create
from tests.status.commands import maintenance
from tests.wire import Wire
from tests.world import Database, World

pytestmark = pytest.mark.sampled(0.4)

__all__ = ["wire"]

SENTENCE = "We are moving the database."
START = ("start", SENTENCE, "--minutes", "30", "--reason", "Postgres 18")
RECORDED = "select action, reason, detail from oneai.audit_log where actor_kind = 'operator' order by id"


def code(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]


async def test_clients_get_the_operators_message_and_when_to_retry(world: World) -> None:
    assert (await maintenance(world.database, *START)).returncode == 0

    refused = await world.get("/conversations")
    asked = await world.ask("Hello")
    visitor = await world.get("/shared/never-made", None)

    assert code(refused) == code(visitor) == (503, "maintenance")
    assert (asked.status, asked.code) == (503, "maintenance")
    body: dict[str, Any] = refused.json()["error"]
    assert body["message"] == asked.body["error"]["message"] == SENTENCE
    assert body["ends_at"] is not None
    assert 600 < int(refused.headers["retry-after"]) <= 1_800
    assert world.database.one("select count(*) from oneai.chat_messages") == 0


async def test_clients_retry_in_a_minute_if_the_end_is_unknown_or_past(world: World) -> None:
    await maintenance(world.database, "start", SENTENCE, "--reason", "Unknown")
    endless = await world.get("/conversations")
    await maintenance(world.database, *START)
    world.database.advance(31 * 60)
    overdue = await world.get("/conversations")

    assert endless.json()["error"]["ends_at"] is None
    assert endless.headers["retry-after"] == overdue.headers["retry-after"] == "60"


async def test_users_are_served_from_the_moment_it_ends(world: World) -> None:
    await maintenance(world.database, *START)
    assert code(await world.get("/me")) == (503, "maintenance")

    ended = await maintenance(world.database, "end", "--reason", "Moved")

    assert (ended.returncode, ended.stdout) == (0, "Everyone is served again.\n"), ended.stderr
    assert (await world.get("/me")).status_code == 200
    assert (await world.ask("Hello")).status == 200


async def test_api_keys_are_refused_too_in_the_form_of_openais_clients(world: World) -> None:
    secret = (await create(world, scopes=["chat", "conversations:read"]))["secret"]
    await maintenance(world.database, *START)
    headers = {"authorization": f"Bearer {secret}"}

    listed = await world.http.get("/conversations", headers=headers)
    question = {"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}
    asked = await world.http.post("/v1/chat/completions", json=question, headers=headers)

    assert code(listed) == (503, "maintenance")
    assert (asked.status_code, asked.json()["error"]["type"]) == (503, "server_error")
    assert (asked.json()["error"]["message"], asked.headers["x-should-retry"]) == (SENTENCE, "false")


async def test_health_status_plans_and_documentation_remain_available(world: World) -> None:
    await maintenance(world.database, *START)

    for path in ("/health", "/health/ready", "/status", "/subscription/plans", "/docs/search?q=quota", "/chat/models"):
        assert (await world.http.get(path)).status_code == 200, path


async def test_webhooks_are_accepted_while_clients_are_refused(world: World) -> None:
    await maintenance(world.database, *START)

    url = f"{world.address}/lambda-url/webhooks/webhooks/razorpay"
    answer = await world.http.post(url, content=b"{}", headers={"x-razorpay-signature": "never"})

    assert answer.json()["error"]["code"] == "invalid_signature"


@pytest.mark.parametrize("role", ["admin", "support"])
async def test_admins_and_support_are_served(role: str, world: World) -> None:
    staff = make_staff(world, role)
    await maintenance(world.database, *START)

    assert (await world.get("/admin/users", staff)).status_code == 200
    assert (await world.get("/me", staff)).status_code == 200
    # Everyone else learns nothing of these routes that others would not say.
    assert code(await world.get("/admin/users")) == (503, "maintenance")


async def test_an_answer_being_written_continues_and_can_be_followed_and_stopped(world: World) -> None:
    async with world.asking("Tell me a long story", model="local/slow") as stream:
        start = await stream.next()
        assert start is not None
        message_id = start[1]["message_id"]
        await maintenance(world.database, *START)

        async with world.following(message_id) as follower:
            assert await follower.next() is not None
            stopped = await world.post("/chat/stop", {"message_id": message_id})
        await stream.to_the_end()

    assert stopped.status_code in (200, 202)
    assert await world.settled(message_id) == "stopped"
    assert world.quota()[1] == 0


async def test_the_check_takes_no_extra_round_trip(own_world: World, wire: Wire) -> None:
    await own_world.get("/conversations")  # opens the connection
    wire.trips.clear()
    await own_world.get("/conversations")
    open_trips = len([trip for trip in wire.trips if "oneai." in trip])
    await maintenance(own_world.database, *START)
    wire.trips.clear()

    refused = await own_world.get("/conversations")

    assert code(refused) == (503, "maintenance")
    assert open_trips == len([trip for trip in wire.trips if "oneai." in trip]) == 1


async def test_each_change_is_recorded_with_its_reason(database: Database) -> None:
    await maintenance(database, *START)
    shown = await maintenance(database)
    await maintenance(database, "end", "--reason", "Moved")
    again = await maintenance(database, "end", "--reason", "Twice")

    assert SENTENCE in shown.stdout
    assert (again.returncode, again.stdout) == (0, "There was no maintenance.\n")
    (started, ended) = database.rows(RECORDED)
    assert started[:2] == ("maintenance.start", "Postgres 18")
    assert started[2]["message"] == SENTENCE
    assert ended[:2] == ("maintenance.end", "Moved")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("start", " ", "--reason", "No sentence"), 1),
        (("start", "x" * 501, "--reason", "Too long"), 1),
        (("start", SENTENCE, "--reason", " "), 2),  # argparse refuses a blank reason
        (("start", SENTENCE, "--minutes", "0", "--reason", "No time"), 1),
    ],
)
async def test_an_invalid_maintenance_is_refused_with_a_sentence(
    arguments: tuple[str, ...], code: int, database: Database
) -> None:
    refused = await maintenance(database, *arguments)

    assert (refused.returncode, refused.stdout) == (code, "")
    assert refused.stderr.strip()
    assert database.rows("select 1 from oneai.maintenance_mode") == []


async def test_two_concurrent_operators_start_one_maintenance(database: Database) -> None:
    first, second = await asyncio.gather(
        maintenance(database, *START), maintenance(database, "start", "Another sentence.", "--reason", "Second")
    )

    assert first.returncode == second.returncode == 0
    assert len(database.rows("select 1 from oneai.maintenance_mode")) == 1
