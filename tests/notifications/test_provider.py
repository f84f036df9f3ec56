"""SES is down, throttles, refuses, or does not answer: nothing is lost and nothing is sent twice."""

import time

import pytest

from oneai import settings
from tests.notifications.conftest import OPERATOR, Office

pytestmark = pytest.mark.sampled(0.4)


async def test_a_day_without_ses_loses_nothing_and_sends_nothing_twice(office: Office) -> None:
    asha = office.user()
    for number in range(5):
        office.post(asha, f"cause {number}", used=number)
    await office.set_fault("away")
    for _ in range(24 * 4):
        await office.send()
        office.database.advance(900)
    assert set(office.states()) == {"waiting"}
    assert office.alerts() == ["mail_refused"]
    await office.set_fault(None)

    assert (await office.send(times=3))["sent"] == 5
    assert len(await office.arrived()) == 5
    assert set(office.states()) == {"sent"}


async def test_a_throttling_ses_is_retried_with_growing_delays(office: Office) -> None:
    office.post(office.user())
    await office.set_fault("throttled")
    waits = []
    for _ in range(7):
        assert (await office.send())["waiting"] == 1
        waits.append(
            office.database.one(
                "select extract(epoch from due_at - oneai.now()) from oneai.outbox where state = 'waiting'"
            )
        )
        assert (await office.send())["waiting"] == 0
        office.database.advance(901)
    assert [round(wait / 60) for wait in waits] == [1, 2, 4, 8, 15, 15, 15]

    await office.set_fault(None)
    assert (await office.send())["sent"] == 1


async def test_ses_gets_no_more_mail_per_second_than_it_accepts(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PER_SECOND", "20")
    settings.reset_cache()
    asha = office.user()
    for number in range(11):
        office.post(asha, f"cause {number}")
    started = time.monotonic()

    assert (await office.send())["sent"] == 11
    assert time.monotonic() - started >= 0.5


async def test_a_refusal_of_all_mail_ends_the_run_early(office: Office) -> None:
    asha = office.user()
    for number in range(40):
        office.post(asha, f"cause {number}")
    await office.set_fault("paused")

    assert 1 <= (await office.send())["waiting"] <= 4


async def test_a_permanently_refused_message_is_given_up_and_the_others_are_sent(office: Office) -> None:
    asha = office.user()
    office.post(asha, "first")
    await office.set_fault("rejected")
    assert (await office.send())["failed"] == 1
    await office.set_fault(None)
    office.post(asha, "second")

    assert (await office.send())["sent"] == 1
    assert sorted(office.states()) == ["failed", "sent"]
    assert office.alerts() == ["mail_failed"]


async def test_a_lost_answer_leaves_a_mail_with_an_unknown_outcome_that_is_not_repeated(office: Office) -> None:
    office.post(office.user())
    await office.set_fault("lost")
    assert (await office.send())["unknown"] == 1
    await office.set_fault(None)
    for _ in range(5):
        office.database.advance(3600)
        assert (await office.send())["sent"] == 0

    # It had arrived: a second attempt would have been a second mail.
    assert len(await office.arrived()) == 1
    assert office.states() == ["unknown"]
    assert office.alerts() == ["mail_outcome_unknown"]


async def test_a_mail_unsent_for_three_days_is_given_up_and_alerted(office: Office) -> None:
    office.post(office.user())
    await office.set_fault("throttled")
    await office.send()
    office.database.advance(3 * 86_400)
    await office.send()

    assert office.states() == ["failed"]
    assert office.alerts() == ["mail_failed", "mail_refused"]


async def test_operators_are_mailed_at_their_configured_address(office: Office) -> None:
    office.database.rows(
        'select oneai.enqueue_mail(null, \'operator_alert\', \'x\', \'{"alert": "reservation_lapsed", "times": 2, '
        '"newest": [{"subject": "<b>chat</b>", "count": 2, "detail": {}}]}\')'
    )
    await office.send()

    (mail,) = await office.arrived()
    assert (mail["to"], mail["subject"]) == (OPERATOR, "[OneAI] reservation_lapsed: 2")
    assert "&lt;b&gt;chat&lt;/b&gt;" in mail["html"]
    assert mail["unsubscribe"] is None
