"""The instrument of a mandate is found in the provider's list of a customer's tokens, and in the checkout's payment."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from oneai import settings
from oneai.billing.providers import razorpay as provider
from oneai.billing.providers.razorpay import entities as parse
from oneai.postgres import db
from tests.billing.provider.conftest import Says, Upstream
from tests.sources import SAMPLES
from tests.world import Database

pytestmark = pytest.mark.sampled(0.4)

SUB, CUSTOMER = "sub_00000000000001", "cust_00000000000001"
OPENED = 1_789_884_000
TOKENS = f"/v1/customers/{CUSTOMER}/tokens"
METHODS = ("card", "upi", "emandate")


def read(name: str) -> dict[str, Any]:
    """A documented answer of the API."""
    answer: dict[str, Any] = json.loads((SAMPLES / f"razorpay/api/{name}.json").read_text())
    return answer


def token(method: str, **changed: Any) -> dict[str, Any]:
    """The one token of a customer, changed a little."""
    (only,) = read(f"fetch_tokens__{method}")["items"]
    return {**only, **changed}


def listed(*tokens: dict[str, Any]) -> Says:
    return Says(body={"entity": "collection", "count": len(tokens), "items": list(tokens)})


def subscription(**changed: Any) -> Says:
    """A subscription that is authorized and has its first charge before it."""
    about = {"id": SUB, "customer_id": CUSTOMER, "status": "authenticated", "created_at": OPENED}
    return Says(body=read("fetch_subscription_id__success") | about | {"start_at": 4_000_000_000} | changed)


def paid_with(method: str) -> dict[str, Any]:
    """A payment that was made with the card, address or account of the token."""
    given = token(method)
    about = {"method": method, "card": given.get("card"), "vpa": None, "id": "pay_1", "status": "captured"}
    if method == "upi":
        about |= {"vpa": "asha.rao@upi", "upi": {"vpa": "asha.rao@upi"}}
    return read("fetch_with_id__card") | about | {"customer_id": CUSTOMER, "token_id": given["id"]}


@pytest.fixture
async def asked(upstream: Upstream, database: Database, environment: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    """A Razorpay with an authorized subscription, and a clock to ask it by."""
    environment.setenv("DATABASE_URL", database.url("oneai_app"))
    settings.reset_cache()
    upstream.at = {f"/v1/subscriptions/{SUB}": subscription()}
    yield upstream
    await db.close()


async def learned() -> list[bytes]:
    """The instruments found by a fetch of the mandate."""
    seen = await provider.fetch_subscription(SUB, with_payments=False, with_mandate=True)
    assert [each.status for each in seen.snapshots] == ["trial"]
    assert {each.subscription_ref for each in seen.instruments} <= {SUB}
    return [each.instrument for each in seen.instruments]


@pytest.mark.parametrize("method", METHODS)
async def test_the_customers_token_identifies_the_instrument_of_a_mandate(asked: Upstream, method: str) -> None:
    asked.at[TOKENS] = listed(token(method))

    (instrument,) = await learned()

    account = token(method).get("bank_details")
    assert instrument == parse.instrument(paid_with(method), account)


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        [token("card", created_at=OPENED - 90_000, used_at=OPENED - 80_000)],
        [token("card", recurring_details={"status": "rejected"})],
        [token("card", recurring_details={"status": "cancelled"})],
        [token("card"), token("upi")],
        [token("card", card={"entity": "card", "last4": ""})],
        [token("upi") | {"method": "wallet", "wallet": "somepay"}],
    ],
    ids=["none", "of another day", "rejected", "cancelled", "two in doubt", "without its number", "no instrument"],
)
async def test_an_ambiguous_token_identifies_nothing(asked: Upstream, tokens: list[dict[str, Any]]) -> None:
    asked.at[TOKENS] = listed(*tokens)

    assert await learned() == []


async def test_a_saved_card_used_again_and_a_repeated_card_count_once(
    asked: Upstream,
) -> None:
    saved = token("card", created_at=OPENED - 90_000, used_at=OPENED + 60)
    asked.at[TOKENS] = listed(saved, token("card", id="token_OneAIsample039"))

    assert len(await learned()) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Says(400, {"error": {"code": "BAD_REQUEST_ERROR", "description": "The requested URL was not found."}}),
        Says(404, {"error": {"code": "BAD_REQUEST_ERROR"}}),
        Says(body={"entity": "collection"}),
        Says(body={"items": [None, 7]}),
    ],
    ids=["not enabled", "not found", "no items", "odd items"],
)
async def test_a_token_list_that_cannot_be_read_hides_nothing_else(asked: Upstream, answer: Says) -> None:
    asked.at[TOKENS] = answer

    assert await learned() == []


@pytest.mark.parametrize("customer", [None, ""], ids=["unknown", "empty"])
async def test_a_subscription_without_a_customer_is_not_queried(asked: Upstream, customer: str | None) -> None:
    asked.at[f"/v1/subscriptions/{SUB}"] = subscription(customer_id=customer)

    assert await learned() == []
    assert [path for path in asked.asked if "customers" in path] == []


@pytest.mark.parametrize("status", ["created", "active", "cancelled"])
async def test_the_mandate_is_queried_only_if_authorized_and_not_yet_charged(asked: Upstream, status: str) -> None:
    asked.at[f"/v1/subscriptions/{SUB}"] = subscription(status=status)

    seen = await provider.fetch_subscription(SUB, with_payments=False, with_mandate=True)

    assert (seen.instruments, asked.asked) == ((), [f"GET /v1/subscriptions/{SUB}"])


async def test_the_mandate_is_queried_only_on_request(asked: Upstream) -> None:
    assert (await provider.fetch_subscription(SUB, with_payments=False)).instruments == ()
    assert asked.asked == [f"GET /v1/subscriptions/{SUB}"]


@pytest.mark.parametrize("method", METHODS)
async def test_the_payment_of_the_checkout_identifies_the_instrument_too(asked: Upstream, method: str) -> None:
    asked.at["/v1/payments/pay_1"] = Says(body=paid_with(method))
    asked.at[TOKENS] = listed(token("card", id="token_OneAIsample039"), token(method))

    proven = await provider.fetch_payment("pay_1", SUB)

    (instrument,), (payment,) = proven.instruments, proven.payments
    account = token(method).get("bank_details")
    assert instrument.instrument == parse.instrument(paid_with(method), account)
    assert instrument.at > payment.at
    assert (TOKENS in str(asked.asked)) == (method == "emandate")


async def test_a_failed_payment_identifies_nothing(asked: Upstream) -> None:
    asked.at["/v1/payments/pay_1"] = Says(body=paid_with("card") | {"status": "failed"})

    assert (await provider.fetch_payment("pay_1", SUB)).instruments == ()
