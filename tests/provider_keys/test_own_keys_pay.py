"""Answers that a workspace's own key pays, as Postgres admits and settles them."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.credits.test_paying_with_credits import NO_PLAN, costs, paid_by, set_order, with_credits
from tests.database.conftest import TurnClients
from tests.database.storage import storage_of
from tests.database.turns import TurnClient, code, quota, refusal, set_quota, spend
from tests.provider_keys.rows import insert_key
from tests.world import Database

# "Hello" holds 203 micro-dollars by this key, as by the plan.
HELD = 203
ROUTE: dict[str, Any] = {"provider": "openai", "model": "small", "terms": {"price_version": "direct-1"}}
UNKNOWN: dict[str, Any] = {"provider": "openai", "model": "new", "terms": {"price_version": "unknown"}}
BY_KEY: dict[str, Any] = {"routes": (ROUTE,)}


def counted(database: Database, key: UUID) -> tuple[int, int]:
    """Answers and micro-dollars of the key's day."""
    rows = database.rows(
        "select answers, micro_usd from oneai.provider_key_sums where provider_key_id = %s and period = 'day'", key
    )
    return rows[0] if rows else (0, 0)


def event(database: Database, message_id: UUID) -> tuple[str, int, int, UUID | None]:
    """Of the answer: what paid, units, cost, and the key."""
    (row,) = database.rows(
        "select paid_by::text, charged, cost_micro_usd, provider_key_id from oneai.usage_events "
        "where message_id = %s and purpose = 'answer'",
        message_id,
    )
    return (str(row[0]), *row[1:])


async def test_an_own_key_takes_no_unit_no_credit_and_no_share_of_the_day(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha)
    key = insert_key(database, asha, asha)
    before = quota(database, asha)

    turn = await client.admit(asha, **BY_KEY, spend_limit=0, daily_ceiling_micro_usd=0)
    held = counted(database, key)
    result = await client.settle(turn.message_id, usage=costs(150))

    (reserved,) = turn.result["reservations"]
    assert (paid_by(turn), reserved["quota"], reserved["own_key"]["model"]) == ("own_key", None, "small")
    assert (held, counted(database, key)) == ((1, HELD), (1, 150))
    assert result["bill"] == {
        "charged_micro_usd": 150,
        "paid_by": {"source": "own_key", "units": None, "micro_usd": 150},
    }
    assert event(database, turn.message_id) == ("own_key", 0, 150, key)
    assert (quota(database, asha), account.balance()) == (before, (1_000_000, 0, 0, 0))
    assert spend(database) == (0, 0)


async def test_an_answer_by_an_own_key_counts_as_storage(database: Database, client: TurnClient, asha: UUID) -> None:
    insert_key(database, asha, asha)
    turn = await client.admit(asha, **BY_KEY)
    before = storage_of(database, asha)

    await client.settle(turn.message_id, "x" * 500)

    assert (paid_by(turn), storage_of(database, asha) - before) == ("own_key", 500)


@pytest.mark.parametrize(
    ("order", "left", "expected"),
    [
        ("plan,credits", 1, "own_key"),
        ("own_key,plan,credits", 1, "own_key"),
        ("plan,own_key,credits", 1, "plan"),
        ("plan,own_key,credits", 0, "own_key"),
        ("plan,credits,own_key", 0, "credits"),
        ("credits,own_key", 0, "credits"),
        ("own_key", 0, "own_key"),
    ],
)
async def test_the_order_of_the_workspace_decides_what_pays(
    database: Database, client: TurnClient, asha: UUID, *, order: str, left: int, expected: str
) -> None:
    with_credits(database, asha, order=order)
    insert_key(database, asha, asha)
    set_quota(database, asha, left=left)

    assert paid_by(await client.admit(asha, **BY_KEY)) == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"refused_at": "2026-01-01"}, "own_key_not_usable"),
        ({"micro_usd_per_day": HELD - 1}, "own_key_limit_reached"),
        ({"answers_per_day": 0}, "own_key_limit_reached"),
    ],
)
async def test_a_key_that_cannot_pay_leaves_the_answer_to_no_other_source(
    database: Database, client: TurnClient, asha: UUID, columns: dict[str, Any], expected: str
) -> None:
    with_credits(database, asha)
    key = insert_key(database, asha, asha, fallback="plan_then_credits", **columns)
    before = quota(database, asha)

    assert (await refusal(client.admit(asha, **BY_KEY))).code == expected
    assert (quota(database, asha), counted(database, key)) == (before, (0, 0))


async def test_an_own_key_asks_a_model_above_the_plan(database: Database, client: TurnClient, asha: UUID) -> None:
    insert_key(database, asha, asha)

    assert paid_by(await client.admit(asha, **BY_KEY, **NO_PLAN)) == "own_key"


async def test_answers_at_once_bind_own_keys_too(database: Database, client: TurnClient, asha: UUID) -> None:
    key = insert_key(database, asha, asha)
    await client.admit(asha, **BY_KEY, at_once=1)

    assert (await refusal(client.admit(asha, "And now?", **BY_KEY, at_once=1))).code == "rate_limited"
    assert counted(database, key) == (1, HELD)


async def test_a_model_of_another_provider_is_paid_by_the_plan(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    insert_key(database, asha, asha)
    other = {**ROUTE, "provider": "anthropic"}

    assert paid_by(await client.admit(asha, routes=(other,))) == "plan"
    set_order(database, asha, "own_key")
    assert (await refusal(client.admit(asha, routes=(other,)))).code == "own_key_missing"


async def test_compared_models_are_each_paid_by_their_own_source(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = insert_key(database, asha, asha)
    second = UUID(int=7)

    turn = await client.admit(asha, others=[second], **BY_KEY)

    assert [each["paid_by"] for each in turn.result["reservations"]] == ["own_key", "own_key"]
    assert counted(database, key) == (2, 2 * HELD)


async def test_a_search_of_the_web_that_is_asked_for_is_not_left_to_a_direct_key(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    insert_key(database, asha, asha)
    searches: dict[str, Any] = {"web_searches": 1, "web_search_micro_usd": 7_000, "web_search_tokens": 50}

    assert paid_by(await client.admit(asha, **BY_KEY, **searches, web_search=True)) == "plan"


async def test_money_for_five_answers_pays_five_of_fifty_at_once(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    key = insert_key(database, asha, asha, micro_usd_per_day=5 * HELD + HELD - 1)

    found = await asyncio.gather(*(each.admit(asha, **BY_KEY) for each in await clients(50)), return_exceptions=True)

    assert Counter(map(code, found)) == {"new": 5, "own_key_limit_reached": 45}
    assert counted(database, key) == (5, 5 * HELD)


async def test_an_answer_of_unknown_price_counts_and_has_no_cost(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = insert_key(database, asha, asha, micro_usd_per_day=1)
    turn = await client.admit(asha, routes=(UNKNOWN,))
    result = await client.settle(turn.message_id, usage={**costs(0), "estimated": True})

    assert counted(database, key) == (1, 0)
    assert result["bill"]["paid_by"] == {"source": "own_key", "units": None, "micro_usd": None}


@pytest.mark.parametrize("deleted", ["nothing", "key", "message"])
async def test_an_answer_whose_process_died_is_settled_with_its_prompt(
    database: Database, client: TurnClient, asha: UUID, deleted: str
) -> None:
    key = insert_key(database, asha, asha)
    turn = await client.admit(asha, **BY_KEY)
    await client.checkpoint(turn.message_id, sent=True)
    if deleted == "key":
        database.rows("delete from oneai.provider_keys where id = %s", key)
    elif deleted == "message":
        database.rows("delete from oneai.chat_messages where id = %s", turn.message_id)
    database.advance(60)

    assert await client.call("select oneai.expire_answer(%s)", turn.message_id)
    assert counted(database, key) == (1, 3)
    assert event(database, turn.message_id)[:3] == ("own_key", 0, 3)
    assert spend(database) == (0, 0)


async def test_an_answer_that_cost_nothing_is_given_back_whole(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = insert_key(database, asha, asha, answers_per_day=1)
    for _ in range(3):
        turn = await client.admit(asha, **BY_KEY)
        await client.settle(turn.message_id, "", "failed", sent=False, usage=costs(0))

    assert counted(database, key) == (0, 0)


async def test_failed_answers_of_an_own_key_are_no_uncharged_answers(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    insert_key(database, asha, asha)
    for _ in range(11):
        turn = await client.admit(asha, **BY_KEY)
        await client.settle(turn.message_id, "", "failed", usage=costs(20))

    assert paid_by(await client.admit(asha)) == "plan"


async def test_a_later_cost_corrects_what_the_key_counts(database: Database, client: TurnClient, asha: UUID) -> None:
    key = insert_key(database, asha, asha)
    turn = await client.admit(asha, **BY_KEY)
    await client.checkpoint(turn.message_id, ("text", 0, "Hi"), sent=True)
    database.advance(60)
    await client.call("select oneai.expire_answer(%s)", turn.message_id)
    await client.settle(turn.message_id, "Hi there", usage=costs(120))

    assert counted(database, key) == (1, 120)
    usage = database.one("select usage from oneai.chat_messages where id = %s", turn.message_id)
    assert usage["paid_by"] == {"source": "own_key", "units": None, "micro_usd": 120}


async def test_lost_holds_count_what_they_held(database: Database, client: TurnClient, asha: UUID) -> None:
    key = insert_key(database, asha, asha)
    turn = await client.admit(asha, **BY_KEY)
    database.rows("delete from oneai.reservations where id = %s", turn.message_id)
    database.advance(16 * 60)

    assert [await client.call("select oneai.settle_lost_key_holds(10)") for _ in range(2)] == [1, 0]
    assert counted(database, key) == (1, HELD)


@pytest.mark.parametrize(
    ("fallback", "units", "credit", "expected"),
    [
        ("plan", 1, 0, ["plan"]),
        ("plan_then_credits", 0, 1_000_000, ["credits"]),
        ("credits", 1, 1_000_000, ["credits"]),
        ("none", 1, 1_000_000, [None]),
    ],
)
async def test_what_the_owner_chose_is_held_before_it_is_asked(
    database: Database,
    client: TurnClient,
    asha: UUID,
    *,
    fallback: str,
    units: int,
    credit: int,
    expected: Sequence[str | None],
) -> None:
    if credit:
        with_credits(database, asha, credit)
    key = insert_key(database, asha, asha, fallback=fallback)
    set_quota(database, asha, left=units)
    turn = await client.admit(asha, **BY_KEY)

    reserved = await fall_back(client, turn.message_id)

    assert [reserved and reserved["paid_by"]] == expected
    if reserved is None:
        assert counted(database, key) == (1, HELD)
        return
    assert counted(database, key) == (0, 0)
    await client.settle(turn.message_id, usage=costs(150))
    assert event(database, turn.message_id)[0] == expected[0]
    assert counted(database, key) == (0, 0)


async def test_a_fallback_that_cannot_pay_leaves_the_key_holding(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = insert_key(database, asha, asha, fallback="plan")
    set_quota(database, asha, left=0)
    turn = await client.admit(asha, **BY_KEY)

    assert (await refusal(fall_back(client, turn.message_id))).code == "quota_exceeded"
    assert counted(database, key) == (1, HELD)
    await client.settle(turn.message_id, "", "failed", sent=False, usage=costs(0))
    assert counted(database, key) == (0, 0)


async def test_the_fallback_is_limited_in_a_day(database: Database, client: TurnClient, asha: UUID) -> None:
    insert_key(database, asha, asha, fallback="plan", fallback_answers_per_day=1)
    first, second = await client.admit(asha, **BY_KEY), await client.admit(asha, **BY_KEY)

    assert (await fall_back(client, first.message_id))["paid_by"] == "plan"
    refused = await refusal(fall_back(client, second.message_id))
    assert (refused.code, refused.detail["limit_name"]) == ("own_key_limit_reached", "fallback_answers_per_day")


async def test_a_fallback_holds_the_prompt_that_its_own_source_sends(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    insert_key(database, asha, asha, fallback="plan")
    first = await client.admit(asha, **BY_KEY)
    await client.settle(first.message_id, "word " * 6_000, usage=costs(150))
    turn = await client.admit(asha, "And a longer one " * 60, conversation=first.conversation_id, **BY_KEY)
    (by_key,) = turn.result["reservations"]
    terms = json.loads(client.last_terms)
    for plan, expected in ((1_000, 1_000), (100, 342)):  # never less than the question itself
        terms["free"]["answers"][0]["input_tokens"] = plan
        async with client.connection.transaction(force_rollback=True):
            reserved = await client.call(
                "select oneai.fall_back_from_key(%s, '{}', %s, 0)", turn.message_id, json.dumps(terms)
            )
        assert reserved["prompt_tokens"] == pytest.approx(expected, abs=20)

    assert by_key["prompt_tokens"] > 8_000


async def test_a_quote_adds_up_what_answers_take_of_one_key(database: Database, client: TurnClient, asha: UUID) -> None:
    insert_key(database, asha, asha, micro_usd_per_day=2 * HELD, answers_per_day=2)

    two, three = [await quoted(client, asha, count, **BY_KEY) for count in (2, 3)]

    assert (two["allowed"], two["of"]) == (True, None)
    assert (three["allowed"], three["of"]) == (False, "own_key")
    assert [each["paid_by"] for each in three["basis"]] == ["own_key"] * 3
    assert (await refusal(client.admit(asha, others=[uuid4(), uuid4()], **BY_KEY))).code == "own_key_limit_reached"


async def test_a_quote_of_models_without_a_price_counts_answers_alone(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = insert_key(database, asha, asha, micro_usd_per_day=1)
    assert (await quoted(client, asha, 1, routes=(UNKNOWN,)))["allowed"]
    database.rows(
        "select oneai.hold_provider_key(w, gen_random_uuid(), %s, null) from oneai.workspaces as w, "
        "generate_series(1, 199) where w.id = %s",
        *(key, asha),
    )

    assert (await quoted(client, asha, 1, routes=(UNKNOWN,)))["allowed"]
    assert (await quoted(client, asha, 2, routes=(UNKNOWN,)))["of"] == "own_key"


async def quoted(client: TurnClient, user: UUID, count: int, **fields: Any) -> Any:
    """The quote of a question with this many answers."""
    with suppress(psycopg.Error):
        async with client.connection.transaction(force_rollback=True):
            await client.admit(user, others=[uuid4() for _ in range(count - 1)], **fields)
    return await client.call("select oneai.quote(%s, %s, %s)", user, client.last_request, client.last_terms)


async def fall_back(client: TurnClient, message_id: UUID) -> Any:
    """The other source of an answer of a key."""
    terms = client.last_terms
    return await client.call("select oneai.fall_back_from_key(%s, '{}', %s, 0)", message_id, terms)
