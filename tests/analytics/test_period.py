"""The days of a report, and invalid ranges."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from oneai import settings, times
from oneai.analytics.period import ReportPeriod, parse_period
from oneai.errors import InvalidRequest
from oneai.settings import SettingsError

# In India it is already the 24th.
NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def parsed(since: str | None = None, until: str | None = None, tz: str | None = None) -> tuple[date, date]:
    """The first and the last day."""
    period = parse_period(since, until, tz, now=NOW)
    return period.since, period.until


def test_the_default_period_is_the_operators_last_thirty_days() -> None:
    assert parsed() == (date(2026, 10, 26), date(2026, 11, 24))
    assert parsed(tz="Asia/Kolkata") == parsed()


@pytest.mark.parametrize(
    ("own", "asked"),
    [
        ("Asia/Kolkata", "Asia/Calcutta"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("UTC", "Etc/Zulu"),
        ("Asia/Kathmandu",) * 2,
    ],
)
def test_another_name_of_the_operators_zone_is_the_same_zone(
    own: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPERATOR_TIME_ZONE", own)
    settings.reset_cache()

    try:
        assert parsed(tz=asked) == parsed()
        assert parse_period(None, None, asked, now=NOW).tz == own
    finally:
        monkeypatch.undo()
        settings.reset_cache()


@pytest.mark.parametrize("system", [True, False])
def test_zone_aliases_are_found_with_and_without_the_system_database(
    system: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not system:
        monkeypatch.setattr(times, "TZPATH", ())
    kolkata = ZoneInfo("Asia/Kolkata")

    assert times.is_same_zone(ZoneInfo("Asia/Calcutta"), kolkata)
    assert not times.is_same_zone(ZoneInfo("Asia/Colombo"), kolkata)


def test_both_days_are_included_and_instants_belong_to_their_day() -> None:
    assert parsed("2026-11-01", "2026-11-01") == (date(2026, 11, 1), date(2026, 11, 1))
    assert parsed("2026-10-31T18:30:00Z", "2026-11-30T18:30:00Z") == (date(2026, 11, 1), date(2026, 11, 30))
    assert parsed("2026-10-31T18:29:59Z", "2026-11-30T18:30:01Z") == (date(2026, 10, 31), date(2026, 12, 1))


@pytest.mark.parametrize(
    ("since", "until", "tz", "field", "code"),
    [
        ("2016-11-24", None, None, "from", "too_long"),
        ("2026-11-02", "2026-11-01", None, "from", "out_of_order"),
        ("2027-01-01", None, None, "from", "out_of_order"),
        (None, None, "Mars/Olympus", "tz", "unknown_time_zone"),
        (None, None, "Europe/Berlin", "tz", "not_a_choice"),
        ("yesterday", None, None, "from", "wrong_format"),
        (None, "2026-02-30", None, "to", "wrong_format"),
        (None, "9999-12-31", None, "to", "invalid"),
        ("0001-01-01", None, None, "from", "invalid"),
        (None, "0001-01-05", None, "to", "invalid"),
    ],
)
def test_an_invalid_range_is_refused_by_its_field(
    since: str | None, until: str | None, tz: str | None, field: str, code: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_period(since, until, tz, now=NOW)

    (detail,) = refused.value.extra["details"]
    assert (detail["field"], detail["code"]) == (field, code)


def test_the_period_before_has_the_same_length_and_ends_at_the_start() -> None:
    period = ReportPeriod(date(2026, 11, 1), date(2026, 11, 30), "Asia/Kolkata")

    assert period.before() == ReportPeriod(date(2026, 10, 2), date(2026, 10, 31), "Asia/Kolkata")
    assert (period.begins_at, period.ends_at) == (
        datetime(2026, 10, 31, 18, 30, tzinfo=UTC),
        datetime(2026, 11, 30, 18, 30, tzinfo=UTC),
    )


def test_a_setting_with_an_unknown_zone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR_TIME_ZONE", "Kolkata")
    settings.reset_cache()
    with pytest.raises(SettingsError, match="OPERATOR_TIME_ZONE"):
        parsed()
    monkeypatch.undo()
    settings.reset_cache()
