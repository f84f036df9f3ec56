"""The reset of a quota is a pure function of its previous boundary, and not of when it is read."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneai import quota
from oneai import settings as environment
from oneai.clients.supabase_auth import UserPrincipal
from oneai.postgres import db
from tests import effort
from tests.world import Database

FREQUENCIES = st.sampled_from(["3hour", "daily", "monthly"])
HOUR = timedelta(hours=1)
FIRST, LAST = datetime(2023, 12, 1, tzinfo=UTC), datetime(2029, 3, 2, tzinfo=UTC)
# Around the ends of days, months and years, the leap day included, as often as anywhere.
ENDS = [datetime(*day, tzinfo=UTC) for day in ((2024, 2, 29), (2024, 3, 1), (2025, 1, 1), (2026, 3, 1), (2028, 2, 29))]
SECONDS = st.integers(0, int((LAST - FIRST).total_seconds())).map(lambda n: FIRST + timedelta(seconds=n))
MOMENTS = SECONDS | st.builds(lambda end, n: end + timedelta(seconds=n), st.sampled_from(ENDS), st.integers(-2, 2))
quickly = settings(max_examples=effort.sample(15, 120))


def first_after(frequency: str, previous: datetime, at: datetime) -> datetime:
    """The rule in Python: the first boundary after `at`."""
    if frequency == "3hour":
        return previous + ((at - previous) // (3 * HOUR) + 1) * 3 * HOUR
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if frequency == "daily":
        return midnight + timedelta(days=1)
    return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


@quickly
@given(FREQUENCIES, MOMENTS, MOMENTS)
@example("monthly", datetime(2024, 1, 31, 23, tzinfo=UTC), datetime(2024, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC))
@example("monthly", datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC))
@example("daily", datetime(2024, 12, 31, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
@example("3hour", datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 3, tzinfo=UTC))
def test_the_next_boundary_is_the_first_after_now(
    database: Database, frequency: str, one: datetime, other: datetime
) -> None:
    previous, at = sorted((one, other))

    found = database.one("select oneai.next_reset(%s, %s, %s)", frequency, previous, at)

    assert found == first_after(frequency, previous, at)
    assert found > at
    opened = database.one("select oneai.window_before(%s, %s)", frequency, found)
    assert opened <= at
    assert first_after(frequency, previous, opened) == found


@quickly
@given(FREQUENCIES, MOMENTS, st.lists(MOMENTS, max_size=4), MOMENTS)
def test_intermediate_reads_change_no_boundary(
    database: Database, frequency: str, start: datetime, looks: list[datetime], end: datetime
) -> None:
    direct = database.one("select oneai.next_reset(%s, %s, %s)", frequency, min(start, end), end)
    boundary = min(start, end)

    for look in sorted({end, *(look for look in looks if boundary <= look <= end)}):
        if boundary <= look:
            boundary = database.one("select oneai.next_reset(%s, %s, %s)", frequency, boundary, look)

    assert boundary == direct


@quickly
@given(FREQUENCIES, MOMENTS, MOMENTS)
def test_a_reset_by_use_and_one_by_the_schedule_open_the_same_window(
    database: Database, frequency: str, one: datetime, other: datetime
) -> None:
    due, now = sorted((one, other))
    with psycopg.connect(database.url("postgres")) as connection:  # one transaction: for it the clock stands still
        connection.execute("update local.clock set ahead = %s - pg_catalog.now()", [now])
        lazy, looked_at, scheduled = (_somebody(connection, frequency, due) for _ in range(3))

        connection.execute(
            "select oneai.reserve(%s, %s, %s)",
            [lazy, lazy, '[{"quota_key": "small_messages", "held": 1}]'],
        )
        connection.execute("select oneai.roll_windows(%s)", [looked_at])
        connection.execute("select oneai.reset_due_quotas(%s, 10)", [frequency])
        connection.execute("select oneai.settle_reservation(%s, 1)", [lazy])

        query: LiteralString = """
            select window_start, next_reset_at, used, reserved from oneai.usage_quotas where workspace_id = %s"""
        by_use, by_look, by_schedule = (
            connection.execute(query, [who]).fetchone() for who in (lazy, looked_at, scheduled)
        )
        connection.rollback()
    opened = {"3hour": 3 * HOUR, "daily": 24 * HOUR}.get(frequency)
    boundary = first_after(frequency, due, now)
    window = boundary - opened if opened else (boundary - HOUR).replace(day=1, hour=0)
    assert by_look == by_schedule == (window, boundary, 0, 0)
    assert by_use == (window, boundary, 1, 0)


@quickly
@given(FREQUENCIES, MOMENTS, MOMENTS, st.sampled_from(["use", "schedule"]))
@example("monthly", datetime(2024, 1, 31, 23, tzinfo=UTC), datetime(2024, 2, 29, 23, tzinfo=UTC), "schedule")
@example("monthly", datetime(2024, 2, 29, tzinfo=UTC), datetime(2025, 2, 28, tzinfo=UTC), "use")
@example("3hour", datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 1, 1, 2, tzinfo=UTC), "schedule")
def test_a_hold_from_before_a_reset_is_settled_outside_the_new_window(
    database: Database, frequency: str, one: datetime, other: datetime, by: str
) -> None:
    held_at, settled_at = sorted((one, other))
    # The clock stands still within a transaction, unless `local.ahead` is cleared.
    move: LiteralString = (
        "with moved as (update local.clock set ahead = %s - pg_catalog.now()) "
        "select set_config('local.ahead', '', true)"
    )
    with psycopg.connect(database.url("postgres")) as connection:
        connection.execute(move, [held_at])
        who = _somebody(connection, frequency, first_after(frequency, held_at, held_at))
        lines = '[{"quota_key": "small_messages", "held": 3}]'
        connection.execute("select oneai.reserve(%s, %s, %s)", [who, who, lines])

        connection.execute(move, [settled_at])
        if by == "schedule":
            connection.execute("select oneai.reset_due_quotas(%s, 10)", [frequency])
        else:
            connection.execute("select oneai.roll_windows(%s)", [who])
        connection.execute("select oneai.settle_reservation(%s, 2)", [who])

        found = connection.execute(
            "select used, reserved from oneai.usage_quotas where workspace_id = %s", [who]
        ).fetchone()
        connection.rollback()
    over = settled_at >= first_after(frequency, held_at, held_at)
    assert found == ((0, 0) if over else (7, 2))


def _somebody(connection: psycopg.Connection[tuple[object, ...]], frequency: str, due: datetime) -> UUID:
    """A user with one quota, half used, due at `due`."""
    row = connection.execute("insert into auth.users (id) values (gen_random_uuid()) returning id").fetchone()
    assert row is not None
    user = row[0]
    assert isinstance(user, UUID)
    connection.execute(
        "insert into oneai.reservations "
        "(id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day) "
        "values (%s, %s, %s, oneai.now(), 'free', 'maker/small', 'v1', oneai.today())",
        [user, user, user],
    )
    connection.execute("delete from oneai.usage_quotas where workspace_id = %s", [user])
    connection.execute(
        "insert into oneai.usage_quotas (workspace_id, quota_key, subscription_tier, quota_limit, used, reserved, "
        "reset_frequency, window_start, next_reset_at) "
        "values (%s, 'small_messages', 'free', 10, 5, 2, %s, oneai.window_before(%s, %s), %s)",
        [user, frequency, frequency, due, due],
    )
    return user


async def test_the_status_shows_the_new_window_before_any_reset(
    database: Database, monkeypatch: pytest.MonkeyPatch, asha: UUID
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
    environment.reset_cache()
    user = UserPrincipal(asha, None, None, is_anonymous=False, claims=f'{{"sub": "{asha}"}}')
    database.rows("update oneai.usage_quotas set used = 3 where workspace_id = %s", asha)
    database.advance(40 * 86_400)

    shown = await quota.status(user)

    assert {key: (shown.used, shown.remaining == shown.limit) for key, shown in shown.quotas.items()} == {
        "small_messages": (0, True),
        "large_messages": (0, True),
        "image_generation": (0, True),
        "web_searches": (0, True),
    }
    database.rows("select oneai.roll_windows(%s)", asha)
    assert {key: shown.resets_at for key, shown in shown.quotas.items()} == dict(
        database.rows("select quota_key, next_reset_at from oneai.usage_quotas where workspace_id = %s", asha)
    )
    await db.close()
    environment.reset_cache()


async def test_three_hour_windows_are_per_user_and_months_are_common(database: Database, asha: UUID) -> None:
    database.advance(1000)
    ravi = database.user("ravi@example.com")
    windows = "select window_start, next_reset_at from oneai.usage_quotas where workspace_id = %s and quota_key = %s"

    (hers_from, hers_to), (his_from, _) = (database.one(windows, who, "image_generation") for who in (asha, ravi))
    assert hers_to - hers_from == 3 * HOUR
    assert his_from - hers_from >= timedelta(seconds=1000)
    opened, ends = database.one(windows, asha, "small_messages")
    assert (opened.day, opened.time(), ends.day, ends.time()) == (1, datetime.min.time(), 1, datetime.min.time())
