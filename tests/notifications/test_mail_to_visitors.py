"""Mail to visitors of chatbots: who gets it, what is in it, how much there is, and what ends it."""

import asyncio
import json
import re
from typing import Any
from uuid import UUID

import pytest

from oneai import notifications
from oneai.chatbots.visitor import Visitor
from oneai.errors import NotFound
from oneai.inbox import visitor_mail
from oneai.inbox.visitor_mail import MailAddress
from tests.chatbots.made import public_id
from tests.database.visited_chatbots import VisitedChatbot
from tests.inbox.talks import insert_talk
from tests.notifications.conftest import Office
from tests.workspaces.teams import insert_team
from tests.world import Database

ADDRESS = "meera@visitor.example"


def _waiting(database: Database, chatbot: str) -> str:
    """A conversation of a new visitor who waits for a person."""
    talk = insert_talk(database, chatbot, "My secret question", "An answer", visit='{"language": "hi"}')
    database.rows("select oneai.hand_off(%s, 'visitor')", talk)
    return talk


async def _leave(office: Office, chatbot: str, talk: str, address: str = ADDRESS, network: bytes = b"one") -> str:
    """Leaves an address; the state afterwards."""
    visitor = office.database.one("select visitor_id from oneai.inbox_conversations where conversation_id = %s", talk)
    asked = Visitor(public_id(office.database, chatbot), visitor)
    return (await visitor_mail.leave_address(asked, UUID(talk), MailAddress(email=address), network)).mail


def _write(database: Database, member: UUID, talk: str, text: str) -> None:
    database.rows("select oneai.write_to_visitor(%s, %s, gen_random_uuid(), %s)", member, talk, text)


def _read(database: Database, chatbot: str, talk: str, *, hidden: bool = False) -> dict[str, Any]:
    visitor = database.one("select visitor_id from oneai.inbox_conversations where conversation_id = %s", talk)
    read: dict[str, Any] = database.one(
        "select oneai.visitor_messages(%s, %s, %s, 0, %s)", public_id(database, chatbot), visitor, talk, hidden
    )
    return read


def _token(mail: dict[str, Any]) -> str:
    (token,) = re.findall(r"https://api\.oneai\.example/api/mail/confirm\?token=([\w-]{43})", mail["text"])
    return str(token)


async def _later(office: Office) -> list[dict[str, Any]]:
    """The mails that visitors have after six minutes."""
    office.database.advance(361)
    await visitor_mail.enqueue_due()
    await office.send()
    return [mail for mail in await office.arrived() if mail["to"].endswith("visitor.example")]


async def test_a_visitor_gets_answers_by_mail_only_after_the_link_was_pressed(office: Office) -> None:
    database = office.database
    asha = office.user(full_name="Asha")
    team, other = insert_team(database, asha, tier="team"), insert_team(database, asha, tier="none")
    database.rows(
        "update oneai.workspaces set name = %s where id = %s", "Tea\r\nBcc: all@x.example\r\nhttp://evil.example", team
    )
    chatbot = VisitedChatbot.insert(database, team, {}).id
    talk, another = (_waiting(database, chatbot) for _ in range(2))
    assert _read(database, chatbot, talk)["mail"] == "offered"
    assert await _leave(office, chatbot, talk) == "unconfirmed"
    _write(database, asha, talk, "A secret answer")
    (mail,) = await _later(office)
    assert mail["to"] == ADDRESS
    assert "secret" not in mail["text"]
    assert "evil.example" not in mail["text"]
    assert "पुष्टि" in mail["subject"]
    assert mail.get("bcc") is None

    # Opening the page confirms nothing; the button does, for this conversation alone.
    token = _token(mail)
    await notifications.confirm_address(token)
    await notifications.confirm_address(token)
    assert _read(database, chatbot, talk, hidden=True)["mail"] == "confirmed"
    assert _read(database, chatbot, another)["mail"] == "offered"
    _write(database, asha, talk, "And one more")
    _write(database, asha, another, "For someone else")
    _, mail = await _later(office)
    assert "A secret answer" in mail["text"]
    assert "Asha: And one more" in mail["text"]
    assert "someone else" not in mail["text"]

    # What was read or mailed is not mailed again, nor is anything of a visitor who was forgotten.
    _write(database, asha, talk, "Read in the chat")
    _read(database, chatbot, talk)
    assert len(await _later(office)) == 2
    _write(database, asha, talk, "Never read")
    office.database.advance(361)
    assert await visitor_mail.enqueue_due() == 1
    database.rows("delete from oneai.conversations where id = %s", talk)
    assert len(await _later(office)) == 2
    assert (
        database.one("select problem from oneai.outbox where kind = 'visitor_messages' and state = 'skipped'")
        == "ended"
    )

    # Neither an expired link, nor a plan without mail, nor another workspace.
    assert await _leave(office, chatbot, another) == "unconfirmed"
    token = _token((await _later(office))[-1])
    database.advance(24 * 3600)
    with pytest.raises(NotFound):
        await notifications.confirm_address(token)
    assert await _leave(office, chatbot, another) == "unconfirmed"
    await notifications.confirm_address(_token((await _later(office))[-1]))
    database.rows("update oneai.chatbots set workspace_id = %s where id = %s", other, chatbot)
    database.rows("update oneai.conversations set workspace_id = %s where id = %s", other, another)
    database.rows("update oneai.inbox_conversations set workspace_id = %s where conversation_id = %s", other, another)
    assert _read(database, chatbot, another)["mail"] == "none"
    assert await _leave(office, chatbot, another) == "none"


async def test_two_hundred_addresses_of_strangers_get_no_text_and_the_plans_mails(office: Office) -> None:
    database = office.database
    asha = office.user()
    team = insert_team(database, asha, tier="team")
    chatbot = VisitedChatbot.insert(database, team, {}).id
    talks = [_waiting(database, chatbot) for _ in range(200)]
    # Those that come together share the limit of the workspace, and of the address.
    states = await asyncio.gather(
        *(_leave(office, chatbot, talk, f"v{n}@visitor.example", bytes([n])) for n, talk in enumerate(talks[:110]))
    )
    assert set(states) <= {"unconfirmed", "none", "offered"}
    counted = "select count(*) from oneai.visitor_mails where workspace_id = %s"
    assert database.one(counted, team) == 100
    for talk in talks:
        _write(database, asha, talk, "Buy now")
    await office.set_fault("throttled")
    await office.send()
    await office.set_fault(None)
    database.advance(120)
    mails = await _later(office)
    assert len(mails) == len({mail["to"] for mail in mails}) == 100
    assert not any("Buy now" in mail["text"] for mail in mails)
    assert database.one(counted, team) == 100
    assert await _leave(office, chatbot, talks[150], "late@visitor.example", b"late") == "none"

    database.advance(24 * 3600)
    for number, talk in enumerate(talks[120:126]):
        await _leave(office, chatbot, talk, "Same@visitor.example".lower(), bytes([number]))
    to_one = "select count(*) from oneai.visitor_mails where address_hash = oneai.address_hash('same@visitor.example')"
    assert database.one(to_one) == 3


async def test_mail_that_comes_back_or_is_unsubscribed_ends(office: Office) -> None:
    database = office.database
    asha = office.user()
    team = insert_team(database, asha, tier="enterprise")
    chatbot = VisitedChatbot.insert(database, team, {}).id
    talks = [_waiting(database, chatbot) for _ in range(7)]
    for number, talk in enumerate(talks):
        await _leave(office, chatbot, talk, f"v{number}@visitor.example", bytes([number]))
    mails = await _later(office)
    token = str(re.findall(r"unsubscribe\?token=([\w-]{43})", mails[0]["text"])[0])
    for _ in range(2):
        assert await notifications.unsubscribe(token) == "visitor"
    again = talks[int(mails[0]["to"][1])]
    assert await _leave(office, chatbot, again, mails[0]["to"], b"again") == "unconfirmed"
    assert len(await _later(office)) == 7

    def report(address: str) -> dict[str, Any]:
        about = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": address}]}
        message = json.dumps({"eventType": "Bounce", "bounce": about})
        return {"Records": [{"Sns": {"Message": message}}]}

    for mail in mails[2:]:
        for _ in range(2):
            assert _read(database, chatbot, talks[int(mails[1]["to"][1])])["mail"] == "unconfirmed"
            await notifications.bounces.handle(report(mail["to"]))
    assert "visitor_mail_stopped" in office.alerts()
    assert database.one("select data ->> 'failed' from oneai.outbox where kind = 'visitor_mail_stopped'") == "5"
    assert await _leave(office, chatbot, _waiting(database, chatbot), "new@visitor.example", b"new") == "none"
    database.advance(31 * 86400)
    assert await _leave(office, chatbot, _waiting(database, chatbot), "new@visitor.example", b"new") == "unconfirmed"
