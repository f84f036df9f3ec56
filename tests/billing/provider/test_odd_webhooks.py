"""The webhook stores signed events with unexpected values."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from oneai.billing import processing
from oneai.billing.providers import razorpay as provider
from oneai.billing.providers.razorpay import events
from tests.billing.provider.hook import NOVEMBER, PLAN, SUB, Hook, charge
from tests.billing.provider.samples import CHARGED, files, oddly


def _odd_ones(fixtures: Path) -> dict[str, bytes]:
    """For each place that any sample has, one event that holds an object there, or true where others have a list."""
    found: dict[str, bytes] = {}
    for file in files(fixtures):
        document = json.loads(file.read_text())
        for place, holder, key in list(oddly(document)):
            if place not in found:
                before = dict(holder)
                holder[key] = True if isinstance(holder.get(key), list) or key == "line_items" else {}
                found[place] = json.dumps(document).encode()
                holder.clear()
                holder.update(before)
    return found


@pytest.mark.sampled(0.5)
async def test_a_signed_event_with_any_content_is_stored_and_answered_with_200(hook: Hook, fixtures: Path) -> None:
    odd_ones, few = _odd_ones(fixtures), asyncio.Semaphore(8)
    assert len(odd_ones) > 150

    async def sent(name: str, body: bytes) -> tuple[str, int]:
        async with few:
            return name, (await hook.send(body, name)).status_code

    answers = await asyncio.gather(*(sent(name, body) for name, body in odd_ones.items()))

    assert [name for name, status in answers if status != 200] == []
    assert set(hook.stored) == set(odd_ones)


async def test_an_event_that_our_parser_fails_on_is_stored_and_blocks_nothing(
    hook: Hook, environment: pytest.MonkeyPatch, fixtures: Path, caplog: pytest.LogCaptureFixture
) -> None:
    understood = events.event_of

    def stumbling(event_id: str, body: bytes) -> Any:
        if b"asha@upi" in body:
            raise KeyError("asha@upi")
        return understood(event_id, body)

    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)
    with environment.context() as stumble:
        stumble.setattr(provider, "event_of", stumbling)
        assert await hook.deliver(charge(), "1") == "unapplied"
        document = json.loads((fixtures / f"razorpay/webhooks/{CHARGED}.json").read_text())
        assert await hook.deliver(json.dumps(document).encode(), "2") == "stored"

    ours = [record for record in caplog.records if record.getMessage() == "an event could not be read"]
    assert [(record.event_id, record.error) for record in ours] == [("1", "KeyError")]  # type: ignore[attr-defined]
    assert await processing.process_and_follow_up("razorpay", "1") == "processed"
    assert hook.tier_and_status(user) == ("pro", "active")
