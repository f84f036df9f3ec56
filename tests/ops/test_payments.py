"""`make payments`, as an operator types it, with the stand-in for Razorpay."""

import pytest

from oneai.billing import processing
from oneai.billing.provider_operations import run_due
from oneai.clients import razorpay
from tests.billing.paid_subscription import PaidSubscription, create_paid_subscription
from tests.billing.subscriptions.subscribing import set_fault
from tests.ops.operators import CommandResult, command
from tests.world import World

pytestmark = pytest.mark.sampled(0.34)


@pytest.fixture
async def asha(world: World, monkeypatch: pytest.MonkeyPatch) -> PaidSubscription:
    """The paid subscription of asha."""
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    return await create_paid_subscription(world)


async def payments(asha: PaidSubscription, *arguments: str) -> CommandResult:
    """Runs it to its end."""
    return await command("payments", *arguments, database=asha.world.database)


def tier(asha: PaidSubscription) -> str:
    """Asha's plan."""
    found: str = asha.world.database.one(
        "select subscription_tier from oneai.workspaces where id = %s", asha.world.people["asha"]
    )
    return found


async def test_a_payment_of_a_wrong_amount_gives_no_plan_until_it_is_released(asha: PaidSubscription) -> None:
    asha.world.database.rows("update oneai.payments set amount = 12300")
    await processing.reproject(asha.world.people["asha"])
    assert tier(asha) == "free"
    (line,) = (await payments(asha)).stdout.splitlines()
    assert asha.payment_ref in line
    assert "₹123.00, quarantined; sold: pro monthly at ₹799.00" in line

    result = await payments(asha, "release", asha.payment_ref, "--reason", "by phone")

    assert result.returncode == 0, result.stderr
    assert tier(asha) == "pro"
    assert (await payments(asha)).stdout == "No payment is quarantined.\n"
    assert asha.payment_ref in (await payments(asha, "list")).stdout
    assert asha.world.database.one("select metadata ->> 'released_for' from oneai.payments") == "by phone"


async def test_a_regular_payment_needs_no_release(asha: PaidSubscription) -> None:
    result = await payments(asha, "release", asha.payment_ref, "--reason", "why")

    assert result.returncode == 1
    assert result.stderr == f"{asha.payment_ref} is not quarantined.\n"


async def test_a_reference_of_two_providers_is_released_only_with_its_provider(asha: PaidSubscription) -> None:
    database, ravi = asha.world.database, asha.world.people["ravi"]
    database.rows("update oneai.payments set amount = 12300")
    await processing.reproject(asha.world.people["asha"])
    database.rows(
        "insert into oneai.payments (workspace_id, payment_provider, provider_payment_id, amount, currency, status, "
        "captured_at, quarantined_at) values (%s, 'stripe', %s, 900, 'USD', 'captured', oneai.now(), oneai.now())",
        *(ravi, asha.payment_ref),
    )

    unclear = await payments(asha, "release", asha.payment_ref, "--reason", "by phone")
    named = await payments(asha, "release", f"razorpay/{asha.payment_ref}", "--reason", "by phone")

    names = f"razorpay/{asha.payment_ref}, stripe/{asha.payment_ref}"
    assert (unclear.returncode, names in unclear.stderr, named.returncode) == (1, True, 0)
    released = database.rows("select payment_provider from oneai.payments where released_at is not null")
    assert released == ["razorpay"]
    assert tier(asha) == "pro"


async def test_a_failed_refund_is_listed_and_repeated(asha: PaidSubscription) -> None:
    assert (await payments(asha, "calls")).stdout == "Every operation was sent to the payment provider.\n"
    call = asha.add_operation("refund", amount=30_000)
    await set_fault(asha.world, "away")
    await run_due()
    assert "refund ₹300.00" in (await payments(asha, "calls")).stdout
    await set_fault(asha.world, None)

    result = await payments(asha, "retry", str(call))

    assert result.returncode == 0, result.stderr
    assert await asha.refunds() == [30_000]
    assert (await payments(asha, "retry", str(call))).returncode == 1
    assert await asha.refunds() == [30_000]


async def test_the_refunded_part_of_a_payment_is_listed_beside_it(asha: PaidSubscription) -> None:
    for amount, status in ((30_000, "processed"), (5_000, "pending"), (1_000, "failed")):
        asha.world.database.rows(
            "insert into oneai.refunds (payment_id, payment_provider, provider_refund_id, amount, status, refunded_at) "
            "select id, payment_provider, %s, %s, %s, now() from oneai.payments",
            f"rfnd_{status}",
            amount,
            status,
        )

    assert (
        "₹799.00, captured; refunded: ₹300.00; being refunded: ₹50.00; sold: pro"
        in (await payments(asha, "list")).stdout
    )
