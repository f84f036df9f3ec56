"""Signatures: of a webhook's raw bytes, and of a payment for the subscription we stored."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY
from oneai import settings
from oneai.clients import razorpay
from tests.billing.provider.signing import PREVIOUS_SECRET, WEBHOOK_SECRET, signed

BODY = b'{"event":"payment.captured", "payload": "\xe2\x82\xb9"}'


def test_signatures_computed_by_others_are_accepted(environment: pytest.MonkeyPatch, fixtures: Path) -> None:
    vectors = json.loads((fixtures / "razorpay/signature_vectors.json").read_text())["vectors"]
    (checkout,) = (each for each in vectors if each["kind"] == "subscription_checkout")
    environment.setenv("RAZORPAY_KEY_SECRET", checkout["key_secret"])
    settings.reset_cache()
    payment, subscription = checkout["message"].split("|")

    assert razorpay.verify_checkout(payment, subscription, checkout["expected"])
    assert not razorpay.verify_checkout(subscription, payment, checkout["expected"])
    assert not razorpay.verify_checkout(payment, "sub_of_another_one", checkout["expected"])

    (order,) = (each for each in vectors if each["kind"] == "order_checkout")
    environment.setenv("RAZORPAY_WEBHOOK_SECRET", order["key_secret"])
    settings.reset_cache()
    assert razorpay.matching_secret(order["message"].encode(), order["expected"]) == "current"

    for webhook in (each for each in vectors if "body" in each):
        environment.setenv("RAZORPAY_WEBHOOK_SECRET", webhook["webhook_secret"])
        settings.reset_cache()
        assert razorpay.matching_secret(webhook["body"].encode(), webhook["expected"]) == "current"


@pytest.mark.parametrize(
    "signature",
    ["", "0" * 64, "é", "ab\x00", signed(BODY).upper(), signed(BODY) + "0"],
    ids=["none", "wrong", "odd", "bytes", "capitals", "longer"],
)
def test_a_wrong_signature_is_refused(environment: pytest.MonkeyPatch, signature: str) -> None:
    assert razorpay.matching_secret(BODY, signature) is None
    assert not razorpay.verify_checkout("pay_1", "sub_1", signature)


def test_a_webhook_is_signed_over_its_bytes_and_not_its_meaning(environment: pytest.MonkeyPatch) -> None:
    assert razorpay.matching_secret(BODY, signed(BODY)) == "current"
    assert razorpay.matching_secret(json.dumps(json.loads(BODY)).encode(), signed(BODY)) is None


def test_the_webhook_secret_is_not_the_api_secret(environment: pytest.MonkeyPatch) -> None:
    assert not razorpay.verify_checkout("pay_1", "sub_1", signed(b"pay_1|sub_1", WEBHOOK_SECRET))
    assert razorpay.matching_secret(b"pay_1|sub_1", signed(b"pay_1|sub_1", "the key's secret")) is None


@pytest.mark.parametrize("name", ["RAZORPAY_WEBHOOK_SECRET", "RAZORPAY_KEY_SECRET"])
def test_an_empty_or_missing_secret_accepts_no_signature(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    settings.reset_cache()

    if "WEBHOOK" in name:
        assert razorpay.matching_secret(BODY, signed(BODY, "")) is None
    else:
        assert not razorpay.verify_checkout("pay_1", "sub_1", signed(b"pay_1|sub_1", ""))


def test_a_signature_by_the_previous_secret_is_recognized(environment: pytest.MonkeyPatch) -> None:
    assert razorpay.matching_secret(BODY, signed(BODY, PREVIOUS_SECRET)) is None

    environment.setenv("RAZORPAY_WEBHOOK_SECRET_PREVIOUS", PREVIOUS_SECRET)
    settings.reset_cache()
    assert razorpay.matching_secret(BODY, signed(BODY, PREVIOUS_SECRET)) == "previous"
    assert razorpay.matching_secret(BODY, signed(BODY)) == "current"


@pytest.mark.parametrize("rotated_at", ["2026-11-21T06:30:00Z", "2026-11-21T12:00:00+05:30", "2026-11-21T06:30:00"])
def test_the_previous_secret_is_valid_for_a_day(environment: pytest.MonkeyPatch, rotated_at: str) -> None:
    environment.setenv("RAZORPAY_WEBHOOK_SECRET_ROTATED_AT", rotated_at)
    settings.reset_cache()
    since = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)

    for good in (timedelta(), timedelta(hours=23, minutes=59)):
        assert razorpay.previous_secret_problem(since + good) is None
    for bad in (timedelta(seconds=-1), timedelta(hours=24)):
        assert razorpay.previous_secret_problem(since + bad) is not None


def test_a_signature_needs_no_sdk() -> None:
    program = (
        "import sys; sys.path.insert(0, 'layers/common'); from oneai.clients import razorpay; "
        "razorpay.matching_secret(b'{}', 'x'); print({'razorpay', 'requests', 'httpx', 'psycopg'} & set(sys.modules))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "set()"
