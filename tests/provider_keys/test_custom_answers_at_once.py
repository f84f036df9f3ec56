"""Servers of workspaces write few answers at once: all together, and those of one workspace."""

import asyncio
from collections import Counter
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest

from oneai import settings
from oneai.plans.own_key_terms import custom_answers_at_once
from tests.database.conftest import TurnClients
from tests.database.turns import Turn, TurnClient, code, refusal
from tests.provider_keys.rows import insert_key
from tests.provider_keys.test_own_keys_pay import BY_KEY, fall_back
from tests.world import Database

TAKEN: LiteralString = "select count(*) from oneai.custom_answer_slots where reservation_id is not null"


def server(database: Database, user: UUID, **columns: Any) -> UUID:
    """The key of a server of this user."""
    key = insert_key(database, user, user, **columns)
    database.rows(
        "update oneai.provider_keys set provider = 'custom', base_url = 'https://models.example.com/v1' where id = %s",
        key,
    )
    return key


def other(database: Database) -> UUID:
    """Another user."""
    return database.user(f"{uuid4().hex}@example.com")


def by(key: UUID, *, of_all: int = 4, of_workspace: int = 2) -> dict[str, Any]:
    """The terms of an answer by a server, with how many are written at once."""
    at_once = {"all": of_all, "workspace": of_workspace}
    terms = {"price_version": "unknown"}
    return {"routes": ({"provider": "custom", "model": "llama", "key": str(key), "terms": terms, "at_once": at_once},)}


async def test_a_workspace_has_a_part_of_the_answers_at_once(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    terms = by(server(database, asha))
    first, _ = await client.admit(asha, **terms), await client.admit(asha, **terms)

    refused = await refusal(client.admit(asha, **terms))

    assert (refused.code, refused.sqlstate, refused.detail["retry_after"]) == ("rate_limited", "ON429", 5)
    assert (refused.detail["limit_name"], refused.detail["limit"]) == ("custom_answers_at_once", 2)
    assert refused.detail["refusal"] == {"code": "custom_answers_at_once", "limit": 2}
    await client.admit(asha)  # by the plan
    await client.settle(first.message_id)
    await client.admit(asha, **terms)
    assert database.one(TAKEN) == 2


async def test_all_workspaces_share_the_answers_of_servers(database: Database, clients: TurnClients) -> None:
    people = [other(database) for _ in range(8)]
    terms = [by(server(database, who)) for who in people]
    connections = await clients(16)

    async def ask(n: int) -> Turn:
        return await connections[n].admit(people[n % 8], **terms[n % 8])

    found = await asyncio.gather(*map(ask, range(16)), return_exceptions=True)

    counted = Counter(map(code, found))
    assert (counted["new"], counted["new"] + counted["busy"] + counted["rate_limited"]) == (4, 16)
    assert database.one(TAKEN) == 4
    admitted = [each for each in found if isinstance(each, Turn)]
    await asyncio.gather(*(connections[n].settle(each.message_id) for n, each in enumerate(admitted)))
    assert database.one(TAKEN) == 0


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("deleted", ["key", "message", "nothing"])
async def test_an_answer_at_once_counts_until_it_is_settled_also_without_its_key(
    database: Database, client: TurnClient, asha: UUID, deleted: str
) -> None:
    key = server(database, asha)
    turn = await client.admit(asha, **by(key, of_workspace=1))
    second = server(database, asha)
    if deleted == "key":
        database.rows("delete from oneai.provider_keys where id = %s", key)
    elif deleted == "message":
        database.rows("delete from oneai.chat_messages where id = %s", turn.message_id)

    assert (await refusal(client.admit(asha, **by(second, of_workspace=1)))).code == "rate_limited"
    database.advance(60)  # its process has died
    assert await client.expire_answer(turn.message_id)
    await client.admit(asha, **by(second, of_workspace=1))


@pytest.mark.sampled(0.4)
async def test_a_deleted_workspace_leaves_no_answer_at_once(database: Database, client: TurnClient, asha: UUID) -> None:
    await client.admit(asha, **by(server(database, asha)))

    database.rows("delete from oneai.workspaces where id = %s", asha)

    assert database.one(TAKEN) == 0


@pytest.mark.sampled(0.4)
async def test_a_title_counts_as_an_answer_at_once(database: Database, client: TurnClient, asha: UUID) -> None:
    terms, ravi = by(server(database, asha), of_all=1), other(database)
    turn = await client.admit(asha, **terms, title="Hello")
    assert (await client.settle(turn.message_id, titles=True))["untitled"]

    busy = await refusal(client.admit(ravi, **by(server(database, ravi), of_all=1)))

    assert (busy.code, busy.sqlstate) == ("busy", "ON503")
    database.rows(
        "select oneai.settle_key_line(r, 'title', 0) from oneai.reservations as r where r.id = %s", turn.message_id
    )
    await client.admit(ravi, **by(server(database, ravi), of_all=1))


@pytest.mark.sampled(0.4)
async def test_a_title_is_left_out_while_others_have_all_answers_at_once(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    ravi = other(database)
    turn = await client.admit(asha, **by(server(database, asha), of_all=2), title="Hello")
    await client.admit(ravi, **by(server(database, ravi), of_all=2))
    database.rows('update oneai.provider_key_holds set at_once = \'{"all": 0, "workspace": 2}\'')

    assert not (await client.settle(turn.message_id, titles=True))["untitled"]
    assert database.one(TAKEN) == 1


@pytest.mark.sampled(0.4)
async def test_a_fallback_and_a_refusal_take_no_answer_at_once(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha, **by(server(database, asha, fallback="plan")))
    assert (await fall_back(client, turn.message_id))["paid_by"] == "plan"
    limited = server(database, asha, answers_per_day=1)
    await client.settle((await client.admit(asha, **by(limited))).message_id)

    assert (await refusal(client.admit(asha, **by(limited)))).code == "own_key_limit_reached"
    assert database.one(TAKEN) == 0


async def test_other_providers_keys_are_not_counted(database: Database, client: TurnClient, asha: UUID) -> None:
    insert_key(database, asha, asha)
    await client.admit(asha, **BY_KEY)

    assert database.one(TAKEN) == 0


@pytest.mark.parametrize(("configured", "expected"), [("12", (12, 3)), ("73", (73, 18)), ("1", (2, 2))])
def test_a_workspace_has_a_quarter_of_all_and_two_at_least(
    monkeypatch: pytest.MonkeyPatch, configured: str, expected: tuple[int, int]
) -> None:
    monkeypatch.setenv("CUSTOM_ANSWERS_AT_ONCE", configured)
    settings.reset_cache()

    assert custom_answers_at_once() == expected
    settings.reset_cache()
