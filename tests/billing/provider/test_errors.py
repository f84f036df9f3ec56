"""Missing, refusing and unreadable answers of the provider."""

import asyncio

import pytest

from oneai import alerts
from oneai.billing.providers.errors import KeyRefused, ProviderRefused, translate_errors
from oneai.billing.providers.face import NotChangeable
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.clients.razorpay import ProviderError
from oneai.errors import Busy
from tests.world import World

ALERTS = "select subject, detail ->> 'price' from oneai.operator_alerts where kind = 'provider_refused'"


@pytest.fixture(autouse=True)
def _nothing_was_raised_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "_last_raised", {})


async def ask(error: Exception) -> None:
    """Asks about a price, in vain."""
    async with translate_errors("razorpay", "open", price="pro.monthly.INR"):
        raise error


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ProviderError(401), [("razorpay", None)]),
        (ProviderError(400), [("open", "pro.monthly.INR")]),
        (ValueError("no subscription\0"), [("open", "pro.monthly.INR")]),
        (TypeError("a list in place of a word"), [("open", "pro.monthly.INR")]),
    ],
)
async def test_a_refusal_and_an_unexpected_answer_are_alerted_and_mean_unavailable(
    world: World, error: Exception, raised: list[tuple[str, str | None]]
) -> None:
    with pytest.raises(PaymentProviderUnavailable) as unavailable:
        await ask(error)

    key_refused = raised == [("razorpay", None)]
    assert isinstance(unavailable.value, KeyRefused if key_refused else ProviderRefused)
    assert unavailable.value.retry_after == 60
    assert world.database.rows(ALERTS) == raised


async def test_a_timeout_raises_no_alert(world: World) -> None:
    with pytest.raises(PaymentProviderUnavailable) as unavailable:
        async with translate_errors("razorpay", "open", seconds=0):
            await asyncio.Event().wait()

    assert unavailable.value.retry_after == 5
    assert world.database.rows(ALERTS) == []


@pytest.mark.parametrize("error", [NotChangeable("It is paused."), Busy(retry_after=1)])
async def test_an_error_of_another_kind_is_passed_on(world: World, error: Exception) -> None:
    with pytest.raises(type(error)):
        await ask(error)

    assert world.database.rows(ALERTS) == []


async def test_a_caller_with_its_own_alerts_gets_the_problem_and_a_refused_key_alerts(
    world: World,
) -> None:
    for error in (ProviderError(400, "No balance"), ProviderError(401)):
        with pytest.raises(PaymentProviderUnavailable) as unavailable:
            async with translate_errors("razorpay", "refund:1", alerted=False):
                raise error
        if isinstance(unavailable.value, ProviderRefused):
            assert "No balance" in unavailable.value.problem

    assert world.database.rows(ALERTS) == [("razorpay", None)]
