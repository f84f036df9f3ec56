"""The stand-in's responses and events have the shape of Razorpay's, quirks included."""

import json
from pathlib import Path
from typing import Any

import pytest

from stand_ins.razorpay import queries
from stand_ins.razorpay.periods import DAY
from stand_ins.razorpay.refusals import ApiError, bad_id, unauthorized
from tests.billing.provider.samples import ON_THE_WIRE, Sample
from tests.sources import SAMPLES
from tests.stand_ins.razorpay.lives import START, SubscriptionScenario, subscribed

# Fields of only some accounts, cards or documents, which our code ignores.
_OF_OTHERS = {
    *("customer_email", "card.iin", "card.expiry_month", "card.expiry_year", "card.color", "card.number"),
    *(
        "acquirer_data.auth_code",
        "acquirer_data.rrn",
        "acquirer_data.arn",
        "bank_transaction_id",
        "base_amount",
        "first_payment_min_amount",
    ),
    *("supply_state_code", "user_id", "subscription_status", "amount_transferred", "item.description", "error_reason"),
}


def shape(value: Any, at: str = "") -> dict[str, str]:
    """Every path in a document, with the kind of what is there; the contents of notes and lists are left out."""
    if at.rpartition(".")[2] in ("notes", "customer_details", "metadata", "items", "offers"):
        return {}
    if isinstance(value, dict):
        return {path: kind for name, each in value.items() for path, kind in shape(each, f"{at}.{name}").items()}
    if isinstance(value, list):
        return shape(value[0], f"{at}[]") if value and isinstance(value[0], dict) else {at: "list"}
    return {at: type(value).__name__}


def differences(ours: Any, theirs: Any) -> dict[str, tuple[str | None, str]]:
    """The fields that ours lacks or has with another type; null matches every type."""
    mine, found = shape(ours), {}
    for path, kind in shape(theirs).items():
        known = mine.get(path)
        if any(path.endswith(f".{each}") for each in _OF_OTHERS) or "NoneType" in (known, kind):
            continue
        if known is None and any(other.startswith(f"{path}.") for other in mine):
            continue
        if known != kind:
            found[path] = (known, kind)
    return found


def read(fixtures: Path, name: str) -> Any:
    """A document of Razorpay's."""
    return json.loads((fixtures / "razorpay" / name).read_text())


def eventful() -> dict[str, dict[str, Any]]:
    """One event of every kind that the stand-in makes."""
    at_once, later, failing = subscribed(), SubscriptionScenario(start_at=START + DAY), subscribed()
    later.engine.pay(later.id)
    later.pass_days(2)
    at_once.engine.pause(at_once.id)
    at_once.engine.resume(at_once.id)
    failing.engine.script(failing.id, "fail")
    failing.pass_days(40)
    failing.engine.cancel(failing.id)
    changed = subscribed("foreign_card", total_count=2)
    changed.engine.update(changed.id, {"plan_id": changed.plan_id})
    changed.pass_days(40)
    lives = (changed, failing, at_once, later)
    return {
        **{each.name: json.loads(each.body) for life in lives for each in life.engine.events},
        "activated at once": at_once.bodies("subscription.activated")[0],
    }


@pytest.mark.parametrize(
    ("event", "document"),
    [
        ("activated at once", "subscription.activated__immediate_start_date_upfront_amount_both"),
        ("subscription.activated", "subscription.activated__future_start_date_and_no_upfront_amount"),
        *(
            (f"subscription.{name}", f"subscription.{name}__subscription_{name}")
            for name in (
                *("authenticated", "charged", "completed", "updated", "pending", "halted"),
                *("cancelled", "paused", "resumed"),
            )
        ),
        *((f"payment.{name}", f"payment.{name}__card") for name in ("authorized", "captured", "failed")),
        ("invoice.paid", "invoice.paid__card"),
        *((f"refund.{name}", f"refund.{name}__normal_refunds") for name in ("created", "processed")),
    ],
    ids=lambda name: str(name).partition("__")[0],
)
def test_events_have_the_documented_shape(fixtures: Path, event: str, document: str) -> None:
    ours, theirs = eventful()[event], read(fixtures, f"webhooks/{document}.json")

    assert differences(ours, theirs) == {}
    assert sorted(ours["contains"]) == sorted(theirs["contains"])
    assert ("created_at" in ours) == ("created_at" in theirs)


def test_a_charge_has_the_shape_of_a_recorded_one(fixtures: Path) -> None:
    theirs = Sample(fixtures).raw(ON_THE_WIRE)
    (ours,) = subscribed().bodies("subscription.charged")

    assert differences(ours, theirs) == {}
    paid = ours["payload"]["payment"]["entity"]
    assert (paid["captured"], paid["notes"], ours["payload"]["subscription"]["entity"]["short_url"]) == ("1", [], None)


def test_events_are_compact() -> None:
    (body, *_) = [each.body for each in subscribed().engine.events]

    assert body == json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/plans/{plan}", "fetch_a_plan__success"),
        ("/plans", "fetch_all_plans__success"),
        ("/subscriptions/{subscription}", "fetch_subscription_id__success"),
        ("/subscriptions", "fetch_subscriptions__success"),
        ("/invoices?{subscription}", "fetch_invoices__success"),
        ("/payments/{payment}", "fetch_with_id__card"),
        ("/payments/{upi}", "fetch_with_id__upi"),
    ],
    ids=lambda name: str(name).partition("__")[0],
)
def test_responses_have_the_documented_shape(fixtures: Path, path: str, document: str) -> None:
    theirs = read(fixtures, f"api/{document}.json")
    life = subscribed("upi" if "upi" in path else "card")
    (payment,) = life.engine.account.payments
    named = path.format(plan=life.plan_id, subscription=life.id, payment=payment, upi=payment)
    where, _, given = named.partition("?")
    ours = queries.answer(life.engine, where, {"subscription_id": given} if given else {})

    if "items" in theirs:
        assert (ours["entity"], ours["count"]) == ("collection", 1)
        ours, theirs = ours["items"][0], theirs["items"][0]
    assert differences(ours, theirs) == {}


@pytest.mark.parametrize("method", ["card", "upi", "emandate"])
def test_tokens_have_the_documented_shape(method: str) -> None:
    life = subscribed(method, start_at=START + DAY)
    theirs = json.loads((SAMPLES / f"razorpay/api/fetch_tokens__{method}.json").read_text())

    ours = queries.answer(life.engine, f"/customers/{life.entity['customer_id']}/tokens", {})

    assert (ours["entity"], ours["count"], len(ours["items"])) == ("collection", 1, 1)
    assert differences(ours["items"][0], theirs["items"][0]) == {}
    assert ours["items"][0]["method"] == method


def test_a_customer_has_a_token_for_each_card_and_none_for_a_failed_payment() -> None:
    life = SubscriptionScenario()
    life.engine.pay(life.id, ok=False, instrument="4111 1111 1111 1111")
    customer = life.entity["customer_id"]
    assert life.engine.tokens_of(customer) == []
    life.engine.pay(life.id, instrument="4111 1111 1111 1111")
    life.engine.script(life.id, "fail")
    life.pass_days(33)
    life.engine.pay(life.id, "upi", instrument="asha@upi")

    assert [each["method"] for each in life.engine.tokens_of(customer)] == ["upi", "card"]
    with pytest.raises(ApiError, match="does not exist"):
        life.engine.tokens_of("cust_00000000000000")


def test_creations_and_refunds_have_the_documented_shape(fixtures: Path) -> None:
    opened = SubscriptionScenario(start_at=START + DAY, expire_by=START + DAY)
    assert differences(opened.entity, read(fixtures, "api/create_subscription__success.json")) == {}
    assert "customer_id" not in opened.entity

    life = subscribed()
    (payment,) = life.engine.account.payments
    refund = life.engine.refund(payment)
    assert differences(refund, read(fixtures, "api/create_normal__success.json")) == {}


def test_refusals_have_the_documented_text(fixtures: Path) -> None:
    def said(name: str) -> Any:
        return read(fixtures, f"api/{name}__failure.json")["error"]

    life = subscribed("upi")
    life.pass_days(1)
    with pytest.raises(ApiError) as error:
        life.engine.update(life.id, {"plan_id": life.plan_id})
    assert error.value.body["error"] == said("update_subscription")

    expired = SubscriptionScenario(expire_by=START + DAY)
    expired.pass_days(2)
    with pytest.raises(ApiError) as error:
        expired.engine.cancel(expired.id)
    assert error.value.body["error"] == said("cancel_subscription")

    assert bad_id("sub_id%7D").body["error"] == said("fetch_subscription_id")
    with pytest.raises(ApiError) as error:
        life.engine.payment("pay_00000000000000")
    assert error.value.body["error"] == said("fetch_with_id")

    (payment,) = life.engine.account.payments
    life.engine.refund(payment, {"amount": 500}, "ten letters")
    with pytest.raises(ApiError) as error:
        life.engine.refund(payment, {"amount": 501}, "ten letters")
    assert error.value.body["error"] == said("normal_refunds_idempotent")
    with pytest.raises(ApiError) as error:
        life.engine.refund(payment, {"amount": 50})
    assert error.value.body["error"] == said("create_normal")

    with pytest.raises(ApiError) as error:
        queries.answer(life.engine, "/nothing", {})
    assert error.value.body["error"] == said("create_subscription")
    assert unauthorized().status == 401
