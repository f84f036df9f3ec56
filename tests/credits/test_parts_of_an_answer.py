"""What an answer causes is charged as parts of one price: they sum to the whole, in any order and however small."""

import json
from typing import Any
from uuid import uuid4

import pytest

from oneai.plans.price_of_use import price_of_use
from tests.credits.test_ledger import problems
from tests.credits.test_paying_with_credits import costs, with_credits
from tests.database.turns import TurnClient
from tests.effort import rng, seeds
from tests.world import Database


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
    turn = await client.admit(asha)
    message = turn.message_id
    before, answer, after, named, corrected = (draw.randrange(0, draw.choice([2, 40, 300])) for _ in range(5))

    step(database, message, before)
    await client.settle(message, usage={**costs(answer), "estimated": True})
    step(database, message, after)
    title(database, message, named)
    statistics = json.dumps({"usage": costs(corrected)})
    database.rows("select oneai.correct_usage(%s, %s)", message, statistics)

    whole = price_of_use(before + corrected + after + named, markup, least)
    parts = database.one("select sum(credits_micro_usd)::bigint from oneai.usage_events where workspace_id = %s", asha)
    assert parts == whole == 1_000_000 - account.available()
    assert account.balance() == (1_000_000 - whole, 0, 0, 0)
    assert problems(database) == []
