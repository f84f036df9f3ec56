"""Users and operators are mailed once about quotas, months, unusual days and alerts."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from oneai import notifications
from tests.notifications.conftest import OPERATOR, Office
from tests.usage.events import insert_event

pytestmark = pytest.mark.sampled(0.4)


def now(office: Office) -> datetime:
    """By the stack's clock."""
    found: datetime = office.database.one("select oneai.now()")
    return found.astimezone(UTC)


def move_to(office: Office, moment: datetime) -> None:
    """Moves the clock forward."""
    office.database.rows("update local.clock set ahead = ahead + (%s - oneai.now())", moment)


def next_month(office: Office) -> datetime:
    """The first moment of the next month."""
    return (now(office).replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def use(office: Office, user: UUID, of_hundred: int, key: str = "small_messages", *, limit: int | None = 100) -> None:
    """Sets the used units of a quota, with the last use just now."""
    if limit is not None:
        office.database.rows(
            "update oneai.usage_quotas set used = %s, quota_limit = %s where workspace_id = %s and quota_key = %s",
            of_hundred,
            limit,
            user,
            key,
        )
    insert_event(office.database, user, now(office))


def warnings(office: Office) -> list[tuple[str, int]]:
    """Quota and threshold of every warning."""
    return office.database.rows(
        "select data ->> 'quota_key', (data ->> 'threshold')::integer from oneai.outbox where kind = 'quota_warning' "
        "order by 1, 2"
    )


async def notify(office: Office, times: int = 1) -> dict[str, int]:
    """Runs the job, so often at once."""
    runs = await asyncio.gather(*(notifications.notify() for _ in range(times)))
    return {key: sum(run[key] for run in runs) for key in runs[0]}


async def test_each_threshold_is_mailed_once_despite_repeated_and_concurrent_runs(office: Office) -> None:
    asha = office.user()
    for percent in (79, 80, 85, 90, 99, 100):
        use(office, asha, percent)
        for _ in range(3):
            await notify(office, times=4)

    key = "small_messages"
    assert warnings(office) == [(key, 80), (key, 90), (key, 100)]
    await office.send()
    assert sorted(mail["subject"].split(" ")[0] for mail in await office.arrived()) == ["80%", "90%", "Your"]


async def test_only_the_highest_of_several_thresholds_is_mailed(office: Office) -> None:
    asha = office.user()
    use(office, asha, 100)
    await notify(office)
    use(office, asha, 91)  # a unit was given back, and is no news
    await notify(office)

    assert warnings(office) == [("small_messages", 100)]


async def test_the_next_window_has_its_own_warnings(office: Office) -> None:
    asha = office.user()
    use(office, asha, 100)
    await notify(office)
    move_to(office, next_month(office) + timedelta(minutes=1))
    await notify(office)
    assert len(warnings(office)) == 1  # used up before, but not in the window that is open now

    office.database.rows("select oneai.roll_windows(%s)", asha)
    use(office, asha, 80)
    await notify(office)
    assert warnings(office) == [("small_messages", 80), ("small_messages", 100)]


async def test_a_limit_raised_by_an_operator_counts(office: Office) -> None:
    asha = office.user()
    office.database.rows("select oneai.override_quota(%s, 'small_messages', null, 400, null, 'a friend')", asha)
    use(office, asha, 100)
    await notify(office)
    assert warnings(office) == []

    use(office, asha, 400)
    await notify(office)
    assert office.database.rows("select data -> 'limit' from oneai.outbox where kind = 'quota_warning'") == [500]


async def test_an_inactive_user_is_skipped_and_a_missed_run_is_caught_up(office: Office) -> None:
    asha, idle = office.user(), office.user("idle@example.com")
    move_to(office, next_month(office) + timedelta(days=9))
    office.database.rows("select oneai.roll_windows(id) from oneai.users")
    await notify(office)
    use(office, asha, 80)
    office.database.rows("update oneai.usage_quotas set used = quota_limit where workspace_id = %s", idle)
    office.database.advance(8 * 3600)

    assert (await notify(office))["warnings"] == 1


async def test_a_summary_is_mailed_on_the_first_to_active_subscribers_of_it(office: Office) -> None:
    asha, quiet, ravi = office.user(), office.user("quiet@example.com"), office.user("ravi@example.com")
    office.database.rows("select oneai.update_preferences(%s, %s)", ravi, '{"notifications": {"summary": false}}')
    office.database.rows("select oneai.update_preferences(%s, %s)", asha, '{"language": "hi"}')
    first = next_month(office)
    insert_event(office.database, asha, first - timedelta(days=3), prompt=100, completion=50)
    insert_event(office.database, asha, first - timedelta(hours=1), prompt=10, completion=5, model="maker/large")
    insert_event(office.database, asha, first - timedelta(hours=1), purpose="title")
    insert_event(office.database, ravi, first - timedelta(days=3))
    office.database.rows("select oneai.roll_up_usage(1)")  # the job for that is late
    move_to(office, first + timedelta(hours=2, minutes=59))
    assert (await notify(office))["summaries"] == 0
    insert_event(office.database, asha, now(office))  # of the new month

    office.database.advance(120)
    assert (await notify(office, times=5))["summaries"] == 1
    assert (await notify(office))["summaries"] == 0

    assert quiet
    assert office.database.rows("select user_id, data from oneai.outbox where kind = 'monthly_summary'") == [
        (
            asha,
            {
                "month": f"{first - timedelta(days=1):%Y-%m}",
                "answers": 2,
                "tokens": 165,
                "models": [{"model": "maker/large", "answers": 1}, {"model": "maker/small", "answers": 1}],
            },
        )
    ]
    await office.send()
    (mail,) = await office.arrived()
    assert "2 जवाब मिले" in mail["text"]


async def test_a_killed_summary_run_resumes_and_mails_each_user_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications.triggers, "PEOPLE_AT_ONCE", 2)
    people = [office.user(f"person-{n}@example.com") for n in range(7)]
    first = next_month(office)
    for user in people:
        insert_event(office.database, user, first - timedelta(days=2))
    move_to(office, first + timedelta(hours=4))
    # A run that got through the first three, and never said so.
    office.database.rows("select oneai.enqueue_summaries(%s, %s, 3)", first.date() - timedelta(days=1), UUID(int=0))
    office.database.rows("delete from oneai.outbox where kind = 'monthly_summary'")
    month = (first - timedelta(days=1)).date().replace(day=1)
    office.database.rows("select oneai.enqueue_summaries(%s, %s, 3)", month, UUID(int=0))

    assert (await notify(office))["summaries"] == 4
    mailed = office.database.rows("select user_id from oneai.outbox where kind = 'monthly_summary'")
    assert sorted(mailed) == sorted(people)


async def test_last_months_summary_is_not_mailed_after_a_week(office: Office) -> None:
    first = next_month(office)
    insert_event(office.database, office.user(), first - timedelta(days=2))
    move_to(office, first + timedelta(days=7))

    assert (await notify(office))["summaries"] == 0


def answers(office: Office, user: UUID, day: datetime, count: int) -> None:
    """Inserts this many answers on that day."""
    office.database.rows(
        "insert into oneai.usage_events (workspace_id, user_id, created_at, purpose, outcome, subscription_tier, "
        "model_asked, price_version) select %s, %s, %s, 'answer', 'complete', 'free', 'maker/small', 'v1' from "
        "generate_series(1, %s)",
        *(user, user),
        day,
        count,
    )


@pytest.mark.parametrize(
    ("before", "today", "unusual"),
    [
        ([12] * 14, 60, False),
        ([12] * 14, 61, True),
        ([100] * 14, 500, False),
        ([0] * 14, 500, False),  # a first busy day
        ([40, 40] + [0] * 12, 500, False),
        ([1, 1, 1] + [0] * 11, 49, False),
        ([1, 1, 1] + [0] * 11, 50, True),
        ([30] * 7 + [0] * 7, 80, True),  # the median of both halves is 15
        ([30] * 7 + [0] * 7, 75, False),
        ([30] * 8 + [0] * 6, 100, False),
    ],
)
async def test_usage_over_five_times_the_median_is_alerted_once(
    before: list[int], today: int, unusual: bool, office: Office
) -> None:
    asha = office.user()
    move_to(office, next_month(office) + timedelta(days=20, hours=12))
    for ago, count in enumerate(before, 1):
        answers(office, asha, now(office) - timedelta(days=ago), count)
    answers(office, asha, now(office) - timedelta(days=15), 1_000)
    office.database.rows("select oneai.roll_up_usage(100)")
    answers(office, asha, now(office), today)

    assert (await notify(office, times=3))["unusual"] == int(unusual)
    answers(office, asha, now(office), 1)
    one_more_is = not unusual and sum(count > 0 for count in before) >= 3 and today in (60, 49, 75, 500)
    assert (await notify(office))["unusual"] == int(one_more_is)
    if unusual:
        (found,) = office.database.rows("select subject, count, detail from oneai.operator_alerts")
        assert found[:2] == (str(asha), 1)
        assert found[2]["answers"] == today


def alert(office: Office, kind: str, subject: str, **detail: Any) -> None:
    """Something for operators."""
    office.database.rows("select oneai.raise_alert(%s, %s, %s)", kind, subject, Jsonb(detail))


async def test_operators_are_mailed_once_per_kind_and_hour_and_informed_of_everything(office: Office) -> None:
    move_to(office, now(office).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
    for subject in ("one", "two", "two"):
        alert(office, "reservation_lapsed", subject)
    alert(office, "spend_limit_near", "today", spent=8)
    assert (await notify(office, times=5))["alerts"] == 2
    for _ in range(5):
        alert(office, "reservation_lapsed", "three")
        await notify(office)
    await office.send()
    first = await office.arrived()
    assert {mail["to"] for mail in first} == {OPERATOR}
    assert sorted(mail["subject"] for mail in first) == [
        "[OneAI] reservation_lapsed: 3",
        "[OneAI] spend_limit_near: 1",
    ]

    office.database.advance(3600)
    assert (await notify(office))["alerts"] == 1
    await office.send()
    later = (await office.arrived())[len(first) :]
    assert [mail["subject"] for mail in later] == ["[OneAI] reservation_lapsed: 5"]
    office.database.advance(3600)
    assert (await notify(office))["alerts"] == 0


async def test_an_acknowledged_alert_is_not_mailed(office: Office) -> None:
    alert(office, "reservation_lapsed", "one")
    office.database.rows("update oneai.operator_alerts set acknowledged_at = oneai.now()")

    assert (await notify(office))["alerts"] == 0


async def test_an_alert_raised_during_the_run_is_mailed_later_and_not_lost(office: Office) -> None:
    with psycopg.connect(office.database.url("postgres")) as other:
        other.execute("select oneai.raise_alert('reservation_lapsed', 'one', '{}')")
        assert (await notify(office))["alerts"] == 0

    assert (await notify(office))["alerts"] == 1
