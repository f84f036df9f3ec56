"""With a clock moved by weeks, mail is sent in time and summaries are not skipped."""

from datetime import timedelta
from pathlib import Path

from local.clock import Clock
from local.data_folder import REPOSITORY
from local.jobs import Jobs
from local.metrics import Metrics
from local.schedules import Scheduler
from local.template import read
from tests.notifications.conftest import Office
from tests.notifications.test_signing_up import SIGN_UP
from tests.usage.events import insert_event

MAIL = ("notify", "send_mail")


async def test_a_skipped_month_fails_no_mail_and_has_its_summary(office: Office, tmp_path: Path) -> None:
    triggers = [
        each for each in read(REPOSITORY / "template.yaml").triggers if (each.task or each.function.name) in MAIL
    ]
    scheduler = Scheduler(triggers, Clock(office.database.url("oneai_app")), Jobs(Metrics(tmp_path / "metrics.jsonl")))
    ravi = office.user("ravi@example.com")
    insert_event(office.database, ravi, office.database.one("select oneai.now()"))
    office.database.rows("select oneai.roll_up_usage(1)")
    office.database.rows(SIGN_UP, "0a5ea5a0-0000-4000-8000-000000000001", "asha@example.com", None)

    await scheduler.advance(timedelta(days=32))

    assert office.alerts() == []
    assert [mail["subject"] for mail in await office.arrived("asha@example.com")] == ["Welcome to OneAI"]
    (summary,) = await office.arrived("ravi@example.com")
    assert "1 answer" in summary["text"]
