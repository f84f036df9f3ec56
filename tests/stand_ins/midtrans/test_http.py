"""The stand-in for Midtrans over HTTP: both APIs, Snap's page, and notifications, by the stack's clock."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from local.clock import Clock
from oneai import settings
from oneai.clients import midtrans as client
from stand_ins import midtrans
from tests.patience import PATIENCE
from tests.served import served
from tests.world import Database, filled_in

pytestmark = pytest.mark.sampled(0.34)

ORDER = "oneai-0192f1a2-1"
REQUEST = {
    "transaction_details": {"order_id": ORDER, "gross_amount": 99_000},
    "item_details": [{"id": "pro", "price": 99_000, "quantity": 1, "name": "Pro, 30 hari"}],
    "callbacks": {"finish": "http://127.0.0.1:8000/billing?from=midtrans"},
}


@pytest.fixture
def heard() -> list[dict[str, Any]]:
    """The notifications that arrived."""
    return []


@pytest.fixture
async def simulator(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: list[dict[str, Any]]
) -> AsyncIterator[midtrans.Simulator]:
    """The stand-in by the clock of a database, as our client's Midtrans."""

    async def hear(request: Request) -> Response:
        heard.append(json.loads(await request.body()))
        return Response()

    def make(address: str) -> Starlette:
        for name, value in midtrans.keys_of(f"{address}/midtrans").items():
            monkeypatch.setenv(name, value)
        settings.reset_cache()
        clock, hook = Clock(database.url("oneai_app")), f"{address}/hook"
        app.append(midtrans.Simulator(tmp_path, clock, f"{address}/midtrans", hook, seed="http"))
        return Starlette(
            routes=[
                Route("/hook", hear, methods=["POST"]),
                Mount("/midtrans", midtrans.create(app[0])),
                Mount("/local/midtrans", midtrans.control_api.create(app[0])),
            ]
        )

    app: list[midtrans.Simulator] = []
    async with served(make):
        yield app[0]
        await app[0].close()
        await client.close()
    settings.reset_cache()


async def pay(address: str, **values: str) -> httpx.Response:
    """Fills in the page's first form and sends it."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        page = await browser.get(address)
        return await browser.post(address, data={**filled_in(page.text), **values})


async def test_a_page_is_opened_paid_and_notified(simulator: midtrans.Simulator, heard: list[dict[str, Any]]) -> None:
    page = await client.create_transaction(REQUEST)
    assert await client.read_status(ORDER) is None

    chosen = await pay(page.redirect_url, method="qris_off_us")
    assert "Bayar sebelum" in chosen.text
    paid = await pay(page.redirect_url, outcome="pay")

    assert "Paid" in paid.text
    status = await client.read_status(ORDER)
    assert status is not None
    assert (status["transaction_status"], status["gross_amount"]) == ("settlement", "99000.00")
    await simulator.catch_up()
    assert [each["transaction_status"] for each in heard] == ["pending", "settlement"]
    assert client.is_signed(ORDER, "200", "99000.00", heard[-1]["signature_key"])


async def test_the_picture_of_a_qris_code_and_the_deep_link_of_gopay_can_be_opened(
    simulator: midtrans.Simulator,
) -> None:
    page = await client.create_transaction(REQUEST)
    await pay(page.redirect_url, method="qris_on_us")
    other = await client.create_transaction({"transaction_details": {"order_id": "oneai-2", "gross_amount": 20_000}})
    deep = await pay(other.redirect_url, method="gopay")
    base = simulator.engine.account.address

    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        picture = await browser.get(f"{base}/v2/qris/{ORDER}/qr-code")
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
        # A page that names it as the source of an image shows it only with its namespace.
        assert b'<svg xmlns="http://www.w3.org/2000/svg"' in picture.content
        (transaction,) = (each for each in simulator.engine.account.transactions.values() if each.order_id == "oneai-2")
        link = f"{base}/gopay/{transaction.transaction_id}"
        assert link in deep.text
        await browser.post(link, data={"outcome": "pay"})
    assert transaction.status == "settlement"


async def test_a_payer_who_leaves_goes_back_to_where_the_checkout_began(simulator: midtrans.Simulator) -> None:
    page = await client.create_transaction(REQUEST)

    left = await pay(page.redirect_url, outcome="leave")

    assert simulator.engine.account.transactions == {}
    assert left.headers["location"] == (
        f"http://127.0.0.1:8000/billing?from=midtrans&order_id={ORDER}&status_code=201&transaction_status=pending"
    )


async def test_a_notification_can_be_edited_under_its_own_signature(
    simulator: midtrans.Simulator, heard: list[dict[str, Any]]
) -> None:
    page = await client.create_transaction(REQUEST)
    await pay(page.redirect_url, method="bca_va")
    await simulator.catch_up()
    control = simulator.engine.account.address.replace("/midtrans", "/local/midtrans")

    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        await http.post(f"{control}/notifications", json={"order_id": ORDER, "status": "settlement"})
        await http.post(f"{control}/webhooks", json={"mode": "unsigned"})
        await http.post(f"{control}/orders/{ORDER}", json={"act": "pay"})
    await simulator.catch_up()

    edited, unsigned = heard[1:]
    assert edited["transaction_status"] == "settlement"
    assert client.is_signed(ORDER, "201", "99000.00", edited["signature_key"])
    assert not client.is_signed(ORDER, "200", "99000.00", unsigned["signature_key"])


async def test_a_refund_is_sent_once_for_its_key(simulator: midtrans.Simulator) -> None:
    page = await client.create_transaction(REQUEST)
    await pay(page.redirect_url, method="gopay")
    await pay(page.redirect_url, outcome="pay")

    first = await client.refund(ORDER, key="k1", amount=40_000, reason="requested", direct=True)
    again = await client.refund(ORDER, key="k1", amount=40_000, reason="requested")

    assert (first["transaction_status"], first["refund_amount"]) == ("partial_refund", "40000.00")
    assert again["refund_chargeback_id"] == first["refund_chargeback_id"] == 1
    with pytest.raises(client.MidtransError) as refused:
        await client.refund(ORDER, key="k2", amount=60_000, reason="requested")
    assert refused.value.status == 400


async def test_a_wrong_key_and_an_order_twice_are_refused(
    simulator: midtrans.Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.create_transaction(REQUEST)
    with pytest.raises(client.MidtransError, match="sudah digunakan"):
        await client.create_transaction(REQUEST)

    monkeypatch.setenv("MIDTRANS_SERVER_KEY", "SB-Mid-server-another")
    settings.reset_cache()
    with pytest.raises(client.MidtransError) as refused:
        await client.read_status(ORDER)
    assert refused.value.status == 401
    assert len(simulator.engine.account.pages) == 1


async def test_a_saved_account_and_its_notifications_survive_a_restart(
    simulator: midtrans.Simulator, heard: list[dict[str, Any]]
) -> None:
    page = await client.create_transaction(REQUEST)
    await pay(page.redirect_url, method="echannel")

    folder = simulator.file.parent
    restarted = midtrans.Simulator(folder, simulator.clock, simulator.engine.account.address, simulator.webhook)
    await restarted.catch_up()
    await restarted.close()

    assert restarted.engine.account.transactions == simulator.engine.account.transactions
    assert [each["transaction_status"] for each in heard] == ["pending"]
