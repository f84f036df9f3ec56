"""The ratings shown to an operator are those of the users."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ops import feedback
from tests.usage.events import insert_event
from tests.world import Database

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def rated(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Two models in November, one of them rated on two days, and a rating in October."""
    asha: UUID = database.user("asha@example.com")
    for days, model in ((0, "maker/small"), (0, "maker/small"), (3, "maker/small"), (3, "maker/large")):
        insert_event(database, asha, NOON - timedelta(days=days), model=model)
    database.rows("select oneai.roll_up_usage(2)")
    database.rows(
        "insert into oneai.feedback_stats values ('2026-11-20', 'maker/small', 1, 0), "
        "('2026-11-17', 'maker/small', 0, 1), ('2026-10-31', 'maker/small', 100, 0), "
        "('2026-12-01', 'maker/small', 100, 0)"
    )
    monkeypatch.setenv("DATABASE_URL", database.url("postgres"))
    monkeypatch.setenv("MONTH", "2026-11")
    return database


def test_the_ratings_of_a_month_are_shown_by_model_and_by_day(
    rated: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert feedback.main([]) == 0

    assert [line.split() for line in capsys.readouterr().out.splitlines() if line] == [
        ["November", "2026,", "ratings", "of", "answers"],
        ["By", "model"],
        ["maker/small", "3", "answers", "1", "up", "1", "down", "50%", "positive"],
        ["maker/large", "1", "answer", "0", "up", "0", "down", "not", "rated"],
        ["By", "day"],
        ["17", "Tue", "2", "answers", "0", "up", "1", "down", "0%", "positive"],
        ["20", "Fri", "2", "answers", "1", "up", "0", "down", "100%", "positive"],
    ]


def test_a_month_without_answers_says_so(
    rated: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONTH", "2020-02")

    assert feedback.main([]) == 0

    assert "nothing was rated" in capsys.readouterr().out


def test_an_invalid_month_is_refused(
    rated: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONTH", "November")

    assert feedback.main([]) == 1

    assert "2026-11" in capsys.readouterr().err
