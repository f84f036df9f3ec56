"""A user and an instrument have one trial, in any order of events. A finished trial does not return."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from oneai import settings
from oneai.billing import processing, reconcile_subscriptions
from oneai.billing.facts import Observation, ObservedInstrument, Payment, Snapshot
from stand_ins.payments.state import moment
from stand_ins.razorpay.periods import DAY
from tests.billing.any_order.many_ways import Crowd, crowded
from tests.billing.any_order.scenario import PLANS, START
from tests.billing.without_webhooks import pay_without_webhook
from tests.world import Database, World

START_AT, WEEK = moment(START), moment(START + 7 * DAY)


@pytest.fixture
async def crowd(database: Database) -> AsyncIterator[Crowd]:
    """Empty."""
    async with crowded(database) as crowd:
        crowd.set_clock(START)
        yield crowd


def trying(crowd: Crowd, name: str) -> UUID:
    """A user who has opened a subscription with a trial of a week."""
    user = uuid4()
    crowd.database.rows(
        "insert into auth.users (id, aud, role, email, email_confirmed_at) "
        "values (%s, 'authenticated', 'authenticated', %s, oneai.now())",
        *(user, f"{name}@example.com"),
    )
    opened_for(crowd, user, name)
    return user


def opened_for(crowd: Crowd, user: UUID, name: str) -> None:
    """A page that begins a trial of a week."""
    amount, plan_ref = PLANS["razorpay", "pro", "monthly", "INR"]
    crowd.database.rows(
        "insert into oneai.subscriptions (id, workspace_id, plan_id, status, payment_provider, "
        "provider_subscription_id, provider_plan_id, period, currency, amount, start_at, trial_end) "
        "values (%s, %s, 'pro', 'none', 'razorpay', %s, %s, 'monthly', 'INR', %s, %s, %s)",
        *(uuid4(), user, f"sub_{name}", plan_ref, amount, WEEK, WEEK),
    )


def authorized(name: str) -> Observation:
    """The mandate is there; what it was given for is unknown."""
    seen = Snapshot(
        "razorpay",
        f"sub_{name}",
        None,
        PLANS["razorpay", "pro", "monthly", "INR"][1],
        "trial",
        moment(START),
        start_at=WEEK,
    )
    return Observation(snapshots=(seen,))


def asked_later(name: str) -> Observation:
    """The provider's answer a minute after the mandate was given."""
    (seen,) = authorized(name).snapshots
    return Observation(snapshots=(replace(seen, at=seen.at + timedelta(minutes=1), fetched=True),))


def learned(name: str, at: datetime = START_AT, instrument: bytes = b"a card") -> Observation:
    """The instrument of the mandate, from the provider's list of tokens or the checkout's payment."""
    return Observation(instruments=(ObservedInstrument("razorpay", f"sub_{name}", instrument, at),))


def charge(name: str) -> Observation:
    """The charge after the trial."""
    amount, plan_ref = PLANS["razorpay", "pro", "monthly", "INR"]
    end = WEEK + timedelta(days=31)
    pay_without_webhook = Payment(
        "razorpay",
        *(f"pay_{name}_first", "captured", WEEK, amount, "INR", f"sub_{name}", f"inv_{name}"),
        period_start=WEEK,
        period_end=end,
        period_from="invoice",
    )
    seen = Snapshot(
        "razorpay", f"sub_{name}", None, plan_ref, "active", WEEK, paid_count=1, period_start=WEEK, period_end=end
    )
    return Observation(snapshots=(seen,), payments=(pay_without_webhook,))


def tier(crowd: Crowd, user: UUID) -> str:
    """Their stored tier."""
    found: str = crowd.database.one("select subscription_tier from oneai.workspaces where id = %s", user)
    return found


@pytest.mark.parametrize("first", ["mandate", "card"])
async def test_a_card_with_an_earlier_trial_gets_none_in_any_order_of_events(crowd: Crowd, first: str) -> None:
    asha, ravi = trying(crowd, "asha"), trying(crowd, "ravi")
    for seen in (authorized("asha"), learned("asha")):
        await processing.ingest(seen, source="webhook")

    observations = [authorized("ravi"), learned("ravi")]
    for seen in observations if first == "mandate" else reversed(observations):
        await processing.ingest(seen, source="webhook")

    assert (tier(crowd, asha), tier(crowd, ravi)) == ("pro", "free")
    assert crowd.database.rows("select kind, reason from oneai.provider_operations") == []
    assert crowd.database.rows("select user_id, kind, data ->> 'reason' from oneai.outbox where kind <> 'welcome'") == [
        (ravi, "trial_refused", "used")
    ]
    assert (
        crowd.database.rows("select change_reason from oneai.subscription_history where workspace_id = %s", ravi) == []
    )


@pytest.mark.parametrize("first", ["webhook", "checkout"])
async def test_a_trial_begins_once_the_card_is_known_from_any_source(crowd: Crowd, first: str) -> None:
    asha = trying(crowd, "asha")
    crowd.set_clock(START + 120)

    observations = [authorized("asha"), asked_later("asha")]
    for seen in observations if first == "webhook" else reversed(observations):
        await processing.ingest(seen, source="verify" if seen.snapshots[0].fetched else "webhook")
    assert tier(crowd, asha) == "free"
    began = moment(START + 90)
    await processing.ingest(learned("asha", began), source="verify")

    assert crowd.database.rows("select trial_start, trial_end from oneai.subscriptions") == [(began, WEEK)]
    assert crowd.database.rows("select started_at, instrument_hash from oneai.trials") == [(began, b"a card")]
    assert crowd.database.rows(
        "select change_reason, changed_at from oneai.subscription_history where workspace_id = %s", asha
    ) == [("new_subscription", began)]


@pytest.mark.parametrize("first_known", ["the card", "the mandate"])
async def test_one_of_several_concurrent_trials_with_one_card_begins(crowd: Crowd, first_known: str) -> None:
    people = {name: trying(crowd, name) for name in ("asha", "ravi", "mira", "dev")}

    def observation(name: str, last: bool) -> Observation:
        return learned(name) if last == (first_known == "the card") else authorized(name)

    for name in people:
        await processing.ingest(observation(name, last=False), source="webhook")
    await asyncio.gather(*(processing.ingest(observation(name, last=True), source="webhook") for name in people))
    for user in people.values():  # as the job does, where two found the card free at the same moment
        await processing.reproject(user)

    assert sorted(tier(crowd, user) for user in people.values()) == ["free", "free", "free", "pro"]
    assert len(crowd.database.rows("select user_id from oneai.trials")) == 1
    refused = "select data ->> 'reason' from oneai.outbox where kind = 'trial_refused'"
    assert crowd.database.rows(refused) == ["used"] * 3


async def test_repeated_events_begin_one_trial_and_send_one_mail(crowd: Crowd) -> None:
    trying(crowd, "asha")
    trying(crowd, "ravi")
    for name in ("asha", "ravi") * 2:
        await processing.ingest(authorized(name), source="webhook")
        await processing.ingest(learned(name), source="webhook")

    assert len(crowd.database.rows("select user_id from oneai.trials")) == 1
    assert len(crowd.database.rows("select id from oneai.outbox where kind = 'trial_refused'")) == 1


async def test_erasing_a_user_keeps_only_that_their_card_had_a_trial(crowd: Crowd) -> None:
    asha, ravi = trying(crowd, "asha"), trying(crowd, "ravi")
    for seen in (authorized("asha"), learned("asha")):
        await processing.ingest(seen, source="webhook")
    crowd.database.rows("delete from auth.users where id = %s", asha)
    crowd.database.rows("select oneai.anonymize_billing(%s)", asha)
    await processing.ingest(learned("asha"), source="webhook")

    assert crowd.database.rows(
        "select mandate_instrument_hash from oneai.subscriptions where provider_subscription_id = 'sub_asha'"
    ) == [None]
    for seen in (authorized("ravi"), learned("ravi")):
        await processing.ingest(seen, source="webhook")
    assert tier(crowd, ravi) == "free"


@pytest.mark.parametrize("first", ["the page given up", "the other page"])
async def test_a_cancelled_checkout_is_no_trial_in_any_order_of_events(crowd: Crowd, first: str) -> None:
    asha = trying(crowd, "asha")
    crowd.database.rows("select oneai.cancel_checkout(id) from oneai.subscriptions")
    opened_for(crowd, asha, "second")

    await processing.ingest(learned("asha"), source="webhook")
    await processing.ingest(learned("second", instrument=b"another card"), source="webhook")
    observations = [authorized("asha"), authorized("second")]
    for seen in observations if first == "the page given up" else reversed(observations):
        await processing.ingest(seen, source="webhook")

    assert tier(crowd, asha) == "pro"
    assert crowd.database.rows(
        "select provider_subscription_id, status from oneai.subscriptions order by provider_subscription_id"
    ) == [("sub_asha", "cancelled"), ("sub_second", "trial")]
    assert crowd.database.rows("select reason from oneai.provider_operations") == ["replaced"]


async def test_a_paid_plan_is_active_even_if_its_trial_was_refused(crowd: Crowd) -> None:
    trying(crowd, "asha")
    ravi = trying(crowd, "ravi")
    for seen in (authorized("asha"), learned("asha"), authorized("ravi"), learned("ravi")):
        await processing.ingest(seen, source="webhook")

    crowd.set_clock(START + 8 * DAY)
    await processing.ingest(charge("ravi"), source="webhook")

    assert tier(crowd, ravi) == "pro"


async def test_a_cancelled_trial_is_ended_by_the_job_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAL_DAYS", "pro=7")
    settings.reset_cache()
    await pay_without_webhook(world)
    await reconcile_subscriptions()
    assert (await world.post("/subscription/cancel", None)).status_code == 200
    world.database.advance(5 * DAY)
    await reconcile_subscriptions()

    def stored() -> tuple[str, str]:
        found: tuple[str, str] = world.database.one(
            "select subscription_tier, subscription_status from oneai.workspaces where id = %s", world.people["asha"]
        )
        return found

    assert stored()[0] == "pro"
    world.database.advance(2 * DAY + 3600)
    await reconcile_subscriptions()
    assert stored() == ("free", "cancelled")
