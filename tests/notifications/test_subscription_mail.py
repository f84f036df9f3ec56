"""Mail about changes of a plan: a cancellation, its end, a pause, a change, a refund, a trial before it charges."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from oneai import notifications
from tests.billing.paid_subscription import create_paid_subscription
from tests.database.billing_rows import subscription
from tests.notifications.conftest import Office
from tests.world import Database, World

pytestmark = pytest.mark.sampled(0.4)

TEN_MINUTES = 600


def enqueued(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """The kinds and data of all mail about plans, in the order of their kinds."""
    return database.rows(
        "select kind, data from oneai.outbox where kind in ('subscription_update', 'payment_refund', 'trial_ending') "
        "order by kind, created_at, data ->> 'event'"
    )


def happened(office: Office, user: UUID, reason: str, old: str, new: str, **metadata: Any) -> None:
    """An entry of the history, ten minutes ago."""
    cause = f"ended:{uuid4()}" if reason == "cancellation" else f"{reason}:{uuid4()}"
    office.database.rows(
        "insert into oneai.subscription_history "
        "(workspace_id, old_tier, new_tier, change_reason, changed_at, metadata, cause) "
        "values (%s, %s, %s, %s, oneai.now() - interval '10 minutes', %s, %s)",
        *(user, old, new, reason, Jsonb(metadata), cause),
    )


async def test_a_cancellation_mail_states_the_end_of_the_plan_and_the_credit_note(
    world: World,
) -> None:
    asha = await create_paid_subscription(world)
    assert (await world.post("/subscription/cancel", {"at_period_end": True})).status_code == 200
    await notifications.notify()
    ((kind, data),) = enqueued(world.database)
    assert (kind, data["event"], data["plan"]) == ("subscription_update", "cancellation_scheduled", "pro")
    assert data["at"][:10] == world.database.one(
        "select to_char(current_period_end, 'YYYY-MM-DD') from oneai.subscriptions"
    )

    assert (await world.post("/subscription/cancel", {"at_period_end": False})).status_code == 200
    await world.razorpay.catch_up()
    world.database.advance(TEN_MINUTES)
    await asyncio.gather(*(notifications.notify() for _ in range(5)))

    (refund, _, ended) = enqueued(world.database)
    assert refund[0] == "payment_refund"
    assert refund[1]["payment_id"] == asha.payment_ref
    assert refund[1]["credit_note"] == world.database.one(
        "select number from oneai.invoices where kind = 'credit_note'"
    )
    assert (ended[1]["event"], ended[1]["plan"], ended[1]["new_plan"]) == ("ended", "pro", "free")


@pytest.mark.parametrize(
    ("reason", "old", "new", "event"),
    [
        ("pause", "pro", "free", "paused"),
        ("resume", "free", "pro", "resumed"),
        ("upgrade", "pro", "enterprise", "changed"),
        ("downgrade", "enterprise", "pro", "changed"),
        ("payment_failure", "pro", "free", "ended"),
    ],
)
async def test_each_change_is_mailed_once(reason: str, old: str, new: str, event: str, office: Office) -> None:
    happened(office, office.user(), reason, old, new)

    await asyncio.gather(*(notifications.notify() for _ in range(5)))
    await office.send()

    ((_, data),) = enqueued(office.database)
    assert data["event"] == event
    assert len(await office.arrived("asha@example.com")) == 1


async def test_a_change_that_does_not_affect_the_payer_is_not_mailed(office: Office) -> None:
    asha = office.user()
    happened(office, asha, "renewal", "pro", "pro")
    happened(office, asha, "payment_failure", "pro", "pro")
    happened(office, asha, "cancellation", "pro", "pro")

    assert (await notifications.notify())["subscriptions"] == 0


async def test_a_plan_whose_last_reminder_announced_its_end_is_not_mailed_again(office: Office) -> None:
    asha = office.user()
    ours = subscription(office.database, asha)
    period_end = "2026-12-21T00:00:00Z"
    office.post(asha, f"{ours}:{period_end}:4", "payment_reminder", plan="Pro", amount=1, currency="INR", attempt=4)
    happened(office, asha, "payment_failure", "pro", "free", period_end=period_end)
    office.database.rows("update oneai.subscription_history set subscription_id = %s", ours)

    assert (await notifications.notify())["subscriptions"] == 0


async def test_a_trial_is_announced_three_days_before_its_charge_unless_cancelled(office: Office) -> None:
    for email, days, cancelled in (
        ("asha@example.com", 3, False),
        ("ravi@example.com", 3, True),
        ("new@x.org", 4, False),
    ):
        office.database.rows(
            "update oneai.subscriptions set status = 'trial', amount = 79900, currency = 'INR', "
            "trial_start = oneai.now(), trial_end = oneai.now() + make_interval(days => %s), "
            "cancel_requested_at = case when %s then oneai.now() - interval '20 days' end where id = %s",
            *(days, cancelled, subscription(office.database, office.user(email))),
        )

    assert [(await notifications.notify())["subscriptions"] for _ in range(2)] == [1, 0]
    await office.send()

    (mail,) = await office.arrived("asha@example.com")
    assert "₹799.00 will be charged then" in mail["text"]


async def test_a_user_without_a_trial_gets_no_trial_mail_and_learns_of_a_cancellation(
    office: Office,
) -> None:
    office.database.rows(
        "update oneai.subscriptions set status = 'trial', trial_end = oneai.now() + interval '2 days', "
        "current_period_end = oneai.now() + interval '2 days', mandate_noted_at = oneai.now() where id = %s",
        subscription(office.database, office.user()),
    )
    assert (await notifications.notify())["subscriptions"] == 0
    office.database.rows("update oneai.subscriptions set cancel_requested_at = oneai.now()")
    assert (await notifications.notify())["subscriptions"] == 0, "there may be a trial yet"
    office.database.advance(3600)

    assert [(await notifications.notify())["subscriptions"] for _ in range(2)] == [1, 0]
    await office.send()

    (mail,) = await office.arrived("asha@example.com")
    assert mail["subject"] == "Your OneAI Pro will not start"
    assert "nothing will be charged" in mail["text"]


async def test_a_suspended_user_still_gets_mail_about_money(office: Office) -> None:
    asha = office.user()
    office.database.rows("update oneai.users set suspended_at = oneai.now() where id = %s", asha)
    happened(office, asha, "cancellation", "pro", "free")

    await notifications.notify()
    await office.send()

    assert [mail["subject"] for mail in await office.arrived("asha@example.com")] == ["Your OneAI Pro has ended"]
