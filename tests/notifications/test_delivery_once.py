"""One cause, one mail: however often and however many at once the job runs, and whenever it dies."""

import asyncio
from uuid import uuid4

import psycopg
import pytest

from tests.notifications.conftest import Office

pytestmark = pytest.mark.sampled(0.4)


async def test_a_cause_is_mailed_once_despite_repeated_runs(office: Office) -> None:
    asha = office.user()

    assert [office.post(asha), office.post(asha)] == [True, False]
    for _ in range(10):
        await office.send()

    (mail,) = await office.arrived()
    assert (mail["to"], mail["subject"]) == ("asha@example.com", "80% of your answers from small models are used")
    assert office.states() == ["sent"]
    assert office.alerts() == []


async def test_ten_concurrent_runs_share_fifty_mails_and_send_none_twice(office: Office) -> None:
    asha = office.user()
    for number in range(50):
        office.post(asha, f"cause {number}", used=number)

    done = await office.send(times=10)

    arrived = await office.arrived()
    assert done["sent"] == len(arrived) == 50
    assert len({mail["tags"] for mail in arrived}) == 50
    assert set(office.states()) == {"sent"}


async def test_a_cause_that_is_rolled_back_sends_no_mail(office: Office) -> None:
    asha = office.user()
    with psycopg.connect(office.database.url("postgres")) as other:
        other.execute("select oneai.enqueue_mail(%s, 'welcome', 'x', '{}')", [asha])
        assert (await office.send())["sent"] == 0
        other.rollback()

    await office.send()
    assert await office.arrived() == []


async def test_a_cause_enqueued_concurrently_has_one_mail(office: Office) -> None:
    asha = office.user()

    async def post() -> bool:
        async with await psycopg.AsyncConnection.connect(office.database.url("oneai_app")) as connection:
            found = await (
                await connection.execute("select oneai.enqueue_mail(%s, 'welcome', 'once', '{}')", [asha])
            ).fetchone()
            return bool(found and found[0])

    assert sorted(await asyncio.gather(*(post() for _ in range(8)))) == [False] * 7 + [True]


async def test_a_run_killed_before_its_claim_changes_nothing(office: Office) -> None:
    office.post(office.user())

    assert (await office.send())["sent"] == 1


async def test_a_mail_of_a_run_killed_after_its_claim_is_shown_and_not_repeated(office: Office) -> None:
    office.post(office.user())
    # The claim of a process that is no more; whether it had sent already is unknown.
    office.database.rows("select oneai.claim_mail(%s, '\\x00')", uuid4())

    assert (await office.send()) == {"sent": 0, "waiting": 0, "failed": 0, "unknown": 0}
    assert office.states() == ["sending"]
    office.database.advance(121)
    assert (await office.send(times=3))["unknown"] == 1

    assert office.states() == ["unknown"]
    assert office.alerts() == ["mail_outcome_unknown"]
    for _ in range(3):
        office.database.advance(86_400)
        await office.send()
    assert await office.arrived(to="asha@example.com") == []
    assert office.states() == ["unknown"]


async def test_a_slow_run_may_still_record_its_outcome_and_no_other_run_may(office: Office) -> None:
    office.post(office.user())
    claim, settle = uuid4(), "select oneai.finish_mail(%s, %s, 'sent', 'ses-1', null)"
    (mail, *_) = office.database.one("select id, kind from oneai.claim_mail(%s, '\\x00')", claim)
    office.database.advance(121)
    await office.send()

    assert office.database.one(settle, mail, uuid4()) is False
    assert office.states() == ["unknown"]
    assert office.database.one(settle, mail, claim) is True
    assert office.states() == ["sent"]
    assert office.database.one(settle, mail, claim) is False


async def test_a_mail_that_cannot_be_composed_blocks_no_other(office: Office) -> None:
    asha = office.user()
    office.database.rows("select oneai.enqueue_mail(%s, 'quota_warning', 'broken', '{\"odd\": 1}')", asha)
    office.post(asha, "whole")

    assert await office.send() == {"sent": 1, "waiting": 0, "failed": 1, "unknown": 0}
    assert office.alerts() == ["mail_failed"]
    assert len(await office.arrived()) == 1
