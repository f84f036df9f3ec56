"""Every invoice names the seller: a number that cannot be theirs stops the sale before a user pays."""

import pytest

from oneai import settings
from oneai.billing import processing, reconcile_subscriptions
from oneai.billing.tax import gst
from oneai.settings import SettingsError
from tests.billing.subscriptions.subscribing import current_subscription
from tests.billing.without_webhooks import alerts, pay_without_webhook
from tests.world import World

RIGHT = "29ABCDE1234F1ZW"


@pytest.mark.parametrize(
    "gstin",
    [
        "29ABCDE1234F1ZX",  # its last character belongs to another
        "29ABDCE1234F1ZW",  # two letters swapped
        "29ABCDE1234F1Z",
        "29abcde1234f1zw",
        "99ABCDE1234F1ZP",  # right but for its state, which is none
        "Church Street",
    ],
)
def test_an_invalid_gstin_is_refused(gstin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLER_GSTIN", gstin)
    settings.reset_cache()

    with pytest.raises(SettingsError, match="SELLER_GSTIN") as refused:
        gst.seller_terms("OneAI Pro")
    assert gstin not in str(refused.value)


def test_an_unknown_state_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SELLER_GSTIN", raising=False)
    monkeypatch.setenv("SELLER_STATE", "Karnataka")
    settings.reset_cache()

    with pytest.raises(SettingsError, match="SELLER_STATE"):
        gst.seller_terms("OneAI Pro")


async def test_a_seller_with_a_mistyped_gstin_issues_no_invoice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await pay_without_webhook(world)
    (charged,) = (each for each in world.razorpay.deliveries.all if each.name == "subscription.charged")
    world.database.rows(
        "select oneai.store_event('razorpay', 'evt_1', 'subscription.charged', %s, null, null, null)",
        charged.body.encode(),
    )
    with monkeypatch.context() as mistyped:
        mistyped.setenv("SELLER_GSTIN", "29ABDCE1234F1ZW")
        settings.reset_cache()
        assert await processing.process_and_follow_up("razorpay", "evt_1") == "pending"
        offered = await world.get("/subscription/plans", None)
    settings.reset_cache()

    assert offered.status_code == 500
    assert world.database.rows("select number from oneai.invoices") == []
    assert (await current_subscription(world))["tier"] == "free"
    assert "SELLER_GSTIN" in world.database.one("select problem from oneai.provider_events")
    assert alerts(world) == [("webhook_unapplied", "evt_1")]

    world.database.advance(3600)
    await reconcile_subscriptions()

    assert len(world.database.rows("select number from oneai.invoices")) == 1
    assert (await current_subscription(world))["tier"] == "pro"
