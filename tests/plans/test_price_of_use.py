"""Prices of use: never under the cost, parts that sum to the whole, and the same in Postgres."""

import random

from oneai.plans.price_of_use import UsePrice, parts_of_use, price_for, price_of_use
from tests.effort import seeds
from tests.world import Database

_MODELS = ("openai/gpt-4o", "openai/gpt-4o-mini", "anthropic/claude-3.5", "a_b/c", "axb/c")
_PATTERNS = ("*", "openai/*", "openai/gpt-4o*", "openai/gpt-4o", "*/c", "a_b/*", "anthropic/*-3.5", "*mini*")


def _random_price(draw: random.Random) -> tuple[list[int], int, int]:
    costs = [draw.choice((0, 1, draw.randrange(1_000), draw.randrange(10**9))) for _ in range(draw.randrange(1, 6))]
    return costs, draw.randrange(100, 10_001), draw.choice((0, 200, draw.randrange(10_000)))


def test_the_parts_of_a_price_sum_to_the_whole() -> None:
    for seed in seeds(2_000, 20_000):
        costs, markup, least = _random_price(random.Random(seed))
        whole = price_of_use(sum(costs), markup, least)

        parts = parts_of_use(costs, markup, least)

        assert sum(parts) == whole
        assert min(parts) >= 0
        assert whole >= max(sum(costs), least)
        # Rounded up, by less than one micro-dollar.
        assert whole == least or 0 <= whole * 100 - sum(costs) * markup < 100


def test_postgres_computes_the_same_price(database: Database) -> None:
    draw = random.Random(44)
    for _ in range(100):
        costs, markup, least = _random_price(draw)
        computed = database.one("select oneai.price_of_use(%s, %s, %s)", sum(costs), markup, least)
        assert computed == price_of_use(sum(costs), markup, least)


def test_postgres_finds_the_same_price_of_a_model(database: Database) -> None:
    draw = random.Random(45)
    workspace = database.user("asha@example.com")
    for _ in range(30):
        database.rows("delete from oneai.credit_prices")
        rows = [
            UsePrice(draw.random() < 0.3, pattern, draw.randrange(100, 1_000), draw.randrange(200, 900))
            for pattern in draw.sample(_PATTERNS, draw.randrange(len(_PATTERNS)))
        ]
        for row in rows:
            database.rows(
                "insert into oneai.credit_prices values (%s, %s, %s, %s)",
                *(workspace if row.agreed else None, row.pattern, row.markup_percent, row.min_micro_usd),
            )
        for model in _MODELS:
            expected = price_for(model, rows)
            (found,) = database.rows("select * from oneai.credit_price_of(%s, %s)", workspace, model)
            assert found == (expected.markup_percent, expected.min_micro_usd), (model, rows)
