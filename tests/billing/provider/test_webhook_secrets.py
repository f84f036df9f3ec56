"""Secrets that do not match: their events are refused for a day and then for good, unless an operator notices."""

import json
from collections import Counter
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from oneai import settings
from oneai.billing import webhook
from tests.billing.provider.hook import Hook, charge
from tests.billing.provider.signing import PREVIOUS_SECRET, WEBHOOK_SECRET, signed

SECRET, PREVIOUS, ROTATED_AT = (f"RAZORPAY_WEBHOOK_SECRET{name}" for name in ("", "_PREVIOUS", "_ROTATED_AT"))


@pytest.fixture(autouse=True)
def _nothing_was_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reason is reported once a minute and process."""
    monkeypatch.setattr(webhook, "_reported_at", {})
    monkeypatch.setattr(webhook, "_unsigned", Counter())


async def _refused(hook: Hook, caplog: pytest.LogCaptureFixture, **more: Any) -> str:
    """Why an event was refused, as operators read it."""
    caplog.clear()
    answer = await hook.send(charge(), **more)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_signature")
    (record,) = (each for each in caplog.records if each.getMessage() == "an event was not signed with our secret")
    fields: dict[str, Any] = vars(record)
    assert fields["event_id"] == "evt_1"
    for word in ("asha", "pay_OneAI", signed(charge()), WEBHOOK_SECRET):
        assert word not in str(fields)
    return str(fields["reason"])


async def test_a_wrong_webhook_secret_raises_an_alert(
    hook: Hook,
    environment: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reasons = [
        await _refused(hook, caplog, secret="of another webhook"),
        await _refused(hook, caplog, signature=""),
    ]
    environment.delenv(SECRET)
    settings.reset_cache()
    reasons.append(await _refused(hook, caplog))

    assert reasons == ["another secret", "no signature", "no secret is set"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "EventsNotSigned" in line]
    assert [(each["EventsNotSigned"], each["reason"]) for each in lines] == [(1, reason) for reason in reasons]
    assert hook.stored == []


async def test_a_flood_of_unsigned_requests_is_one_log_line_and_one_count_a_minute(
    hook: Hook,
    environment: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = 1000.0
    environment.setattr(webhook, "time", SimpleNamespace(monotonic=lambda: clock))
    await _refused(hook, caplog, signature="")
    caplog.clear()

    for _ in range(20):
        assert (await hook.send(charge(), signature="")).status_code == 400
    assert caplog.records == []

    clock += 60
    await _refused(hook, caplog, signature="")
    counts = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "EventsNotSigned" in line]
    assert [each["EventsNotSigned"] for each in counts] == [1, 21]


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        (None, "previous secret, RAZORPAY_WEBHOOK_SECRET_ROTATED_AT is not set"),
        ("yesterday", "previous secret, RAZORPAY_WEBHOOK_SECRET_ROTATED_AT is not a time"),
        (-25, "previous secret, too late"),
        (1, "previous secret, RAZORPAY_WEBHOOK_SECRET_ROTATED_AT is in the future"),
    ],
    ids=["forgotten", "unreadable", "too late", "to come"],
)
async def test_the_reason_for_refusing_the_previous_secret_is_logged(
    hook: Hook,
    environment: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    hours: float | str | None,
    reason: str,
) -> None:
    # A stack whose clock is not the world's.
    hook.database.advance(3 * 86_400)
    now: datetime = hook.database.one("select oneai.now()")
    environment.setenv(PREVIOUS, PREVIOUS_SECRET)
    if hours is not None:
        text = hours if isinstance(hours, str) else (now + timedelta(hours=hours)).isoformat()
        environment.setenv(ROTATED_AT, text)
    settings.reset_cache()

    assert await _refused(hook, caplog, secret=PREVIOUS_SECRET) == reason
    assert await hook.deliver(charge()) == "stored"
