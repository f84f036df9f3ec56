"""The client for Stripe: what it requests, what it repeats, and what each kind of answer means."""

import json
from typing import Any

import pytest

from oneai import settings
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.clients import secrets_manager, stripe
from oneai.clients.stripe import StripeError
from tests.canaries import CANARY
from tests.clients.stripe.conftest import KEY, Says, Upstream
from tests.sources import found

pytestmark = pytest.mark.sampled(0.4)


async def test_a_write_is_a_form_with_brackets_a_version_and_a_key(upstream: Upstream) -> None:
    form = {"mode": "payment", "line_items": [{"price": "p_1", "quantity": 2}], "metadata": {"a": "ü"}, "on": True}

    assert await stripe.post("/checkout/sessions", form, idempotency_key="order:1") == {"id": "x"}

    (heard,) = upstream.heard
    assert (heard.method, heard.path) == ("POST", "/v1/checkout/sessions")
    assert heard.body == (
        "mode=payment&line_items%5B0%5D%5Bprice%5D=p_1&line_items%5B0%5D%5Bquantity%5D=2&metadata%5Ba%5D=%C3%BC&on=true"
    )
    assert heard.headers["authorization"] == f"Bearer {KEY}"
    assert heard.headers["stripe-version"] == stripe.API_VERSION
    assert (heard.headers["idempotency-key"], heard.headers["content-type"]) == (
        "order:1",
        "application/x-www-form-urlencoded",
    )


async def test_a_read_has_its_parameters_in_the_address(upstream: Upstream) -> None:
    await stripe.get("/invoices", {"subscription": "sub_1", "expand": ["data.payments"], "created": {"gte": 5}})

    (heard,) = upstream.heard
    assert heard.query == "subscription=sub_1&expand%5B0%5D=data.payments&created%5Bgte%5D=5"
    assert "idempotency-key" not in heard.headers


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("400_charge_already_refunded", "charge_already_refunded"),
        ("400_idempotency_other_parameters", "idempotency_error"),
        ("400_no_such_price", "resource_missing"),
        ("402_card_declined", "card_declined"),
    ],
)
async def test_a_refusal_keeps_its_code_and_reason(upstream: Upstream, name: str, code: str) -> None:
    sample = _sample(name)
    upstream.answers = [Says(sample["http_status"], sample["body"])]

    with pytest.raises(StripeError) as refused:
        await stripe.post("/refunds", {}, idempotency_key="one")

    error = refused.value
    assert (error.status, error.code, len(upstream.heard)) == (400, code, 1)
    assert error.description == sample["body"]["error"]["message"]
    assert (error.field, error.reason) == (
        sample["body"]["error"].get("param"),
        sample["body"]["error"].get("decline_code"),
    )


async def test_a_refused_key_is_in_no_error(upstream: Upstream) -> None:
    message = f"Invalid API Key provided: {KEY}"
    upstream.answers = [Says(401, {"error": {"message": message, "type": "invalid_request_error"}})]

    with pytest.raises(StripeError) as refused:
        await stripe.get("/prices")

    assert (refused.value.status, refused.value.code) == (401, "invalid_request_error")
    assert CANARY not in str(refused.value)


async def test_a_rotated_key_is_read_again_once(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream.answers = [Says(401, {"error": {}}), Says(body={"id": "price_1"})]

    def refresh() -> bool:
        monkeypatch.setenv("STRIPE_SECRET_KEY", f"sk_test_new_{CANARY}")
        settings.reset_cache()
        return True

    monkeypatch.setattr(secrets_manager, "refresh", refresh)

    assert await stripe.post("/prices", {}, idempotency_key="one") == {"id": "price_1"}
    assert [each.headers["authorization"] for each in upstream.heard] == [
        f"Bearer {KEY}",
        f"Bearer sk_test_new_{CANARY}",
    ]


@pytest.mark.parametrize("first", [Says(500, {}), Says(409, {}), Says(429, {}), Says(200, b"<html>"), Says(502, b"")])
async def test_a_write_is_repeated_under_its_key(upstream: Upstream, first: Says) -> None:
    upstream.answers = [first, first, Says(body={"id": "re_1"})]

    assert await stripe.post("/refunds", {"amount": 5}, idempotency_key="one") == {"id": "re_1"}
    assert [each.headers["idempotency-key"] for each in upstream.heard] == ["one"] * 3
    assert len({each.body for each in upstream.heard}) == 1


async def test_what_has_no_answer_after_three_attempts_is_unavailable(upstream: Upstream) -> None:
    upstream.answers = [Says(500, {})]

    with pytest.raises(PaymentProviderUnavailable) as unavailable:
        await stripe.get("/prices")

    assert (unavailable.value.retry_after, len(upstream.heard)) == (5, 3)


@pytest.mark.parametrize(("advice", "status", "requests"), [("false", 500, 1), ("true", 400, 3)])
async def test_stripes_advice_on_repeating_comes_first(
    upstream: Upstream, advice: str, status: int, requests: int
) -> None:
    upstream.answers = [Says(status, {"error": {}}, {"stripe-should-retry": advice})]

    with pytest.raises(PaymentProviderUnavailable):
        await stripe.get("/prices")

    assert len(upstream.heard) == requests


async def test_a_request_goes_to_no_other_host(upstream: Upstream) -> None:
    upstream.answers = [Says(302, b"", {"location": f"{upstream.address}/elsewhere"})]

    with pytest.raises(StripeError) as refused:
        await stripe.get("/prices")

    assert (refused.value.status, len(upstream.heard)) == (302, 1)


@pytest.mark.parametrize("body", [b"<html>", b'"no"', b'{"error": "no"}', b"[" * 100_000])
async def test_a_refusal_without_json_is_a_refusal_too(upstream: Upstream, body: bytes) -> None:
    upstream.answers = [Says(404, body)]

    with pytest.raises(StripeError) as refused:
        await stripe.get("/prices")

    assert (refused.value.status, refused.value.code) == (404, None)


@pytest.mark.parametrize(("key", "live"), [("sk_live_1", True), ("rk_live_1", True), ("sk_test_1", False), ("", False)])
def test_the_mode_is_in_the_key(monkeypatch: pytest.MonkeyPatch, key: str, live: bool) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", key)
    settings.reset_cache()

    assert stripe.is_live() is live
    assert not stripe.is_configured()
    monkeypatch.undo()
    settings.reset_cache()


def _sample(name: str) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads(found(f"stripe/errors/{name}.json")[0].read_text())
    return sample


@pytest.mark.parametrize(
    ("base", "address", "own"),
    [
        ("https://api.stripe.com", "https://checkout.stripe.com/c/pay/cs_1", True),
        ("https://api.stripe.com", "https://billing.stripe.com/p/session/1", True),
        ("https://api.stripe.com", "http://checkout.stripe.com/c/pay/cs_1", False),
        ("https://api.stripe.com", "https://checkout.stripe.com.example/c/pay/cs_1", False),
        ("https://api.stripe.com", "https://notstripe.com/c/pay/cs_1", False),
        ("https://api.stripe.com", "https://checkout.stripe.com@evil.example/", False),
        ("https://api.stripe.com", "https://evil.example@checkout.stripe.com/", False),
        ("https://api.stripe.com", "https://checkout.stripe.com:8443/c/pay/cs_1", False),
        ("https://api.stripe.com", "http://127.0.0.1:8000/stripe/c/pay/cs_1", False),
        ("https://api.stripe.com", "javascript:alert(1)//.stripe.com", False),
        ("http://127.0.0.1:8000/stripe", "http://127.0.0.1:8000/stripe/c/pay/cs_1", True),
        ("http://127.0.0.1:8000/stripe", "http://127.0.0.1:9000/stripe/c/pay/cs_1", False),
        ("http://127.0.0.1:8000/stripe", "https://checkout.stripe.com/c/pay/cs_1", False),
    ],
)
def test_a_payer_is_sent_to_pages_of_stripe_alone(
    monkeypatch: pytest.MonkeyPatch, base: str, address: str, *, own: bool
) -> None:
    monkeypatch.setenv("STRIPE_BASE_URL", base)
    settings.reset_cache()

    assert stripe.is_own_page(address) is own

    settings.reset_cache()
