"""Mail goes only to addresses that are confirmed, take mail, and whose owners want it at that moment."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from oneai import notifications
from tests.notifications.conftest import Office

pytestmark = pytest.mark.sampled(0.4)

WITH_WARNINGS = '{"notifications": {"quota": true}}'
WITHOUT_WARNINGS = '{"notifications": {"quota": false}}'
EVENTS = Path(__file__).parents[2] / "events" / "mail_feedback"


def report(name: str, **changes: object) -> dict[str, Any]:
    """A report of SES as SNS delivers it; `changes` to its own part."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    (record,) = event["Records"]
    report = json.loads(record["Sns"]["Message"])
    report[name] |= changes
    record["Sns"]["Message"] = json.dumps(report)
    return event


@pytest.mark.parametrize("name", ["bounce", "complaint"])
async def test_an_address_that_bounced_or_complained_gets_no_more_mail_in_any_spelling(
    name: str, office: Office
) -> None:
    asha, ravi = office.user("Asha@Example.com"), office.user("ravi@example.com")
    assert await notifications.bounces.handle(report(name)) == {"stopped": 1}
    assert await notifications.bounces.handle(report(name)) == {"stopped": 1}
    office.post(asha, "asha")
    office.post(asha, "receipt", kind="payment_receipt")
    office.post(ravi, "ravi")

    await office.send()
    assert [mail["to"] for mail in await office.arrived()] == ["ravi@example.com"]
    assert office.database.rows("select distinct problem from oneai.outbox where state = 'skipped'") == ["suppressed"]
    assert "asha" not in str(office.database.rows("select s::text from oneai.mail_suppressions as s"))


@pytest.mark.parametrize(
    "event",
    [
        report("bounce", bounceType="Transient", bounceSubType="MailboxFull"),
        {},
        {"Records": []},
        {"Records": [{"Sns": {"Message": "not JSON"}}, {"Sns": {"Message": "[]"}}, {"Sns": {}}, {}]},
        {"Records": [{"Sns": {"Message": '{"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}}'}}]},
        {"Records": [{"Sns": {"Message": '{"eventType": "Delivery", "delivery": {}}'}}]},
    ],
)
async def test_a_full_mailbox_or_an_unknown_report_stops_nothing(event: dict[str, Any], office: Office) -> None:
    assert await notifications.bounces.handle(event) == {"stopped": 0}
    office.post(office.user())

    assert (await office.send())["sent"] == 1


async def test_mail_unsubscribed_after_it_was_enqueued_is_not_sent(office: Office) -> None:
    asha = office.user()
    office.post(asha)
    office.database.rows("select oneai.update_preferences(%s, %s)", asha, WITHOUT_WARNINGS)
    assert (await office.send())["sent"] == 0

    office.database.rows("select oneai.update_preferences(%s, %s)", asha, WITH_WARNINGS)
    office.post(asha, "another")
    assert (await office.send())["sent"] == 1
    assert sorted(office.states()) == ["sent", "skipped"]


async def test_mail_is_sent_to_a_confirmed_address_alone(office: Office) -> None:
    user = uuid4()
    office.database.rows("insert into auth.users (id, email) values (%s, 'stranger@example.com')", user)
    assert (await office.send())["sent"] == 0

    office.database.rows("update auth.users set email_confirmed_at = now() where id = %s", user)
    office.database.advance(901)
    assert (await office.send())["sent"] == 1
    (welcome,) = await office.arrived()
    assert (welcome["to"], welcome["subject"]) == ("stranger@example.com", "Welcome to OneAI")


async def test_an_address_that_is_never_confirmed_is_dropped_silently(office: Office) -> None:
    office.database.rows("insert into auth.users (id, email) values (%s, 'stranger@example.com')", uuid4())
    for _ in range(5):
        await office.send()
        office.database.advance(86_400)

    assert office.database.rows("select state from oneai.outbox") == ["failed"]
    assert office.alerts() == []
    assert await office.arrived() == []


async def test_mail_goes_to_the_current_address_of_the_user(office: Office) -> None:
    asha = office.user("old@example.com")
    office.post(asha)
    office.database.rows("update auth.users set email = 'new@example.com' where id = %s", asha)
    await office.send()

    assert [mail["to"] for mail in await office.arrived()] == ["new@example.com"]


@pytest.mark.parametrize("column", ["suspended_at", "deletes_at"])
async def test_a_suspended_or_leaving_user_gets_receipts_alone(column: str, office: Office) -> None:
    asha = office.user()
    if column == "suspended_at":
        office.database.rows("update oneai.users set suspended_at = now() where id = %s", asha)
    else:
        office.database.rows("update oneai.users set deletes_at = now() where id = %s", asha)
    office.post(asha)
    receipt(office, asha)

    assert (await office.send())["sent"] == 1
    assert [mail["subject"] for mail in await office.arrived()] == ["Receipt: ₹1,499.00 for OneAI Pro"]


def receipt(office: Office, user: UUID) -> None:
    """Money came in."""
    data = {"plan": "Pro", "amount": 149_900, "currency": "INR", "payment_id": "pay_1", "paid_at": "2026-11-21T06:30Z"}
    office.database.rows("select oneai.enqueue_mail(%s, 'payment_receipt', 'pay_1', %s)", user, json.dumps(data))


async def test_a_deleted_user_takes_their_mail_with_them(office: Office) -> None:
    asha = office.user()
    office.post(asha)
    office.database.rows("select oneai.update_preferences(%s, %s)", asha, WITH_WARNINGS)
    office.database.rows("delete from auth.users where id = %s", asha)

    assert (await office.send())["sent"] == 0
    assert office.database.rows("select * from oneai.outbox") == []
    assert office.database.rows("select * from oneai.preferences") == []
