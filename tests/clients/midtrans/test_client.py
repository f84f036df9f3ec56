"""The client for Midtrans: what it requests, what it retries, and what each kind of answer means."""

import base64
from typing import Any

import pytest

from oneai import settings
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.clients import midtrans
from oneai.clients.midtrans import MidtransError
from tests.billing.provider.conftest import Says, Upstream
from tests.clients.midtrans.conftest import SERVER_KEY

PAID = {"status_code": "200", "transaction_status": "settlement", "order_id": "oneai-1", "gross_amount": "99000.00"}


async def test_a_status_is_read_with_the_server_key(upstream: Upstream) -> None:
    upstream.answers = [Says(body=PAID)]

    assert await midtrans.read_status("oneai-1") == PAID

    (heard,) = upstream.heard
    assert (heard.method, heard.path) == ("GET", "/v2/oneai-1/status")
    assert heard.headers["authorization"] == f"Basic {base64.b64encode(f'{SERVER_KEY}:'.encode()).decode()}"


async def test_a_page_is_opened_and_its_host_is_checked(upstream: Upstream) -> None:
    own = f"{upstream.address}/snap/v4/redirection/t1"
    upstream.answers = [
        Says(201, {"token": "t1", "redirect_url": own}),
        Says(201, {"token": "t2", "redirect_url": "https://app.midtrans.com.evil.example/t2"}),
        Says(201, {"token": "t3", "redirect_url": f"http://user@{upstream.address[7:]}/t3"}),
        Says(201, {"token": "t4"}),
    ]

    assert await midtrans.create_transaction({"transaction_details": {}}) == ("t1", own)
    for _ in range(3):
        with pytest.raises(MidtransError, match="no address at Midtrans"):
            await midtrans.create_transaction({})
    assert upstream.heard[0].path == "/snap/v1/transactions"


@pytest.mark.parametrize(
    ("base", "address", "own"),
    [
        ("https://api.midtrans.com", "https://app.midtrans.com/snap/v4/redirection/t", True),
        ("https://api.sandbox.midtrans.com", "https://app.sandbox.midtrans.com/snap/v4/redirection/t", True),
        ("https://api.sandbox.midtrans.com", "https://app.midtrans.com/snap/v4/redirection/t", False),
        ("https://api.midtrans.com", "http://app.midtrans.com/snap/v4/redirection/t", False),
        ("https://api.midtrans.com", "https://app.midtrans.com:8443/t", False),
        ("https://api.midtrans.com", "javascript:alert(1)", False),
    ],
)
def test_a_payer_is_sent_to_snap_alone(monkeypatch: pytest.MonkeyPatch, base: str, address: str, *, own: bool) -> None:
    monkeypatch.setenv("MIDTRANS_BASE_URL", base)
    settings.reset_cache()

    assert midtrans.is_own_page(address) is own

    settings.reset_cache()


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (Says(200, {"status_code": "412", "status_message": "Transaction status cannot be updated."}), 412),
        (Says(400, {"error_messages": ["order_id sudah digunakan"]}), 400),
        (Says(401, {"status_code": "401", "status_message": "unknown key"}), 401),
        (Says(200, {"status_code": "400", "validation_messages": ["amount is invalid"]}), 400),
        (Says(404, b"<html>Not Found</html>"), 404),
        # A refusal that repeats the transaction is still a refusal.
        (Says(200, {**PAID, "status_code": "414"}), 414),
    ],
)
async def test_a_refusal_has_the_status_of_its_body_or_of_http(upstream: Upstream, said: Says, status: int) -> None:
    upstream.answers = [said]

    with pytest.raises(MidtransError) as refused:
        await midtrans.refund("oneai-1", key="k", amount=1, reason="requested")

    assert refused.value.status == status
    assert SERVER_KEY not in str(refused.value)
    assert len(upstream.heard) == 1


@pytest.mark.parametrize("code", ["201", "202", "407"])
async def test_a_status_code_that_mirrors_the_transaction_is_no_refusal(upstream: Upstream, code: str) -> None:
    upstream.answers = [Says(200, {**PAID, "status_code": code, "transaction_status": "expire"})]

    found = await midtrans.read_status("oneai-1")

    assert found is not None
    assert found["transaction_status"] == "expire"


async def test_a_transaction_that_does_not_exist_is_none(upstream: Upstream) -> None:
    upstream.answers = [Says(200, {"status_code": "404", "status_message": "Transaction doesn't exist."})]

    assert await midtrans.read_status("oneai-1") is None


@pytest.mark.parametrize("away", [Says(503, b""), Says(429, {}), Says(200, b"<html>"), Says(302, b"")])
async def test_a_read_is_tried_again_and_a_write_is_not(upstream: Upstream, away: Says) -> None:
    upstream.answers = [away, Says(body=PAID)]
    assert await midtrans.read_status("oneai-1") == PAID

    upstream.answers = [away, Says(body=PAID)]
    with pytest.raises(PaymentProviderUnavailable):
        await midtrans.act("oneai-1", "expire")
    assert [each.method for each in upstream.heard] == ["GET", "GET", "POST"]


@pytest.mark.parametrize("sent", ["99000.00", "99000", 99_000, 99_000.0, " 99000.0 "])
def test_an_amount_is_whole_rupiah_with_and_without_decimals(sent: Any) -> None:
    assert midtrans.rupiah(sent) == 99_000


@pytest.mark.parametrize(
    "sent", ["99000.50", "99,000", "", None, True, "NaN", "Infinity", "-1.00", "1e30", [], "१"[:0]]
)
def test_parts_of_a_rupiah_and_other_texts_are_no_amount(sent: Any) -> None:
    with pytest.raises(ValueError, match="an amount"):
        midtrans.rupiah(sent)
