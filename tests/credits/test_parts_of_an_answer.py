"""What an answer causes is charged as parts of one price: they sum to the whole, in any order and however small."""

import json
from typing import Any
from uuid import uuid4

import pytest

from oneai.plans.price_of_use import price_of_use
from tests.credits.account import Credits
from tests.credits.test_ledger import problems
from tests.credits.test_paying_with_credits import HELD, costs, with_credits
from tests.database.turns import TurnClient
from tests.effort import rng, seeds
from tests.world import Database

# What is held for a title: three times what a small model takes at most.
TITLE = 3 * 2_200


def step(database: Database, message: Any, cost: int) -> None:
    """A vector of the answer's question, which cost this."""
    usage = {"outcome": "complete", "model_asked": "m", "prompt_tokens": 1, "cost_micro_usd": cost, "estimated": False}
    database.rows(
        "select oneai.record_embedding_usage(r.workspace_id, r.workspace_id, %s, %s, r.id) "
        "from oneai.reservations as r where r.id = %s",
        *(uuid4(), json.dumps({**usage, "price_version": "1"}), message),
    )


def title(database: Database, message: Any, cost: int) -> None:
    """The title after the answer."""
    completion = {"outcome": "complete", "model_asked": "m", "price_version": "1", "usage": costs(cost)}
    database.rows("select oneai.write_title(%s, 'A title', %s)", message, json.dumps(completion))


@pytest.mark.parametrize("seed", seeds(6, 40))
async def test_parts_sum_to_the_price_of_the_whole_to_the_micro_dollar(
    database: Database, client: TurnClient, asha: Any, seed: int
) -> None:
    draw = rng(str(seed))
    markup, least = draw.choice([100, 133, 300, 999]), draw.choice([200, 201, 777])
    database.rows(
        "insert into oneai.credit_prices (pattern, markup_percent, min_micro_usd) values ('*', %s, %s)", markup, least
    )
    account = with_credits(database, asha, order="credits")
    turn = await client.admit(asha, titles=draw.choice([True, False]))
    message = turn.message_id
    before, answer, after, named, corrected = (draw.randrange(0, draw.choice([2, 40, 300])) for _ in range(5))

    step(database, message, before)
    await client.settle(message, usage={**costs(answer), "estimated": True}, titles=draw.choice([True, False]))
    step(database, message, after)
    title(database, message, named)
    statistics = json.dumps({"usage": costs(corrected)})
    database.rows("select oneai.correct_usage(%s, %s)", message, statistics)

    whole = price_of_use(before + corrected + after + named, markup, least)
    parts = database.one("select sum(credits_micro_usd)::bigint from oneai.usage_events where workspace_id = %s", asha)
    assert parts == whole == 1_000_000 - account.available()
    assert account.balance() == (1_000_000 - whole, 0, 0, 0)
    assert problems(database) == []


async def with_title_held(database: Database, client: TurnClient, user: Any) -> tuple[Credits, Any]:
    """A user whose answer was paid, and its title's price is held; the answer."""
    account = with_credits(database, user, order="credits")
    turn = await client.admit(user, titles=True)
    assert account.balance() == (1_000_000, 0, 0, HELD + TITLE)
    settled = await client.settle(turn.message_id, usage=costs(100), titles=True)
    assert settled["untitled"]
    assert account.balance() == (1_000_000 - 300, 0, 0, TITLE)
    assert database.one("select count(*) from oneai.credit_holds") == 1
    return account, turn.message_id


async def test_a_title_is_paid_by_what_its_answer_holds_for_it(
    database: Database, client: TurnClient, asha: Any
) -> None:
    account, message = await with_title_held(database, client, asha)
    # What it holds has ended meanwhile, and nothing else is left.
    database.advance(366 * 86_400)
    assert account.available() == 0

    for _ in range(2):
        title(database, message, 50)

    assert account.balance() == (0, 0, 0, 0)
    charges = "select purpose::text, credits_micro_usd from oneai.usage_events where message_id = %s order by id"
    assert database.rows(charges, message) == [("answer", 300), ("title", 150)]
    assert problems(database) == []


async def test_what_is_held_for_a_lost_title_is_given_back(database: Database, client: TurnClient, asha: Any) -> None:
    account, message = await with_title_held(database, client, asha)
    assert await client.call("select oneai.release_lost_holds(10)") == 0

    database.advance(16 * 60)
    assert await client.call("select oneai.release_lost_holds(10)") == 1

    assert account.balance() == (999_700, 0, 0, 0)
    # It comes late, and is paid as far as credits are there.
    title(database, message, 50)
    assert account.balance() == (999_550, 0, 0, 0)
    assert problems(database) == []
