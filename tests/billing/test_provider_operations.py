"""Each provider operation is carried out once, whatever fails on the way."""

import asyncio

import pytest

from oneai import alerts, settings
from oneai.billing import provider, provider_operations
from oneai.billing.provider_operations import ATTEMPTS_LIMIT, run_due
from oneai.clients import razorpay
from tests.billing.paid_subscription import AMOUNT, PaidSubscription, create_paid_subscription
from tests.billing.subscriptions.subscribing import set_fault
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

DAY = 86_400


@pytest.fixture
async def asha(world: World, monkeypatch: pytest.MonkeyPatch) -> PaidSubscription:
    """What Asha bought."""
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    return await create_paid_subscription(world)


def raised_alerts(world: World) -> list[tuple[str, str]]:
    """All alerts."""
    return world.database.rows("select kind, subject from oneai.operator_alerts order by kind, subject")


async def test_a_cancellation_that_is_due_is_made_once(asha: PaidSubscription) -> None:
    call = asha.add_operation()

    assert await run_due() == {"done": 1, "waiting": 0, "failed": 0}

    assert (await asha.at_provider())["status"] == "cancelled"
    assert asha.state(call) == ("succeeded", 1)
    assert await run_due() == {"done": 0, "waiting": 0, "failed": 0}


async def test_what_is_not_due_yet_waits(asha: PaidSubscription) -> None:
    call = asha.add_operation()
    asha.world.database.rows("update oneai.provider_operations set due_at = oneai.now() + interval '1 hour'")

    await run_due(only=call)
    assert (await asha.at_provider())["status"] == "active"

    asha.world.database.advance(3600)
    await run_due()
    assert (await asha.at_provider())["status"] == "cancelled"


async def test_one_call_alone_is_made_when_it_is_asked_for(asha: PaidSubscription) -> None:
    other, wanted = asha.add_operation("refund", amount=100), asha.add_operation()

    assert (await run_due(only=wanted))["done"] == 1
    assert (asha.state(other), asha.state(wanted)) == (("pending", 0), ("succeeded", 1))


async def test_what_has_ended_already_needs_no_telling(asha: PaidSubscription) -> None:
    async with asha.world.razorpay.session() as engine:
        engine.cancel(asha.ref)
    call = asha.add_operation()

    await run_due()

    assert asha.state(call) == ("succeeded", 1)
    assert raised_alerts(asha.world) == []


async def test_at_the_end_of_a_period_the_provider_waits_for_it(asha: PaidSubscription) -> None:
    asha.world.database.rows("update oneai.subscriptions set cancel_requested_at = oneai.now()")
    call = asha.add_operation("cancel_at_period_end")

    await run_due()

    assert asha.state(call) == ("succeeded", 1)
    assert (await asha.at_provider())["status"] == "active"
    asha.world.database.advance(32 * DAY)
    assert (await asha.at_provider())["status"] == "cancelled"


async def test_what_was_charged_before_the_provider_heard_is_cancelled_at_once(asha: PaidSubscription) -> None:
    asha.world.database.rows("update oneai.subscriptions set cancel_requested_at = oneai.now()")
    call = asha.add_operation("cancel_at_period_end")
    asha.world.database.advance(32 * DAY)
    assert (await asha.at_provider())["paid_count"] == 2

    await run_due()

    assert asha.state(call) == ("succeeded", 1)
    assert (await asha.at_provider())["status"] == "cancelled"


async def test_a_refund_is_given_once_however_often_it_is_asked_for(
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


async def test_an_answer_that_was_lost_is_no_second_refund(asha: PaidSubscription) -> None:
    call = asha.add_operation("refund", amount=30_000)
    await set_fault(asha.world, "lost")
    assert await run_due() == {"done": 0, "waiting": 1, "failed": 0}
    await set_fault(asha.world, None)

    assert (await run_due())["done"] == 0  # not so soon
    asha.world.database.advance(61)
    assert (await run_due())["done"] == 1

    assert asha.state(call) == ("succeeded", 2)
    assert await asha.refunds() == [30_000]


async def test_two_runs_at_once_make_each_call_once(asha: PaidSubscription) -> None:
    for _ in range(4):
        asha.add_operation("refund", amount=10_000)

    made = await asyncio.gather(*(run_due() for _ in range(5)))

    assert sum(each["done"] for each in made) == 4
    assert await asha.refunds() == [10_000] * 4


async def test_what_somebody_has_given_back_by_hand_is_not_owed_any_more(asha: PaidSubscription) -> None:
    async with asha.world.razorpay.session() as engine:
        engine.refund(asha.payment_ref)
    call = asha.add_operation("refund", amount=30_000)

    await run_due()

    assert asha.state(call) == ("succeeded", 1)
    assert await asha.refunds() == [AMOUNT]


async def test_of_what_slipped_through_the_rest_goes_back_where_somebody_gave_back_a_part(
    asha: PaidSubscription,
) -> None:
    async with asha.world.razorpay.session() as engine:
        engine.refund(asha.payment_ref, {"amount": 20_000})
    call = asha.add_operation("refund", amount=AMOUNT, reason="unexpected_charge")

    await run_due()

    assert asha.state(call) == ("succeeded", 1)
    assert sorted(await asha.refunds()) == [20_000, AMOUNT - 20_000]


async def test_a_provider_that_is_away_is_asked_again_later_and_not_for_the_next_call(asha: PaidSubscription) -> None:
    await set_fault(asha.world, "away")
    first, second = asha.add_operation(), asha.add_operation("refund", amount=100)

    assert await run_due() == {"done": 0, "waiting": 1, "failed": 0}

    assert sorted([asha.state(first), asha.state(second)]) == [("pending", 0), ("pending", 1)]
    assert raised_alerts(asha.world) == []


async def test_a_key_that_is_refused_is_nothing_the_call_can_be_blamed_for(
    asha: PaidSubscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = asha.add_operation()
    with monkeypatch.context() as wrong:
        wrong.setenv("RAZORPAY_KEY_SECRET", "of somebody else")
        settings.reset_cache()
        assert await run_due() == {"done": 0, "waiting": 1, "failed": 0}
    settings.reset_cache()
    assert raised_alerts(asha.world) == [("provider_refused", "razorpay")]

    asha.world.database.advance(301)
    await run_due()
    assert asha.state(call)[0] == "succeeded"


async def test_operators_hear_of_a_refusal_and_it_is_tried_again(asha: PaidSubscription) -> None:
    call = asha.add_operation("refund", amount=AMOUNT + 1, dedupe_key="refund:too much")

    assert await run_due() == {"done": 0, "waiting": 1, "failed": 0}

    assert asha.state(call) == ("pending", 1)
    assert raised_alerts(asha.world) == [("provider_call_failed", f"refund:{asha.ref}")]
    assert asha.world.database.one("select detail ->> 'key' from oneai.operator_alerts") == "refund:too much"


async def test_after_three_days_a_call_is_given_up(asha: PaidSubscription) -> None:
    call = asha.add_operation("refund", amount=AMOUNT + 1)

    for _ in range(ATTEMPTS_LIMIT):
        await run_due()
        asha.world.database.advance(provider_operations.LONGEST_PAUSE)

    assert asha.state(call) == ("failed", ATTEMPTS_LIMIT)
    (given_up,) = asha.world.database.rows("select detail -> 'given_up' from oneai.operator_alerts")
    assert given_up is True
    assert (await run_due()) == {"done": 0, "waiting": 0, "failed": 0}


async def test_the_provider_says_what_nobody_understands(
    asha: PaidSubscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def odd(*_: object, **__: object) -> None:
        raise ValueError("a subscription that is\0purple")

    call = asha.add_operation()
    monkeypatch.setattr(provider, "fetch_subscription", odd)

    assert (await run_due())["waiting"] == 1

    assert asha.state(call) == ("pending", 1)
    assert [kind for kind, _ in raised_alerts(asha.world)] == ["provider_call_failed"]


def test_operators_can_be_told_all_of_this() -> None:
    assert {"provider_call_failed", "provider_refused"} <= set(alerts.KINDS)
