"""The client around Razorpay's SDK: what it requests, what it retries, and what each kind of answer means."""

import asyncio
import json
import socket
from pathlib import Path

import pytest

from oneai import settings
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.clients import razorpay, secrets_manager
from oneai.clients.razorpay import ProviderError
from tests.billing.provider.conftest import Says, Upstream
from tests.billing.provider.signing import KEY_ID, KEY_SECRET

pytestmark = pytest.mark.sampled(0.4)

NO_KEY = {"error": {"code": "BAD_REQUEST_ERROR", "description": "The api key provided is invalid", "reason": "NA"}}


async def test_a_request_is_authenticated_and_returns_the_answer(upstream: Upstream) -> None:
    upstream.answers = [Says(body={"id": "sub_1"})]

    assert await razorpay.get("/subscriptions/sub_1", {"count": 1}) == {"id": "sub_1"}

    (heard,) = upstream.heard
    assert (heard.method, heard.path, heard.query) == ("GET", "/v1/subscriptions/sub_1", {"count": "1"})
    assert heard.headers["authorization"].startswith("Basic ")


async def test_a_write_is_sent_as_json_with_the_refunds_key(upstream: Upstream) -> None:
    await razorpay.post("/payments/pay_1/refund", {"amount": 100}, idempotency_key="0f7c1f6e-3c53")
    await razorpay.patch("/subscriptions/sub_1", {"plan_id": "plan_ü"})

    refund, change = upstream.heard
    assert (refund.body, refund.headers["x-refund-idempotency"]) == ({"amount": 100}, "0f7c1f6e-3c53")
    assert refund.headers["content-type"] == "application/json"
    assert (change.method, change.body) == ("PATCH", {"plan_id": "plan_ü"})


async def test_no_content_is_an_empty_answer(upstream: Upstream) -> None:
    upstream.answers = [Says(204, b"")]

    assert await razorpay.delete("/subscriptions/sub_1/offer_1") == {}


@pytest.mark.parametrize(
    "name",
    [
        "cancel_subscription__failure",
        "create__failure",
        "errors__sample_error_response",
        "fetch_subscription_id__failure",
        "update_subscription__failure",
    ],
)
async def test_a_refusal_keeps_its_status_code_field_and_reason(upstream: Upstream, fixtures: Path, name: str) -> None:
    body = json.loads((fixtures / f"razorpay/api/{name}.json").read_text())
    upstream.answers = [Says(400, body)]

    with pytest.raises(ProviderError) as refused:
        await razorpay.post("/subscriptions", {})

    error = refused.value
    assert (error.status, error.code, error.description) == (400, "BAD_REQUEST_ERROR", body["error"]["description"])
    assert (error.field, error.reason) == (body["error"].get("field"), body["error"].get("reason"))
    assert len(upstream.heard) == 1


async def test_the_text_na_is_read_as_null(upstream: Upstream) -> None:
    upstream.answers = [Says(401, NO_KEY)]

    with pytest.raises(ProviderError) as refused:
        await razorpay.get("/plans")

    assert (refused.value.status, refused.value.reason) == (401, None)


@pytest.mark.parametrize("body", [b"<html>Not found</html>", b"", b'"no"', b'{"error": "no"}', b"[" * 100_000])
async def test_a_refusal_without_json_is_a_refusal_too(upstream: Upstream, body: bytes) -> None:
    upstream.answers = [Says(404, body)]

    with pytest.raises(ProviderError) as refused:
        await razorpay.get("/plans")

    assert (refused.value.status, refused.value.code, refused.value.description) == (404, None, None)


async def test_a_request_goes_to_no_other_host(upstream: Upstream) -> None:
    upstream.answers = [Says(302, b"", {"location": f"{upstream.address}/elsewhere"})]

    with pytest.raises(ProviderError) as refused:
        await razorpay.get("/plans")

    assert (refused.value.status, len(upstream.heard)) == (302, 1)


@pytest.mark.parametrize(
    "first", [Says(500, {}), Says(502, b"<html>"), Says(429, {}), Says(200, b"<html>"), Says(200, b"[]")]
)
async def test_a_read_is_repeated_until_there_is_an_answer(upstream: Upstream, first: Says) -> None:
    upstream.answers = [first, first, Says(body={"id": "plan_1"})]

    assert await razorpay.get("/plans/plan_1") == {"id": "plan_1"}
    assert len(upstream.heard) == 3


@pytest.mark.parametrize("fault", [Says(500, {}), Says(429, {}), Says(200, b"<html>")])
async def test_a_read_is_given_up_after_its_third_attempt(upstream: Upstream, fault: Says) -> None:
    upstream.answers = [fault]

    with pytest.raises(PaymentProviderUnavailable) as unavailable:
        await razorpay.get("/plans")

    assert (unavailable.value.status, unavailable.value.retry_after, len(upstream.heard)) == (503, 5, 3)


@pytest.mark.parametrize("tell", ["post", "patch", "delete"])
@pytest.mark.parametrize("fault", [Says(500, {}), Says(429, {}), Says(200, b"<html>"), Says(after=1)])
async def test_a_write_is_never_repeated(
    upstream: Upstream, environment: pytest.MonkeyPatch, tell: str, fault: Says
) -> None:
    environment.setattr(razorpay, "READ_SECONDS", 0.1)
    upstream.answers = [fault, Says()]

    with pytest.raises(PaymentProviderUnavailable):
        await getattr(razorpay, tell)("/subscriptions/sub_1", *([{}] if tell != "delete" else []))

    assert len(upstream.heard) == 1


async def test_a_read_that_times_out_is_repeated(upstream: Upstream, environment: pytest.MonkeyPatch) -> None:
    environment.setattr(razorpay, "READ_SECONDS", 0.5)
    upstream.answers = [Says(after=3), Says(body={"id": "plan_1"})]

    assert await razorpay.get("/plans/plan_1") == {"id": "plan_1"}


async def test_an_answer_that_trickles_times_out(environment: pytest.MonkeyPatch) -> None:
    environment.setattr(razorpay, "TOTAL_SECONDS", 0.3)

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n")
        for _ in range(12):
            writer.write(b" ")
            await asyncio.sleep(0.1)
        writer.close()

    async with await asyncio.start_server(trickle, "127.0.0.1", 0) as server:
        environment.setenv("RAZORPAY_BASE_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        settings.reset_cache()
        with pytest.raises(PaymentProviderUnavailable):
            await razorpay.post("/subscriptions", {})


async def test_a_refused_connection_means_unavailable(environment: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        environment.setenv("RAZORPAY_BASE_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        settings.reset_cache()

        with pytest.raises(PaymentProviderUnavailable):
            await razorpay.get("/plans")


async def test_concurrent_reads_all_succeed(upstream: Upstream) -> None:
    upstream.answers = [Says(body={"id": "plan_1"}, after=0.05)]

    assert await asyncio.gather(*(razorpay.get("/plans/plan_1") for _ in range(8))) == [{"id": "plan_1"}] * 8


async def test_a_refused_key_is_reloaded_and_its_request_repeated(
    upstream: Upstream, environment: pytest.MonkeyPatch
) -> None:
    def new_secret() -> bool:
        environment.setenv("RAZORPAY_KEY_SECRET", "the new one")
        settings.reset_cache()
        return True

    environment.setattr(secrets_manager, "refresh", new_secret)
    upstream.answers = [Says(401, NO_KEY), Says(body={"id": "sub_1"})]

    assert await razorpay.post("/subscriptions", {"plan_id": "plan_1"}) == {"id": "sub_1"}

    refused, heard = upstream.heard
    assert refused.headers["authorization"] != heard.headers["authorization"]
    assert refused.body == heard.body


async def test_a_key_that_remains_wrong_is_reloaded_once(upstream: Upstream, environment: pytest.MonkeyPatch) -> None:
    environment.setattr(secrets_manager, "refresh", lambda: True)
    upstream.answers = [Says(401, NO_KEY)]

    with pytest.raises(ProviderError):
        await razorpay.post("/subscriptions", {})

    assert len(upstream.heard) == 2


async def test_neither_errors_nor_output_contain_a_key(
    upstream: Upstream, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setattr(razorpay, "READ_SECONDS", 0.1)
    said = []
    for answer in (Says(401, NO_KEY), Says(500, b"no"), Says(after=1)):
        upstream.answers = [answer]
        with pytest.raises((ProviderError, PaymentProviderUnavailable)) as failed:
            await razorpay.post("/subscriptions", {})
        cause: BaseException | None = failed.value
        while cause is not None:
            said.append(repr(cause))
            cause = cause.__cause__ or cause.__context__
    printed = capsys.readouterr()

    for text in (*said, printed.out, printed.err):
        assert KEY_SECRET not in text
        assert KEY_ID not in text
    assert "Retrying" not in printed.out  # the SDK prints what happens to it
    assert "Connection failed" not in printed.out
