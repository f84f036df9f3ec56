"""`make stripe-prices`, as an operator types it, with the stand-in for Stripe."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oneai.billing.subscriptions import on_sale, prices
from tests.ops.operators import CommandResult, command
from tests.stand_ins.stripe.stand_in import Place, stripe_place
from tests.world import Database

pytestmark = pytest.mark.sampled(0.34)


@pytest.fixture
async def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """A stand-in of its own."""
    async with stripe_place(database, tmp_path, monkeypatch) as place:
        yield place


async def make(place: Place, *arguments: str, **environment: str) -> CommandResult:
    """Runs it."""
    return await command("stripe_prices", *arguments, database=place.database, **environment)


def listed(place: Place) -> dict[str, str]:
    """The prices that are sold by Stripe, with what they are there."""
    return dict(
        place.database.rows(
            "select tier || '.' || period || '.' || currency, provider_plan_id from oneai.price_list "
            "where payment_provider = 'stripe' and listed > 0"
        )
    )


async def test_every_price_is_made_at_stripe_and_a_second_run_makes_nothing(place: Place) -> None:
    result = await make(place)

    assert result.returncode == 0, result.stderr
    assert place.simulator.keys.secret_key not in result.stdout
    first, there = listed(place), place.simulator.engine.account.all("price")
    assert {key: there[ref]["unit_amount"] for key, ref in first.items()} == {
        each.key: each.amount for each in on_sale([], prices.at("stripe"))
    }
    made = len(there)
    assert (await make(place)).returncode == 0
    assert (listed(place), len(place.simulator.engine.account.all("price"))) == (first, made)


async def test_a_new_price_is_another_one_and_zero_ends_a_sale(place: Place) -> None:
    await make(place)
    before = listed(place)

    result = await make(place, "pro.monthly.USD=1234", "pro.yearly.USD=0")

    assert result.returncode == 0, result.stderr
    after = listed(place)
    assert after["pro.monthly.USD"] != before["pro.monthly.USD"]
    assert "pro.yearly.USD" not in after
    made = place.simulator.engine.account.all("price")[after["pro.monthly.USD"]]
    assert (made["unit_amount"], made["currency"], made["recurring"]["interval"]) == (1234, "usd", "month")


async def test_without_a_key_or_with_a_wrong_one_nothing_changes(place: Place) -> None:
    missing = await make(place, STRIPE_SECRET_KEY="")
    wrong = await make(place, STRIPE_SECRET_KEY="sk_test_guessed")

    assert (missing.returncode, missing.stderr.strip()) == (1, "STRIPE_SECRET_KEY names the account.")
    assert (wrong.returncode, wrong.stderr.strip()) == (1, "Stripe does not know this key.")
    assert listed(place) == {}
