"""One id from the gateway to Postgres: an operator who has a request's id finds its statements and its log."""

import asyncio
import io
import json
import logging

import psycopg
import pytest

from oneai.lambda_stream.events import gateway_request_id
from tests.patience import until
from tests.world import World

WAITING = "select application_name from pg_stat_activity where wait_event_type = 'Lock' and datname = %s"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_waiting_statement_is_identified_by_its_request(world: World, method: str) -> None:
    # Statements of a request's work, and not of the check before it in the same message.
    with psycopg.connect(world.database.url("postgres")) as other:
        other.execute("lock table oneai.conversations in access exclusive mode")
        work = world.get("/conversations") if method == "GET" else world.post("/conversations", {})
        request = asyncio.create_task(work)
        (name,) = await until(lambda: world.database.rows(WAITING, world.database.name))
        other.rollback()
    response = await request

    assert response.status_code < 300
    assert name == f"oneai {response.headers['x-request-id']}"
    # The id covers this message alone, and not the next request on the connection.
    left = "select count(*) from pg_stat_activity where application_name = %s and datname = %s"
    assert world.database.one(left, name, world.database.name) == 0


async def test_a_statement_of_a_running_answer_is_identified_by_its_request(world: World) -> None:
    async with world.asking(model="local/slow") as stream:
        await stream.next()
        with psycopg.connect(world.database.url("postgres")) as other:
            other.execute("lock table oneai.reservations in access exclusive mode")
            (name,) = await until(lambda: world.database.rows(WAITING, world.database.name))
            other.rollback()
        assert name == f"oneai {stream.result.headers['x-request-id']}"


async def test_a_log_line_has_the_id_of_its_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    (handler,) = logging.getLogger("oneai").handlers
    monkeypatch.setattr(handler, "stream", out)
    world.database.rows("alter table oneai.conversations rename to conversations_elsewhere")

    response = await world.get("/conversations")

    assert response.status_code == 500
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines
    assert {line["request_id"] for line in lines} == {response.headers["x-request-id"]}


def test_the_request_id_is_the_gateways_and_cannot_be_chosen_by_a_client() -> None:
    event = {"requestContext": {"requestId": "chosen-by-a-client", "extendedRequestId": "JKJaXmPLvHcESHA="}}
    assert gateway_request_id(event) == "JKJaXmPLvHcESHA="
    assert gateway_request_id({"requestContext": {"requestId": "of-a-function-url"}}) is None
    assert gateway_request_id({}) is None
