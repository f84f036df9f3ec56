"""The refund of a payment is the smallest remaining share of its time and of every quota that it pays for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, cast
from uuid import UUID, uuid4

import pytest

from oneai.billing.projection.lifecycle import build_lifecycles
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.prepaid import read_charges
from oneai.billing.projection.refunds import RefundAmounts, RefundTerms
from oneai.billing.quota_usage import add_usage
from oneai.billing.record_rows import load_record
from oneai.postgres.db import Transaction
from tests.database.billing_rows import move_to, payment, refund, subscription
from tests.database.turns import TurnClient
from tests.world import Database

LARGE = "large_messages"
PAID = datetime(2027, 4, 1, 12, tzinfo=UTC)
PERIOD: dict[str, Any] = {"period_start": PAID, "period_end": PAID + timedelta(days=30), "released_at": PAID}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _when_it_was_paid(database: Database) -> None:
    move_to(database, PAID)


async def computed(owner: TurnClient, paid: UUID, at: datetime, days: int = 7) -> RefundTerms | None:
    """The refund if its subscription were cancelled then, as a preview computes it; None where nothing runs."""

    class Caller:
        async def call(self, query: LiteralString, params: Sequence[Any]) -> Any:
            return (await owner.call(query, *params),)

    user = await owner.call("select workspace_id from oneai.payments where id = %s", paid)
    record = load_record(await owner.call("select oneai.workspace_billing_record(%s)", user))
    lifecycles = build_lifecycles(read_charges(record))
    while True:
        amounts = RefundAmounts(lifecycles, BillingPolicy(refund_days=days), at)
        terms = [each for one in lifecycles.all() for each in amounts.on_cancellation(one, at)]
        if not amounts.missing:
            return next((each for each in terms if each.charge.payment.id == paid), None)
        await add_usage(cast(Transaction, Caller()), record, amounts.missing)


async def due(owner: TurnClient, paid: UUID, at: datetime, days: int = 7) -> int:
    """In paise."""
    terms = await computed(owner, paid, at, days)
    return 0 if terms is None else terms.amount


async def use(client: TurnClient, database: Database, user: UUID, units: int, key: str = LARGE) -> None:
    """Answers that have ended."""
    held = await client.hold(database, user, (key, units))
    await client.call("select oneai.settle_reservation(%s, %s)", held, units)


async def test_the_remaining_time_is_refunded_rounded_down(database: Database, owner: TurnClient, asha: UUID) -> None:
    paid = payment(database, asha, 99_999, **PERIOD)

    assert await due(owner, paid, PAID) == 99_999
    assert await due(owner, paid, PAID + 3 * DAY) == 89_999
    assert await due(owner, paid, PAID + 7 * DAY) == 76_665
    assert await due(owner, paid, PAID + 7 * DAY + timedelta(seconds=1)) == 0


async def test_usage_since_the_payment_counts_if_it_exceeds_the_time(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    await use(client, database, asha, 20)
    database.advance(60)
    paid = payment(database, asha, 100_000, **PERIOD)
    await owner.call("select oneai.set_entitled_plan(%s, 'pro', oneai.now(), oneai.now())", asha)
    await use(client, database, asha, 10, "small_messages")
    assert await due(owner, paid, PAID + DAY) == 96_666
    await use(client, database, asha, 30)
    assert await due(owner, paid, PAID + DAY) == 70_000
    await client.hold(database, asha, (LARGE, 10))
    assert await due(owner, paid, PAID + DAY) == 60_000
    await use(client, database, asha, 60)
    assert await due(owner, paid, PAID + DAY) == 0


async def test_usage_after_the_given_moment_does_not_count(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    paid = payment(database, asha, 100_000, **PERIOD)
    await owner.call("select oneai.set_entitled_plan(%s, 'pro', oneai.now(), oneai.now())", asha)
    database.advance(3600)
    await use(client, database, asha, 50)

    assert await due(owner, paid, PAID + timedelta(minutes=30)) == 99_930


async def test_a_preview_in_the_second_of_a_payment_counts_the_same_answers(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    paid = payment(database, asha, 100_000, **PERIOD)
    await owner.call("select oneai.set_entitled_plan(%s, 'pro', oneai.now(), oneai.now())", asha)
    database.advance(60)
    await use(client, database, asha, 20)
    latest = database.one("select max(created_at) from oneai.reservations where user_id = %s", asha)

    previewed = await due(owner, paid, latest)

    assert previewed < 85_000
    assert await due(owner, paid, latest.replace(microsecond=0)) == previewed


def used_up(database: Database, user: UUID, key: str, units: int) -> None:
    """Uses this many units in one answer, even above the limit of the window."""
    held = uuid4()
    database.rows(
        "insert into oneai.reservations "
        "(id, workspace_id, user_id, held_until, settled_at, subscription_tier, model_asked, price_version, spend_day) "
        "values (%s, %s, %s, oneai.now(), oneai.now(), 'pro', 'maker/model', 'v1', oneai.today())",
        *(held, user, user),
    )
    database.rows(
        "insert into oneai.reservation_lines (reservation_id, quota_key, window_start, held, settled) "
        "values (%s, %s, oneai.now(), %s, %s)",
        *(held, key, units, units),
    )


@pytest.fixture
def budgets(database: Database) -> Database:
    """A plan that limits tokens and cost as well."""
    database.rows(
        "insert into oneai.plan_quotas (tier, quota_key, quota_limit, reset_frequency) "
        "values ('pro', 'tokens', 1000, 'daily'), ('pro', 'cost', 2000000, 'monthly')"
    )
    return database


async def terms(owner: TurnClient, paid: UUID, at: datetime) -> tuple[int, str | None, int, int]:
    """The refund, its limit, and the used and granted units."""
    found = await computed(owner, paid, at)
    assert found is not None
    return found.amount, found.limited_by, int(found.used or 0), int(found.granted or 0)


@pytest.mark.parametrize("period", ["monthly", "yearly"])
@pytest.mark.parametrize(
    ("key", "granted"),
    [
        ("small_messages", {"monthly": 500, "yearly": 12 * 500}),
        ("large_messages", {"monthly": 100, "yearly": 12 * 100}),
        ("image_generation", {"monthly": 30 * 8 * 10, "yearly": 365 * 8 * 10}),
        ("tokens", {"monthly": 30 * 1000, "yearly": 365 * 1000}),
        ("cost", {"monthly": 2_000_000, "yearly": 12 * 2_000_000}),
    ],
)
async def test_a_quota_is_granted_once_for_each_window_that_begins_in_the_paid_period(
    owner: TurnClient, budgets: Database, key: str, granted: dict[str, int], period: str
) -> None:
    user = budgets.user("ravi@example.com")
    ends = PAID + timedelta(days=30 if period == "monthly" else 365)
    of = subscription(budgets, user, period=period)
    paid = payment(budgets, user, 1_000_000, of=of, period_start=PAID, period_end=ends, released_at=PAID)
    units = granted[period]

    used_up(budgets, user, key, units // 4)
    assert await terms(owner, paid, PAID + DAY) == (750_000, key, units // 4, units)

    used_up(budgets, user, key, units)
    assert await terms(owner, paid, PAID + DAY) == (0, key, units // 4 + units, units)


async def test_a_month_of_any_length_is_granted_once(database: Database, owner: TurnClient, asha: UUID) -> None:
    for lasts in (28, 29, 30, 31):
        paid = payment(database, asha, 100_000, period_start=PAID, period_end=PAID + lasts * DAY, released_at=PAID)
        used_up(database, asha, LARGE, 10)
        _, _, used, granted = await terms(owner, paid, PAID + timedelta(minutes=1))
        assert (used, granted) == (10, 100)


async def test_the_scarcest_quota_limits_the_refund_and_the_time_without_usage(
    database: Database, owner: TurnClient, asha: UUID
) -> None:
    paid = payment(database, asha, 100_000, **PERIOD)
    assert (await terms(owner, paid, PAID))[:2] == (100_000, "time")
    used_up(database, asha, "image_generation", 480)
    used_up(database, asha, "small_messages", 150)
    assert (await terms(owner, paid, PAID + DAY))[:2] == (70_000, "small_messages")
    used_up(database, asha, LARGE, 31)
    assert (await terms(owner, paid, PAID + DAY))[:2] == (69_000, LARGE)


async def test_overrides_and_granted_plans_do_not_raise_a_refund(
    database: Database, owner: TurnClient, asha: UUID
) -> None:
    paid = payment(database, asha, 100_000, **PERIOD)
    await owner.call("select oneai.set_entitled_plan(%s, 'enterprise', oneai.now(), oneai.now())", asha)
    database.rows(
        "insert into oneai.plan_grants (workspace_id, tier, reason) values (%s, 'enterprise', 'a contract')", asha
    )
    database.rows(
        "update oneai.usage_quotas set own_limit = 9000, override_until = 'infinity' where workspace_id = %s", asha
    )

    used_up(database, asha, "small_messages", 400)

    assert await terms(owner, paid, PAID + DAY) == (20_000, "small_messages", 400, 500)


async def test_an_earlier_refund_is_not_refunded_again(database: Database, owner: TurnClient, asha: UUID) -> None:
    paid = payment(database, asha, 90_000, **PERIOD)
    refund(database, paid, 30_000)
    refund(database, paid, 10_000, "pending")
    refund(database, paid, 50_000, "failed")
    assert await due(owner, paid, PAID + 3 * DAY) == 41_000

    refund(database, paid, 45_000)
    assert await due(owner, paid, PAID + 3 * DAY) == 0


@pytest.mark.parametrize("status", ["open", "lost"])
async def test_a_disputed_or_lost_payment_is_not_refunded(
    database: Database, owner: TurnClient, asha: UUID, status: str
) -> None:
    paid = payment(database, asha, 90_000, **PERIOD)
    database.rows("insert into oneai.disputes values (%s, 'razorpay', 'disp_1', %s, oneai.now())", paid, status)
    assert await due(owner, paid, PAID) == 0

    database.rows("update oneai.disputes set status = 'won'")
    assert await due(owner, paid, PAID) == 90_000


async def test_an_uncaptured_payment_is_not_refunded(database: Database, owner: TurnClient, asha: UUID) -> None:
    failed = payment(database, asha, 90_000, status="failed", captured_at=None, **PERIOD)

    assert await due(owner, failed, PAID) == 0


async def test_a_plan_without_large_messages_is_refunded_by_time_alone(
    database: Database, owner: TurnClient, asha: UUID
) -> None:
    database.rows("delete from oneai.plan_quotas where tier = 'pro' and quota_key = %s", LARGE)
    paid = payment(database, asha, 90_000, **PERIOD)

    assert await due(owner, paid, PAID + 3 * DAY) == 81_000


async def test_two_payments_for_the_messages_of_one_month_cost_exactly_their_usage(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    """Subscribing, using, having it given back and subscribing again: each time they pay for what they used."""
    first = payment(database, asha, 100_000, **PERIOD)
    await owner.call("select oneai.set_entitled_plan(%s, 'pro', %s, %s)", asha, PAID, PAID)
    await use(client, database, asha, 60)
    database.advance(3600)
    at = PAID + timedelta(hours=1)
    back = await due(owner, first, at)
    await owner.call("select oneai.set_entitled_plan(%s, 'free', null, %s)", asha, PAID)
    refund(database, first, back)
    database.advance(3600)
    again = payment(database, asha, 100_000, period_start=at + DAY / 24, period_end=at + 30 * DAY, released_at=at)
    await owner.call("select oneai.set_entitled_plan(%s, 'pro', %s, %s)", asha, PAID, PAID)
    await use(client, database, asha, 40)
    database.advance(3600)

    back += await due(owner, again, PAID + timedelta(hours=3))

    assert back == 40_000 + 60_000
