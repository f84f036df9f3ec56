"""The mail of an invitation: to whom it is sent, in which language, and what strangers can write into it."""

import re
from typing import Any
from uuid import UUID

from tests.notifications.conftest import Office
from tests.workspaces.teams import insert_team


def invite(office: Office, team: UUID, inviter: UUID, email: str = "meera@example.com") -> str:
    """Invites an address; the invitation's id."""
    made: dict[str, Any] = office.database.one("select oneai.invite_one(%s, %s, %s, 'member', 7)", inviter, team, email)
    return str(made["id"])


def token_in(text: str) -> str:
    """The token of the link in a mail."""
    (token,) = re.findall(r"https://oneai\.example/invite/([\w-]{43})\b", text)
    return str(token)


def state_of(office: Office, token: str) -> str:
    """What a lookup by this token reports."""
    found: dict[str, Any] = office.database.one("select oneai.look_up_invitation(sha256(%s))", token.encode())
    return str(found["state"])


async def test_the_mail_has_the_link_and_goes_to_the_invited_address(office: Office) -> None:
    asha = office.user(full_name="Asha Rao")
    team = insert_team(office.database, asha)
    invite(office, team, asha)

    await office.send()

    (mail,) = await office.arrived()
    assert mail["to"] == "meera@example.com"
    assert "“Asha Rao” invites you to the team “Tea " in mail["text"]
    assert state_of(office, token_in(mail["text"])) == "open"
    await office.send()
    assert len(await office.arrived()) == 1


async def test_a_mail_that_is_sent_again_ends_the_link_before(office: Office) -> None:
    asha = office.user()
    team = insert_team(office.database, asha)
    invitation = invite(office, team, asha)
    await office.send()

    office.database.rows("select oneai.resend_invitation(%s, %s, %s, 7)", asha, team, invitation)
    await office.send()

    first, second = (token_in(mail["text"]) for mail in await office.arrived())
    assert first != second
    assert state_of(office, second) == "open"
    known = "select count(*) from oneai.invitations where token_hash = sha256(%s)"
    assert office.database.one(known, first.encode()) == 0


async def test_no_mail_goes_to_a_suppressed_address_or_for_an_ended_invitation(office: Office) -> None:
    asha = office.user()
    team = insert_team(office.database, asha, seats=9)
    office.database.rows("select oneai.suppress_mail('Meera@Example.com', 'complaint')")
    invite(office, team, asha)
    revoked = invite(office, team, asha, "ravi@example.com")
    office.database.rows("select oneai.revoke_invitation(%s, %s, %s)", asha, team, revoked)

    await office.send()

    assert await office.arrived() == []
    problems = "select problem from oneai.outbox where kind = 'invitation' and state = 'skipped' order by 1"
    assert office.database.rows(problems) == ["ended", "suppressed"]


async def test_the_mail_is_in_the_language_of_the_team_or_of_its_inviter(office: Office) -> None:
    asha = office.user(language="hi")
    team = insert_team(office.database, asha, seats=9)
    invite(office, team, asha, "one@example.com")
    await office.send()
    office.database.rows("update oneai.workspaces set language = 'en' where id = %s", team)
    invite(office, team, asha, "two@example.com")
    await office.send()

    hindi, english = await office.arrived()
    assert "टीम" in hindi["subject"]
    assert "invitation" in english["subject"]


async def test_names_bring_no_links_and_no_headers_into_the_mail(office: Office) -> None:
    asha = office.user(full_name="Your bank https://evil.example/login")
    team = insert_team(office.database, asha)
    office.database.rows(
        "update oneai.workspaces set name = %s where id = %s",
        "Click www.evil.example/pay now or mail a@evil.example <a href=https://evil.example>",
        team,
    )
    invite(office, team, asha)

    await office.send()

    (mail,) = await office.arrived()
    assert mail["text"].count("https://") == 1
    for stranger in ("evil.example", "www.", "@evil", "<a href=https://evil"):
        assert stranger not in mail["text"]
        assert stranger not in mail["subject"]
