"""Searches of the web are held with their answer, and settled with it: at most what was held, none for no answer."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.database.conftest import TurnClients
from tests.database.turns import SEARCHES, TERMS, USAGE, TurnClient, code, quota, refusal, set_quota, spend
from tests.world import Database

KEY = "web_searches"
PAGES = {"sources": [{"n": 1, "url": "https://news.example/a", "name": "News", "snippet": ""}]}
RECORDED = "select web_search_requests, web_searches_charged, web_search_micro_usd, charged from oneai.usage_events"


def stated(requests: int | None, cost: int = 7_019) -> dict[str, Any]:
    """Usage that states this number of searches; None: it says nothing of them."""
    searches = {} if requests is None else {"web_search_requests": requests}
    return USAGE | {"cost_micro_usd": cost} | searches


async def test_a_search_holds_its_unit_its_price_and_its_tokens(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha, web_search=True, **SEARCHES)

    assert (quota(database, asha), quota(database, asha, KEY)) == ((0, 1), (0, 1))
    assert spend(database) == (203 + 7_000 + 53, 0)
    assert [each["web_searches"] for each in turn.result["reservations"]] == [1]
    # The plan limits no tokens, so the answer has no budget.
    assert [each["budget"] for each in turn.result["reservations"]] == [None]


@pytest.mark.parametrize(
    ("requests", "charged"), [(0, 0), (1, 1), (5, 1)], ids=["the model searched not", "once", "more than was held"]
)
async def test_a_complete_answer_is_charged_the_searches_stated_up_to_those_held(
    database: Database, client: TurnClient, asha: UUID, requests: int, charged: int
) -> None:
    turn = await client.admit(asha, web_search=True, **SEARCHES)

    await client.settle(turn.message_id, usage=stated(requests, 40_000))

    assert (quota(database, asha), quota(database, asha, KEY)) == ((1, 0), (charged, 0))
    assert database.rows(RECORDED) == [(requests, charged, requests * 7_000, 1)]
    assert spend(database) == (0, 40_000)


@pytest.mark.parametrize(
    ("outcome", "charged"),
    [
        ({"state": "complete", "metadata": PAGES}, 1),
        ({"state": "complete"}, 0),
        ({"state": "truncated", "metadata": PAGES}, 1),
        ({"state": "truncated"}, 0),
        ({"state": "stopped", "sent": True}, 1),
        ({"state": "stopped", "sent": False}, 0),
        ({"state": "failed", "content": "", "metadata": PAGES}, 0),
    ],
    ids=json.dumps,
)
async def test_a_search_that_is_not_stated_is_charged_by_what_proves_it(
    database: Database, client: TurnClient, asha: UUID, outcome: dict[str, Any], charged: int
) -> None:
    turn = await client.admit(asha, web_search=True, **SEARCHES)

    await client.settle(turn.message_id, usage=stated(None), **outcome)

    assert quota(database, asha, KEY) == (charged, 0)


async def test_a_failed_answer_gives_its_search_back(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha, web_search=True, **SEARCHES)

    await client.settle(turn.message_id, "", "failed", usage=stated(1))

    assert (quota(database, asha), quota(database, asha, KEY)) == ((0, 0), (0, 0))
    assert database.rows(RECORDED) == [(1, 0, 7_000, 0)]
    assert spend(database) == (0, 7_019)


async def test_a_search_that_was_not_held_takes_no_unit(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha, **SEARCHES)

    await client.settle(turn.message_id, usage=stated(3), metadata=PAGES)

    assert quota(database, asha, KEY) == (0, 0)
    assert database.rows(RECORDED) == [(3, 0, 0, 1)]
    assert spend(database) == (0, 7_019)


async def test_answers_asked_at_once_take_no_more_searches_than_are_left(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    set_quota(database, asha, left=1, key=KEY)

    callers = await clients(8)
    asked = [client.admit(asha, f"Question {n}", web_search=True, **SEARCHES) for n, client in enumerate(callers)]
    codes = [code(each) for each in await asyncio.gather(*asked, return_exceptions=True)]

    assert sorted(codes) == ["new", *["quota_exceeded"] * 7]
    assert quota(database, asha, KEY) == (9, 1)
    assert quota(database, asha) == (0, 1)


async def test_compared_answers_search_once_each_or_are_refused_together(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    set_quota(database, asha, left=1, key=KEY)

    refused = await refusal(client.admit(asha, others=[uuid4()], web_search=True, **SEARCHES))

    assert (refused.code, refused.detail["quota_key"], refused.detail["units"]) == ("quota_exceeded", KEY, 1)
    assert (quota(database, asha), quota(database, asha, KEY)) == ((0, 0), (9, 0))
    assert database.rows("select id from oneai.reservations") == []


async def test_a_plan_without_searches_refuses_them(database: Database, client: TurnClient, asha: UUID) -> None:
    database.rows(
        "update oneai.usage_quotas set quota_limit = null where workspace_id = %s and quota_key = %s", asha, KEY
    )

    refused = await refusal(client.admit(asha, web_search=True, **SEARCHES))

    assert (refused.code, refused.detail["quota_key"], refused.detail["limit"]) == ("quota_exceeded", KEY, 0)


async def test_a_model_that_cannot_search_is_refused_only_if_the_question_asks_for_it(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    refused = await refusal(client.admit(asha, web_search=True))
    assert (refused.code, refused.detail) == (
        "invalid_request",
        {"details": [{"field": "web_search", "code": "no_web_search"}]},
    )

    first = await client.admit(asha, web_search=True, **SEARCHES)
    await client.settle(first.message_id, usage=stated(0))
    await client.admit(asha, "And?", conversation=first.conversation_id)

    assert quota(database, asha, KEY) == (0, 0)


async def test_a_conversation_keeps_the_choice_of_its_last_question(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    held: list[int] = []
    first = await client.admit(asha, web_search=True, **SEARCHES)
    await client.settle(first.message_id, usage=stated(0))
    for choice in (None, False, None, True, None):
        turn = await client.admit(
            asha, f"Then {len(held)}", conversation=first.conversation_id, web_search=choice, **SEARCHES
        )
        held.append(turn.result["reservations"][0]["web_searches"])
        await client.settle(turn.message_id, usage=stated(0))
    again = await client.admit(asha, regenerate_of=first.message_id, web_search=False, **SEARCHES)

    assert held == [1, 0, 0, 1, 1]
    assert again.result["reservations"][0]["web_searches"] == 0
    assert database.one("select web_search from oneai.conversations")


async def test_a_killed_answer_is_charged_the_search_whose_pages_were_stored(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    costs = []
    for number, pages in enumerate((PAGES, {})):
        turn = await client.admit(asha, f"Question {number}", web_search=True, **SEARCHES)
        await client.checkpoint(turn.message_id, ("text", 0, "So"), generation=f"gen-{number}")
        database.rows(
            "update oneai.chat_messages set metadata = metadata || %s::jsonb where id = %s",
            json.dumps(pages),
            turn.message_id,
        )
        database.advance(31)
        assert await client.expire_answer(turn.message_id)
        costs.append(
            database.one("select cost_micro_usd from oneai.usage_events where message_id = %s", turn.message_id)
        )

    assert costs[0] - costs[1] == 7_000
    assert (quota(database, asha), quota(database, asha, KEY)) == ((2, 0), (1, 0))


async def test_a_deleted_answer_that_was_sent_is_charged_its_search_by_any_process(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha, web_search=True, **SEARCHES)
    await client.checkpoint(turn.message_id, generation="gen-1", sent=True)
    database.rows("delete from oneai.conversations where id = %s", turn.conversation_id)
    database.advance(31)

    await client.expire_answer(turn.message_id)

    assert (quota(database, asha), quota(database, asha, KEY), spend(database)[0]) == ((1, 0), (1, 0), 0)


async def test_a_second_settling_charges_no_second_search(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha, web_search=True, **SEARCHES)

    for content in ("Hi", "Hi there", "Hi there, Asha"):
        await client.settle(turn.message_id, content, usage=stated(1), metadata=PAGES)

    assert (quota(database, asha), quota(database, asha, KEY)) == ((1, 0), (1, 0))


async def test_a_search_counts_in_the_window_in_which_it_was_held(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha, web_search=True, **SEARCHES)
    database.advance(32 * 86_400)
    await client.call("select oneai.roll_windows(%s)", asha)

    await client.settle(turn.message_id, usage=stated(1))

    assert quota(database, asha, KEY) == (0, 0)


async def test_a_quote_states_what_admitting_then_holds(database: Database, client: TurnClient, asha: UUID) -> None:
    request = {
        "message": "Hello",
        "fingerprint": "Hello",
        "answers": [{"id": str(uuid4()), "model": "maker/small"}],
        "web_search": True,
    }
    terms = {"free": {"free": True, "history_bytes": 128_000, "answers": [TERMS | SEARCHES]}}

    quoted = await client.call("select oneai.quote(%s, %s, %s)", asha, json.dumps(request), json.dumps(terms))
    await client.admit(asha, web_search=True, **SEARCHES)

    assert {each["quota_key"]: each["units"] for each in quoted["lines"]} == {"small_messages": 1, KEY: 1}
    assert quoted["max_cost_micro_usd"] == spend(database)[0]
    (basis,) = quoted["basis"]
    assert (basis["web_searches"], basis["web_search_micro_usd"]) == (1, 7_000)


async def test_a_limit_of_tokens_holds_the_results_of_a_search_too(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    database.rows(
        "insert into oneai.usage_quotas (workspace_id, quota_key, subscription_tier, quota_limit, reset_frequency,"
        " window_start, next_reset_at) select workspace_id, 'tokens', subscription_tier, 155, reset_frequency,"
        " window_start, next_reset_at from oneai.usage_quotas where workspace_id = %s and quota_key = 'small_messages'",
        asha,
    )

    refused = await refusal(client.admit(asha, web_search=True, **SEARCHES))
    await client.admit(asha)

    # 3 of the prompt, 100 of the answer; and with a search 3 again and 50 of results.
    assert (refused.code, refused.detail["quota_key"], refused.detail["units"]) == ("quota_exceeded", "tokens", 156)
    assert quota(database, asha, "tokens") == (0, 103)
