"""The budget and the limits of an API key: part of the reservation of each answer."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.database.conftest import TurnClients
from tests.database.turns import USAGE, Refusal, TurnClient, code, quota, refusal, spend
from tests.world import Database

# "Hello" holds 3 micro-dollars for the prompt and 2 for each of 100 tokens of the answer; USAGE costs 19.
HELD, COST = 203, 19


def key_of(database: Database, user: UUID, **columns: Any) -> UUID:
    """A key with these columns."""
    columns = {"budget": None, "window": None, "tokens": None, "parallel": None, "models": None} | columns
    key: UUID = database.one(
        "insert into oneai.api_keys (workspace_id, user_id, name, hint, scopes, budget_micro_usd, budget_window, "
        "tokens_per_minute, parallel, models) values (%s, %s, 'Key', 'oneai_sk_…', array['chat'], %s, %s, %s, "
        "%s, %s) returning id",
        *(user, user, columns["budget"], columns["window"], columns["tokens"], columns["parallel"], columns["models"]),
    )
    return key


def spent(database: Database, key: UUID) -> dict[str, int]:
    """The count of each window."""
    return dict(
        database.rows("select budget_window, spent_micro_usd from oneai.api_key_spend where api_key_id = %s", key)
    )


async def test_the_cost_of_an_answer_counts_against_its_keys_budget(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha, budget=1000, window="day")

    turn = await client.admit(asha, api_key=key)
    await client.settle(turn.message_id)

    assert spent(database, key) == {"day": COST, "week": COST, "month": COST, "total": COST}
    assert database.one("select api_key_id from oneai.usage_events") == key


async def test_an_answer_without_a_key_counts_against_no_budget(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha, budget=1000, window="day")

    await client.settle((await client.admit(asha)).message_id)

    assert spent(database, key) == {}
    assert database.one("select api_key_id from oneai.usage_events") is None


async def test_a_question_above_the_budget_is_refused_with_the_tokens_that_fit(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha, budget=100, window="month")

    refused = await refusal(client.admit(asha, api_key=key))

    assert (refused.code, refused.sqlstate) == ("insufficient_quota", "ON429")
    assert refused.detail["max_tokens"] == 48  # (100 - 3) / 2
    assert refused.detail["needed_micro_usd"] == HELD
    assert (quota(database, asha), spend(database)) == ((0, 0), (0, 0))
    assert database.rows("select id from oneai.reservations") == []
    assert database.rows("select id from oneai.chat_messages") == []
    assert (await refusal(client.admit(asha, api_key=key, answer_tokens=49))).code == "insufficient_quota"
    await client.admit(asha, api_key=key, answer_tokens=48)


async def test_a_used_up_budget_names_no_tokens_that_would_fit(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha, budget=HELD, window="total")
    turn = await client.admit(asha, api_key=key)
    await client.settle(turn.message_id, usage=USAGE | {"cost_micro_usd": HELD})

    refused = await refusal(client.admit(asha, api_key=key))

    assert (refused.detail["spent_micro_usd"], refused.detail["max_tokens"]) == (HELD, None)
    assert refused.detail["resets_at"] is None


async def test_concurrent_questions_are_admitted_exactly_up_to_the_budget(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    key = key_of(database, asha, budget=3 * HELD + HELD // 2, window="day")

    outcomes = await asyncio.gather(
        *(each.admit(asha, api_key=key) for each in await clients(8)), return_exceptions=True
    )

    assert sorted(code(outcome) for outcome in outcomes) == ["insufficient_quota"] * 5 + ["new"] * 3


async def test_the_hold_of_an_open_answer_is_freed_when_it_ends(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha, budget=HELD + COST, window="day")
    first = await client.admit(asha, api_key=key)
    assert (await refusal(client.admit(asha, api_key=key))).detail["reserved_micro_usd"] == HELD

    await client.settle(first.message_id)

    assert not (await client.admit(asha, api_key=key)).replay


async def test_an_answer_settled_twice_counts_once(database: Database, client: TurnClient, asha: UUID) -> None:
    key = key_of(database, asha)
    turn = await client.admit(asha, api_key=key)

    await client.settle(turn.message_id)
    await client.settle(turn.message_id)

    assert spent(database, key)["total"] == COST


async def test_an_answer_of_a_killed_process_counts_as_estimated(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha)
    turn = await client.admit(asha, api_key=key)
    await client.checkpoint(turn.message_id, ("text", 0, "Hello there"))
    database.advance(31)

    assert await client.expire_answer(turn.message_id)

    assert spent(database, key)["total"] == database.one("select cost_micro_usd from oneai.usage_events") > 0


async def test_a_correction_counts_as_in_receipts(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha)
    turn = await client.admit(asha, api_key=key)
    await client.settle(turn.message_id, usage=USAGE | {"estimated": True})

    await owner.call(
        "select oneai.correct_usage(%s, %s)",
        turn.message_id,
        '{"usage": {"prompt_tokens": 9, "completion_tokens": 5, "cost_micro_usd": 50, "estimated": false}}',
    )

    assert spent(database, key)["total"] == 50
    assert database.one("select sum(cost_micro_usd)::integer from oneai.usage_events where api_key_id = %s", key) == 50


@pytest.mark.parametrize(
    ("window", "next_day"),
    # A week begins on a Monday.
    [("day", "2026-11-26"), ("week", "2026-11-30"), ("month", "2026-12-01")],
)
async def test_a_budget_is_reset_with_its_window_in_utc(
    database: Database, client: TurnClient, asha: UUID, window: str, next_day: str
) -> None:
    database.rows(
        "update local.clock set ahead = (%s || ' 00:00+00')::timestamptz - interval '1 minute' - now()", next_day
    )
    key = key_of(database, asha, budget=HELD, window=window)
    late = await client.admit(asha, api_key=key)
    refused = await refusal(client.admit(asha, api_key=key))
    assert refused.detail["resets_at"] == f"{next_day}T00:00:00Z"

    database.advance(60)
    await client.admit(asha, api_key=key)
    await client.settle(late.message_id)

    # The late answer belongs to the window that is over.
    counted = database.rows(
        "select spent_micro_usd from oneai.api_key_spend where api_key_id = %s and budget_window = %s "
        "and window_start = oneai.budget_window_start(budget_window, oneai.now())",
        *(key, window),
    )
    assert counted == []


async def test_a_budget_set_later_counts_earlier_spending(database: Database, client: TurnClient, asha: UUID) -> None:
    key = key_of(database, asha)
    await client.settle((await client.admit(asha, api_key=key)).message_id)

    database.rows(
        "update oneai.api_keys set budget_micro_usd = %s, budget_window = 'week' where id = %s", HELD + COST - 1, key
    )

    assert (await refusal(client.admit(asha, api_key=key))).detail["spent_micro_usd"] == COST


async def test_the_concurrent_answers_of_a_key_are_limited(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    key = key_of(database, asha, parallel=2)
    (client, *others) = await clients(6)

    outcomes = await asyncio.gather(*(each.admit(asha, api_key=key) for each in others), return_exceptions=True)

    assert sorted(code(outcome) for outcome in outcomes) == ["new"] * 2 + ["rate_limited"] * 3
    await client.admit(asha)
    database.advance(31)
    await client.admit(asha, api_key=key)


def limited(refused: Refusal) -> tuple[str, Any]:
    """The limit that refused."""
    return refused.code, refused.detail["limit_name"]


async def test_tokens_are_consumed_as_estimated_and_corrected_when_the_answer_ends(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha, tokens=250)
    first, second = await client.admit(asha, api_key=key), await client.admit(asha, api_key=key)
    assert limited(await refusal(client.admit(asha, api_key=key))) == ("rate_limited", "api_key_tokens")

    for turn in (first, second):
        await client.settle(turn.message_id)  # 14 tokens

    await client.admit(asha, api_key=key)
    await client.admit(asha, api_key=key)
    assert (await refusal(client.admit(asha, api_key=key))).detail["retry_after"] > 0


async def test_tokens_that_have_expired_are_not_refunded(database: Database, client: TurnClient, asha: UUID) -> None:
    key = key_of(database, asha, tokens=110)
    turn = await client.admit(asha, api_key=key)
    database.advance(60)
    database.rows("update oneai.reservations set held_until = oneai.now() + interval '1 minute'")
    await client.admit(asha, api_key=key)

    await client.settle(turn.message_id)

    assert limited(await refusal(client.admit(asha, api_key=key))) == ("rate_limited", "api_key_tokens")


async def test_an_answer_longer_than_estimated_consumes_the_difference(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha, tokens=1000)
    turn = await client.admit(asha, api_key=key)

    await client.settle(turn.message_id, usage=USAGE | {"completion_tokens": 1900})

    refused = await refusal(client.admit(asha, api_key=key))
    assert limited(refused) == ("rate_limited", "api_key_tokens")
    assert refused.detail["retry_after"] > 60


async def test_a_question_above_the_tokens_per_minute_is_refused_with_what_fits(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha, tokens=60)

    refused = await refusal(client.admit(asha, api_key=key))

    assert limited(refused) == ("rate_limited", "api_key_tokens")
    assert refused.detail["max_tokens"] == 57
    await client.admit(asha, api_key=key, answer_tokens=57)


@pytest.mark.parametrize(
    ("models", "allowed"),
    [
        (["maker/small"], True),
        (["other/*", "maker/*"], True),
        (["*"], True),
        (["*/small"], True),
        (["other/*"], False),
        (["maker/smal"], False),
        (["maker/smal_"], False),
        (["maker/sma%"], False),
    ],
)
async def test_a_key_may_use_the_models_that_match_its_patterns(
    database: Database, client: TurnClient, asha: UUID, models: list[str], *, allowed: bool
) -> None:
    key = key_of(database, asha, models=models)

    if allowed:
        await client.admit(asha, api_key=key)
    else:
        refused = await refusal(client.admit(asha, api_key=key))
        assert (refused.code, refused.detail) == ("model_not_allowed", {"model": "maker/small"})


async def test_a_key_of_another_user_admits_nothing(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    key = key_of(database, ravi)

    assert (await refusal(client.admit(asha, api_key=key))).code == "invalid_api_key"
    assert (await refusal(client.admit(asha, api_key=uuid4()))).code == "invalid_api_key"


async def test_an_answer_ends_normally_after_its_key_is_deleted(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    key = key_of(database, asha, budget=1000, window="day", tokens=1000)
    turn = await client.admit(asha, api_key=key)
    database.rows("delete from oneai.api_keys where id = %s", key)

    assert (await client.settle(turn.message_id))["state"] == "complete"
