"""A payment provider is one folder: this one exists in tests only, and all of billing works with it."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from oneai import settings
from oneai.billing import listed_payments, processing, provider_operations, providers
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.providers.face import ListsPayments, SubscriptionCheckout
from oneai.billing.providers.provider_terms import ProviderTerms, terms_of
from oneai.postgres import db
from tests.billing.provider.hook import NOVEMBER, Hook, charge, hooked
from tests.billing.provider.signing import KEY_SECRET, WEBHOOK_SECRET
from tests.canaries import CANARY
from tests.patience import PATIENCE
from tests.world import Database

FOLDER = Path(__file__).parent / "made_up_providers"
PRICE, PLAN = 999, "pro-monthly-USD-999"


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The provider, found by its name."""
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(FOLDER)])
    monkeypatch.setenv("MADE_UP_SECRET", CANARY)
    provider = cast(ListsPayments, providers.of("made_up"))
    try:
        yield cast(Any, provider)
    finally:
        providers.of.cache_clear()
        capabilities_of.cache_clear()
        for name in [each for each in sys.modules if each.startswith("oneai.billing.providers.made_up")]:
            del sys.modules[name]


@pytest.fixture
async def hook(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hook]:
    """The webhook's function, with Razorpay's secrets too."""
    monkeypatch.setenv("RAZORPAY_KEY_SECRET", KEY_SECRET)
    monkeypatch.setenv("RAZORPAY_WEBHOOK_SECRET", WEBHOOK_SECRET)
    async with hooked(database, monkeypatch) as running:
        yield running


async def subscribe(hook: Hook, made_up: Any) -> UUID:
    """A user who has opened a checkout there."""
    row = ("made_up", PLAN, "pro", "monthly", "USD", PRICE)
    hook.database.rows("select oneai.remember_price(%s, %s, %s, %s, %s, %s)", *row)
    user = hook.database.user("ravi@example.com")
    ours = hook.database.one(
        "insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider, period, currency, amount, "
        "provider_plan_id) values (%s, 'pro', 'none', 'made_up', 'monthly', 'USD', %s, %s) returning id",
        *(user, PRICE, PLAN),
    )
    checkout = SubscriptionCheckout(ours, user, PLAN, 1, PRICE, "USD", "monthly", charges=120)
    opened = await made_up.open_checkout(checkout)
    hook.database.rows("select oneai.save_checkout(%s, %s, null)", ours, opened.ref)
    return user


async def tell(hook: Hook, made_up: Any, ref: str, name: str, *, signature: str | None = None) -> Any:
    """Sends the subscription as it is there; the webhook's response."""
    entity = made_up.THERE[ref]
    event = {"event": name, "kind": "changed", "at": entity["at"], "subscription": entity}
    body = json.dumps(event).encode()
    headers = {"X-Made-Up": made_up.signed(body) if signature is None else signature}
    return await hook.http.post("/api/webhooks/made_up", content=body, headers=headers)


def pay(made_up: Any, ref: str, when: datetime = NOVEMBER) -> None:
    """The payer pays there, without an event yet."""
    at = int(when.timestamp())
    made_up.THERE[ref] |= {"state": "paid", "paid_at": at, "at": at}


async def test_a_provider_that_is_one_folder_subscribes_is_paid_and_cancels(hook: Hook, made_up: Any) -> None:
    user = await subscribe(hook, made_up)
    hook.go_to(NOVEMBER)
    pay(made_up, "m0")

    assert (await tell(hook, made_up, "m0", "1", signature="forged")).status_code == 400
    assert (await tell(hook, made_up, "m0", "1")).json() == {"status": "applied"}
    assert hook.tier_and_status(user) == ("pro", "active")
    assert (await tell(hook, made_up, "m0", "1")).json() == {"status": "duplicate"}

    await processing.record_wish(user, "select oneai.end_subscription(%s, %s)", [user, None])
    await provider_operations.run_pending(user)
    assert made_up.THERE["m0"]["state"] == "over"
    assert sum(made_up.THERE["m0"]["refunds"].values()) in range(PRICE - 1, PRICE + 1)
    assert hook.tier_and_status(user)[0] == "free"
    states = "select kind, state from oneai.provider_operations order by kind"
    assert hook.database.rows(states) == [("cancel", "succeeded"), ("refund", "succeeded")]
    await db.close()


async def test_two_providers_with_equal_references_are_kept_apart(hook: Hook, made_up: Any) -> None:
    ravi = await subscribe(hook, made_up)
    asha = hook.subscriber("m0", "plan_OneAI000000001", 79_900)
    hook.go_to(NOVEMBER)

    assert await hook.deliver(charge("m0", payment="m0-1"), "1") == "applied"
    assert (hook.tier_and_status(asha), hook.tier_and_status(ravi)[0]) == (("pro", "active"), "free")
    pay(made_up, "m0")
    assert (await tell(hook, made_up, "m0", "1")).json() == {"status": "applied"}

    assert hook.tier_and_status(ravi) == ("pro", "active")
    paid = "select workspace_id, payment_provider, amount from oneai.payments where provider_payment_id = 'm0-1'"
    assert set(hook.database.rows(paid)) == {(asha, "razorpay", 79_900), (ravi, "made_up", PRICE)}


async def test_a_provider_whose_secret_is_removed_has_no_webhook(
    hook: Hook, made_up: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(hook, made_up)
    signature = made_up.signed(b"")
    monkeypatch.delenv("MADE_UP_SECRET")

    assert (await tell(hook, made_up, "m0", "1", signature=signature)).status_code == 404
    assert hook.stored == []


@pytest.fixture
def without_razorpay(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Removes Razorpay's secrets, so that its list is not asked for."""

    def remove() -> None:
        for name in ("RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET"):
            monkeypatch.delenv(name)
        settings.reset_cache()

    return remove


async def find_lost() -> tuple[int, int]:
    """What the job finds in the lists of all providers: payments that it recovers, and those that nothing explains."""
    found = await listed_payments.find_lost(lambda: PATIENCE)
    return found["payments_recovered"], found["payments_unexplained"]


async def test_a_payment_whose_event_was_lost_is_found_in_the_providers_list(
    hook: Hook, made_up: Any, without_razorpay: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hook.go_to(NOVEMBER)
    ravi = await subscribe(hook, made_up)
    # Razorpay has a payment with the same reference, which is known.
    hook.subscriber("m0", "plan_OneAI000000001", 79_900)
    assert await hook.deliver(charge("m0", payment="m0-1"), "1") == "applied"
    without_razorpay()
    pay(made_up, "m0", NOVEMBER + timedelta(hours=1))
    hook.go_to(NOVEMBER + timedelta(hours=7))

    with monkeypatch.context() as without:
        without.setattr(made_up, "CAPABILITIES", replace(made_up.CAPABILITIES, lists_payments=False))
        assert await find_lost() == (0, 0)
    assert hook.tier_and_status(ravi)[0] == "free"
    assert await find_lost() == (1, 0)

    assert hook.tier_and_status(ravi) == ("pro", "active")
    hook.go_to(NOVEMBER + timedelta(days=2))
    assert await find_lost() == (0, 0)
    assert hook.alerts() == []


async def test_a_listed_payment_of_nothing_of_ours_is_an_alert_that_names_the_provider(
    hook: Hook, made_up: Any, without_razorpay: Callable[[], None]
) -> None:
    without_razorpay()
    hook.go_to(NOVEMBER)
    await subscribe(hook, made_up)
    made_up.THERE["m1"] = made_up.THERE["m0"] | {"id": "m1", "ours": str(uuid4())}
    pay(made_up, "m1", NOVEMBER + timedelta(hours=1))
    hook.go_to(NOVEMBER + timedelta(hours=7))
    assert await find_lost() == (0, 0)

    hook.go_to(NOVEMBER + timedelta(days=2))
    assert await find_lost() == (0, 1)

    query = "select subject, detail from oneai.operator_alerts where kind = 'credits_unexplained'"
    ((subject, detail),) = hook.database.rows(query)
    assert subject == "m1-1"
    assert (detail["payment_provider"], detail["amount"], detail["currency"]) == ("made_up", PRICE, "USD")


@pytest.mark.usefixtures("made_up")
def test_payers_read_its_name_and_where_they_pay() -> None:
    expected = ProviderTerms(name="Made Up", own_page=True, methods=[], paid_later=False, prepaid=False)
    assert terms_of("made_up") == expected
