"""A payment provider is one folder: this one exists in tests only, and all of billing works with it."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from oneai.billing import processing, provider_operations, providers
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.providers.face import PaymentProvider, SubscriptionCheckout
from oneai.postgres import db
from tests.billing.provider.hook import NOVEMBER, Hook, charge, hooked
from tests.billing.provider.signing import KEY_SECRET, WEBHOOK_SECRET
from tests.canaries import CANARY
from tests.world import Database

FOLDER = Path(__file__).parent / "made_up_providers"
PRICE, PLAN = 999, "pro-monthly-USD-999"


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The provider, found by its name."""
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(FOLDER)])
    monkeypatch.setenv("MADE_UP_SECRET", CANARY)
    provider: PaymentProvider = providers.of("made_up")
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


def pay(made_up: Any, ref: str) -> None:
    """The payer pays there, without an event yet."""
    at = int(NOVEMBER.timestamp())
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
