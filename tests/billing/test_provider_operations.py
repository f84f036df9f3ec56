"""Each provider operation is carried out once, despite failures on the way."""

import asyncio

import pytest

from oneai import alerts, settings
from oneai.billing import provider_operations
from oneai.billing.provider_operations import ATTEMPTS_LIMIT, run_due
from oneai.billing.providers import razorpay as provider
from oneai.clients import razorpay
from tests.billing.paid_subscription import AMOUNT, PaidSubscription, create_paid_subscription
from tests.billing.subscriptions.subscribing import set_fault
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

DAY = 86_400


@pytest.fixture
async def asha(world: World, monkeypatch: pytest.MonkeyPatch) -> PaidSubscription:
    """The paid subscription of asha."""
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    return await create_paid_subscription(world)


def raised_alerts(world: World) -> list[tuple[str, str]]:
    """All alerts."""
    return world.database.rows("select kind, subject from oneai.operator_alerts order by kind, subject")


async def test_a_due_cancellation_is_sent_once(asha: PaidSubscription) -> None:
    call = asha.add_operation()

    assert await run_due() == {"done": 1, "waiting": 0, "failed": 0}

    assert (await asha.at_provider())["status"] == "cancelled"
    assert asha.state(call) == ("succeeded", 1)
    assert await run_due() == {"done": 0, "waiting": 0, "failed": 0}


async def test_an_operation_waits_until_it_is_due(asha: PaidSubscription) -> None:
    call = asha.add_operation()
    asha.world.database.rows("update oneai.provider_operations set due_at = oneai.now() + interval '1 hour'")

    await run_due(only=call)
    assert (await asha.at_provider())["status"] == "active"

    asha.world.database.advance(3600)
    await run_due()
    assert (await asha.at_provider())["status"] == "cancelled"


async def test_a_single_operation_can_be_run_alone(asha: PaidSubscription) -> None:
    other, wanted = asha.add_operation("refund", amount=100), asha.add_operation()

    assert (await run_due(only=wanted))["done"] == 1
    assert (asha.state(other), asha.state(wanted)) == (("pending", 0), ("succeeded", 1))


async def test_a_subscription_that_already_ended_needs_no_cancellation(asha: PaidSubscription) -> None:
    async with asha.world.razorpay.session() as engine:
        engine.cancel(asha.ref)
    call = asha.add_operation()

    await run_due()

    assert asha.state(call) == ("succeeded", 1)
    assert raised_alerts(asha.world) == []


async def test_the_provider_waits_for_the_end_of_the_period(asha: PaidSubscription) -> None:
    asha.world.database.rows("update oneai.subscriptions set cancel_requested_at = oneai.now()")
    call = asha.add_operation("cancel_at_period_end")

    await run_due()

    assert asha.state(call) == ("succeeded", 1)
    assert (await asha.at_provider())["status"] == "active"
    asha.world.database.advance(32 * DAY)
    assert (await asha.at_provider())["status"] == "cancelled"


async def test_a_renewal_charged_before_the_cancellation_arrives_ends_at_once(asha: PaidSubscription) -> None:
    asha.world.database.rows("update oneai.subscriptions set cancel_requested_at = oneai.now()")
    call = asha.add_operation("cancel_at_period_end")
    asha.world.database.advance(32 * DAY)
    assert (await asha.at_provider())["paid_count"] == 2

    await run_due()

    assert asha.state(call) == ("succeeded", 1)
    assert (await asha.at_provider())["status"] == "cancelled"


async def test_a_refund_is_made_once_despite_repeated_requests(
    asha: PaidSubscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = asha.add_operation("refund", amount=30_000)

    async def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(provider_operations, "_finish", die)
        with pytest.raises(KeyboardInterrupt):
            await run_due()
    assert asha.state(call) == ("pending", 1)
    assert (await run_due())["done"] == 0  # the killed worker still holds it

    asha.world.database.advance(121)
    assert (await run_due())["done"] == 1
    assert await asha.refunds() == [30_000]


async def test_a_lost_answer_causes_no_second_refund(asha: PaidSubscription) -> None:
    call = asha.add_operation("refund", amount=30_000)
    await set_fault(asha.world, "lost")
    assert await run_due() == {"done": 0, "waiting": 1, "failed": 0}
    await set_fault(asha.world, None)

    assert (await run_due())["done"] == 0  # not so soon
    asha.world.database.advance(61)
    assert (await run_due())["done"] == 1

    assert asha.state(call) == ("succeeded", 2)
    assert await asha.refunds() == [30_000]


async def test_concurrent_runs_send_each_operation_once(asha: PaidSubscription) -> None:
    for _ in range(4):
        asha.add_operation("refund", amount=10_000)

    made = await asyncio.gather(*(run_due() for _ in range(5)))

    assert sum(each["done"] for each in made) == 4
    assert await asha.refunds() == [10_000] * 4


async def test_a_refund_made_by_hand_is_not_made_again(asha: PaidSubscription) -> None:
    async with asha.world.razorpay.session() as engine:
        engine.refund(asha.payment_ref)
    call = asha.add_operation("refund", amount=30_000)

    await run_due()

    assert asha.state(call) == ("succeeded", 1)
    assert await asha.refunds() == [AMOUNT]


async def test_the_rest_of_an_unexpected_charge_is_refunded_after_a_partial_refund_by_hand(
    asha: PaidSubscription,
) -> None:
    async with asha.world.razorpay.session() as engine:
        engine.refund(asha.payment_ref, {"amount": 20_000})
    call = asha.add_operation("refund", amount=AMOUNT, reason="unexpected_charge")

    await run_due()

    assert asha.state(call) == ("succeeded", 1)
    assert sorted(await asha.refunds()) == [20_000, AMOUNT - 20_000]


async def test_an_outage_delays_the_operation_and_ends_the_run(asha: PaidSubscription) -> None:
    await set_fault(asha.world, "away")
    first, second = asha.add_operation(), asha.add_operation("refund", amount=100)

    assert await run_due() == {"done": 0, "waiting": 1, "failed": 0}

    assert sorted([asha.state(first), asha.state(second)]) == [("pending", 0), ("pending", 1)]
    assert raised_alerts(asha.world) == []


async def test_a_refused_key_does_not_count_as_an_attempt(
    asha: PaidSubscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = asha.add_operation()
    with monkeypatch.context() as wrong:
        wrong.setenv("RAZORPAY_KEY_SECRET", "of another account")
        settings.reset_cache()
        assert await run_due() == {"done": 0, "waiting": 1, "failed": 0}
    settings.reset_cache()
    assert raised_alerts(asha.world) == [("provider_refused", "razorpay")]

    asha.world.database.advance(301)
    await run_due()
    assert asha.state(call)[0] == "succeeded"


async def test_a_refusal_is_alerted_and_retried(asha: PaidSubscription) -> None:
    call = asha.add_operation("refund", amount=AMOUNT + 1, dedupe_key="refund:too much")

    assert await run_due() == {"done": 0, "waiting": 1, "failed": 0}

    assert asha.state(call) == ("pending", 1)
    assert raised_alerts(asha.world) == [("provider_call_failed", f"refund:{asha.ref}")]
    assert asha.world.database.one("select detail ->> 'key' from oneai.operator_alerts") == "refund:too much"


async def test_an_operation_is_given_up_after_three_days(asha: PaidSubscription) -> None:
    call = asha.add_operation("refund", amount=AMOUNT + 1)

    for _ in range(ATTEMPTS_LIMIT):
        await run_due()
        asha.world.database.advance(provider_operations.LONGEST_PAUSE)

    assert asha.state(call) == ("failed", ATTEMPTS_LIMIT)
    (given_up,) = asha.world.database.rows("select detail -> 'given_up' from oneai.operator_alerts")
    assert given_up is True
    assert (await run_due()) == {"done": 0, "waiting": 0, "failed": 0}


async def test_an_unexpected_answer_of_the_provider_is_alerted_and_retried(
    asha: PaidSubscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def odd(*_: object, **__: object) -> None:
        raise ValueError("a subscription that is\0purple")

    call = asha.add_operation()
    monkeypatch.setattr(provider, "fetch_subscription", odd)

    assert (await run_due())["waiting"] == 1

    assert asha.state(call) == ("pending", 1)
    assert [kind for kind, _ in raised_alerts(asha.world)] == ["provider_call_failed"]


def test_the_alert_kinds_of_operations_exist() -> None:
    assert {"provider_call_failed", "provider_refused"} <= set(alerts.KINDS)
