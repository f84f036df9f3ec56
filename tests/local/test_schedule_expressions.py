"""EventBridge's expressions mean locally what they mean on AWS."""

from datetime import UTC, datetime

import pytest

from local.cron import ExpressionError, parse

SATURDAY = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 minute)", "2026-11-21 03:01"),
        ("rate(3 hours)", "2026-11-21 06:00"),
        ("rate(2 days)", "2026-11-23 03:00"),
        ("cron(0 3 * * ? *)", "2026-11-22 03:00"),  # now is over: the next one
        ("cron(0/15 * * * ? *)", "2026-11-21 03:15"),
        ("cron(10,40 4-6 * * ? *)", "2026-11-21 04:10"),
        ("cron(0 0 1 * ? *)", "2026-12-01 00:00"),
        ("cron(0 0 L * ? *)", "2026-11-30 00:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29 00:00"),
        ("cron(0 9 ? * MON-FRI *)", "2026-11-23 09:00"),
        ("cron(0 9 ? * FRI-SUN *)", "2026-11-21 09:00"),
        ("cron(0 9 ? * 6L *)", "2026-11-27 09:00"),
        ("cron(0 9 ? * TUE#2 *)", "2026-12-08 09:00"),
        ("cron(0 0 1W 8 ? *)", "2027-08-02 00:00"),  # the 1st is a Sunday
        ("cron(0 0 LW 10 ? *)", "2027-10-29 00:00"),  # the 31st is one, too
        ("cron(30 23 31 12 ? 2030)", "2030-12-31 23:30"),
    ],
)
def test_the_next_run_follows_the_expression(expression: str, expected: str) -> None:
    following = parse(expression).next_after(SATURDAY)

    assert following is not None
    assert f"{following:%Y-%m-%d %H:%M}" == expected


def test_a_time_zone_decides_when_a_day_begins() -> None:
    assert parse("cron(0 0 * * ? *)", "Asia/Kolkata").next_after(SATURDAY) == datetime(2026, 11, 21, 18, 30, tzinfo=UTC)


def test_a_past_year_never_comes_again() -> None:
    assert parse("cron(0 0 1 1 ? 2025)").next_after(SATURDAY) is None


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 minutes)",
        "rate(1 week)",
        "every minute",
        "cron(0 3 * * ?)",
        "cron(0 3 * * * *)",
        "cron(0 3 ? * ? *)",
        "cron(60 3 * * ? *)",
        "cron(0/0 3 * * ? *)",
        "cron(0 3 * FOO ? *)",
    ],
)
def test_an_expression_that_eventbridge_refuses_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError):
        parse(expression)
