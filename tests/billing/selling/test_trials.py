"""A trial is had once by a person and an instrument, whatever is told of it first; when it is over, it is over."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from local.razorpay.periods import DAY, moment
from oneai import settings
from oneai.billing import apply
from oneai.billing.facts import Observed, PaymentSeen, Snapshot
from oneai.billing.reconcile import reconcile
from tests.billing.any_order.histories import PLANS, START
from tests.billing.any_order.many_ways import Crowd, crowded
from tests.billing.selling.subscribing import at_the_provider, create, current, tell
from tests.billing.unheard import paid
from tests.world import Database, World

WEEK = moment(START + 7 * DAY)


@pytest.fixture
async def crowd(database: Database) -> AsyncIterator[Crowd]:
    """Nobody yet."""
    async with crowded(database) as crowd:
        crowd.set_clock(START)
        yield crowd


def trying(crowd: Crowd, name: str) -> UUID:
    """Somebody who has opened a subscription with a trial of a week."""
    person = uuid4()
    crowd.database.rows(
        "insert into auth.users (id, aud, role, email, email_confirmed_at) "
        "values (%s, 'authenticated', 'authenticated', %s, oneai.now())",
        *(person, f"{name}@example.com"),
    )
    opened_for(crowd, person, name)
    return person


def opened_for(crowd: Crowd, person: UUID, name: str) -> None:
    """A page that begins a trial of a week."""
    amount, plan_ref = PLANS["pro", "monthly", "INR"]
    crowd.database.rows(
        "insert into oneai.subscriptions (id, user_id, plan_id, status, payment_provider, provider_subscription_id, "
        "provider_plan_id, period, currency, amount, start_at, trial_end) "
        "values (%s, %s, 'pro', 'none', 'razorpay', %s, %s, 'monthly', 'INR', %s, %s, %s)",
        *(uuid4(), person, f"sub_{name}", plan_ref, amount, WEEK, WEEK),
    )


def authorized(name: str) -> Observed:
    """The mandate is there; nobody says what it was given for."""
    seen = Snapshot(f"sub_{name}", None, PLANS["pro", "monthly", "INR"][1], "trial", moment(START), start_at=WEEK)
    return Observed(snapshots=(seen,))


def asked_later(name: str) -> Observed:
    """What the provider says when it is asked, a minute after the mandate was given."""
    (seen,) = authorized(name).snapshots
    return Observed(snapshots=(replace(seen, at=seen.at + timedelta(minutes=1), asked=True),))


def token(name: str, instrument: bytes = b"a card") -> Observed:
    """The small sum with which it was given."""
    paid = PaymentSeen(
        f"pay_{name}", "captured", moment(START), 500, "INR", f"sub_{name}", method="card", instrument=instrument
    )
    return Observed(payments=(paid,))


def charge(name: str) -> Observed:
    """What is paid when the trial is over."""
    amount, plan_ref = PLANS["pro", "monthly", "INR"]
    end = WEEK + timedelta(days=31)
    paid = PaymentSeen(
        *(f"pay_{name}_first", "captured", WEEK, amount, "INR", f"sub_{name}", f"inv_{name}"),
        period_start=WEEK,
        period_end=end,
        period_from="invoice",
    )
    seen = Snapshot(f"sub_{name}", None, plan_ref, "active", WEEK, paid_count=1, period_start=WEEK, period_end=end)
    return Observed(snapshots=(seen,), payments=(paid,))


def tier(crowd: Crowd, person: UUID) -> str:
    """What they have, as it is stored."""
    found: str = crowd.database.one("select subscription_tier from oneai.users where id = %s", person)
    return found


@pytest.mark.parametrize("first", ["mandate", "token"])
async def test_a_card_that_somebody_else_had_a_trial_with_gives_none_whatever_is_told_first(
    crowd: Crowd, first: str
) -> None:
    asha, ravi = trying(crowd, "asha"), trying(crowd, "ravi")
    for seen in (authorized("asha"), token("asha")):
        await apply.observe(seen, found_by="webhook")

    told = [authorized("ravi"), token("ravi")]
    for seen in told if first == "mandate" else reversed(told):
        await apply.observe(seen, found_by="webhook")

    assert (tier(crowd, asha), tier(crowd, ravi)) == ("pro", "free")
    assert crowd.database.rows("select kind, reason from oneai.provider_calls") == [("cancel", "trial_refused")]
    assert crowd.database.rows("select change_reason from oneai.subscription_history where user_id = %s", ravi) == []


@pytest.mark.parametrize("first", ["webhook", "checkout"])
async def test_a_trial_begins_when_it_was_authorized_whoever_says_so_first(crowd: Crowd, first: str) -> None:
    asha = trying(crowd, "asha")
    crowd.set_clock(START + 120)

    told = [authorized("asha"), asked_later("asha")]
    for seen in told if first == "webhook" else reversed(told):
        await apply.observe(seen, found_by="verify" if seen.snapshots[0].asked else "webhook")

    began = moment(START)
    assert crowd.database.rows("select trial_start from oneai.subscriptions") == [began]
    assert crowd.database.rows("select started_at from oneai.trials") == [began]
    assert crowd.database.rows(
        "select change_reason, changed_at from oneai.subscription_history where user_id = %s", asha
    ) == [("new_subscription", began)]


@pytest.mark.parametrize("first", ["the page given up", "the other page"])
async def test_a_page_that_was_given_up_is_no_trial_whatever_is_told_first(crowd: Crowd, first: str) -> None:
    asha = trying(crowd, "asha")
    crowd.database.rows("select oneai.withdraw_subscription(id) from oneai.subscriptions")
    opened_for(crowd, asha, "second")

    told = [authorized("asha"), authorized("second")]
    for seen in told if first == "the page given up" else reversed(told):
        await apply.observe(seen, found_by="webhook")

    assert tier(crowd, asha) == "pro"
    assert crowd.database.rows(
        "select provider_subscription_id, status from oneai.subscriptions order by provider_subscription_id"
    ) == [("sub_asha", "cancelled"), ("sub_second", "trial")]
    assert crowd.database.rows("select reason from oneai.provider_calls") == ["replaced"]


async def test_whoever_pays_has_what_they_paid_for_though_the_trial_was_not_theirs_to_have(crowd: Crowd) -> None:
    trying(crowd, "asha")
    ravi = trying(crowd, "ravi")
    for seen in (authorized("asha"), token("asha"), authorized("ravi"), token("ravi")):
        await apply.observe(seen, found_by="webhook")

    crowd.set_clock(START + 8 * DAY)
    await apply.observe(charge("ravi"), found_by="webhook")

    assert tier(crowd, ravi) == "pro"


@pytest.mark.parametrize("first", ["webhook", "checkout"])
async def test_one_card_has_one_trial_on_the_stand_ins_page(
    world: World, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setenv("TRIAL_DAYS", "pro=7")
    settings.forget()
    for who in ("asha", "ravi"):
        await tell(world, who)
        page = (await create(world, who)).json()
        proof = await world.check_out(page["short_url"], instrument="4111 1111 1111 1111")
        if first == "webhook":
            await world.razorpay.catch_up()
        assert (await world.post("/subscription/verify", proof, who)).is_success
        await world.razorpay.catch_up()

    assert [(await current(world, who))["tier"] for who in ("asha", "ravi")] == ["pro", "free"]
    await reconcile()
    assert [each["status"] for each in await at_the_provider(world)] == ["authenticated", "cancelled"]
    assert world.database.one("select count(*) from oneai.operator_alerts") == 0
    world.database.advance(8 * DAY)
    await reconcile()
    assert [(await current(world, who))["status"] for who in ("asha", "ravi")] == ["active", "active"]
    assert [(await current(world, who))["tier"] for who in ("asha", "ravi")] == ["pro", "free"]


async def test_a_trial_that_was_cancelled_is_ended_by_the_job_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAL_DAYS", "pro=7")
    settings.forget()
    await paid(world)
    await reconcile()
    assert (await world.post("/subscription/cancel", None)).status_code == 200
    world.database.advance(5 * DAY)
    await reconcile()

    def stored() -> tuple[str, str]:
        found: tuple[str, str] = world.database.one(
            "select subscription_tier, subscription_status from oneai.users where id = %s", world.people["asha"]
        )
        return found

    assert stored()[0] == "pro"
    world.database.advance(2 * DAY + 3600)
    await reconcile()
    assert stored() == ("free", "cancelled")
