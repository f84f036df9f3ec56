"""Members of a team and its owners are mailed once about the member's limit."""

from uuid import UUID

import pytest

from oneai import notifications
from tests.database.team_members import SMALL, set_percent, set_pool, team_of
from tests.notifications.conftest import Office
from tests.notifications.test_email import written
from tests.notifications.test_triggers import now
from tests.usage.events import insert_event


def use(office: Office, team: UUID, user: UUID, units: int) -> None:
    """Sets the member's used units in the current window, with the last use just now."""
    office.database.rows(
        "insert into oneai.member_usage (workspace_id, user_id, quota_key, window_start, used) "
        "select workspace_id, %s, quota_key, window_start, %s from oneai.usage_quotas "
        "where workspace_id = %s and quota_key = %s "
        "on conflict (workspace_id, user_id, quota_key) do update set used = excluded.used",
        *(user, units, team, SMALL),
    )
    insert_event(office.database, user, now(office))
    office.database.rows("update oneai.usage_events set workspace_id = %s where user_id = %s", team, user)


def mails(office: Office) -> list[tuple[UUID, str, int]]:
    """Receiver, whose limit, and threshold of each warning."""
    return office.database.rows(
        "select user_id, data ->> 'whose', (data ->> 'threshold')::integer from oneai.outbox "
        "where kind = 'quota_warning' order by created_at, data ->> 'whose'"
    )


async def test_a_member_and_the_owners_are_mailed_once_at_80_and_at_100_percent(office: Office) -> None:
    asha, ravi, meera = office.user(), office.user("ravi@example.com"), office.user("meera@example.com")
    team = team_of(office.database, asha, member=ravi)
    team_of(office.database, meera, member=asha)
    set_pool(office.database, team, 100)
    set_percent(office.database, team, ravi, 10)

    for units in (7, 8, 9, 10):
        use(office, team, ravi, units)
        for _ in range(2):
            await notifications.notify()

    assert mails(office) == [(asha, "member", 80), (ravi, "share", 80), (asha, "member", 100), (ravi, "share", 100)]
    limits = "select distinct (data -> 'limit')::integer from oneai.outbox where kind = 'quota_warning'"
    assert office.database.rows(limits) == [10]


async def test_a_member_without_a_limit_gets_no_warning_of_their_own(office: Office) -> None:
    asha, ravi = office.user(), office.user("ravi@example.com")
    team = team_of(office.database, asha, member=ravi)
    set_pool(office.database, team, 100)

    use(office, team, ravi, 100)
    await notifications.notify()
    assert mails(office) == []

    set_percent(office.database, team, ravi, 50)
    await notifications.notify()
    assert [whose for _, whose, _ in mails(office)] == ["member", "share"]


@pytest.mark.parametrize(
    ("language", "whose", "texts"),
    [
        ("en", "share", ("you have used 90 of your share of 100", "An admin of your team can raise it")),
        ("en", "member", ("Ravi has used 90 of their share of 100", "You can raise it in the settings of your team")),
        ("hi", "share", ("इस अवधि में आपने टीम के कोटे में से", "100 में से 90", "कोई एडमिन उसे बढ़ा सकता है")),
        ("hi", "member", ("इस अवधि में Ravi ने टीम के कोटे में से", "100 में से 90", "आप उसे अपनी टीम की सेटिंग में")),
    ],
)
def test_the_mail_says_whose_share_it_is_and_who_can_raise_it(
    language: str, whose: str, texts: tuple[str, ...]
) -> None:
    _, text, _ = written("quota_warning", language, whose=whose, member="Ravi", threshold=80, used=90, limit=100)

    flat = " ".join(text.split())
    assert [each for each in texts if each not in flat] == []


def test_a_members_name_that_is_no_name_is_left_out() -> None:
    _, text, _ = written("quota_warning", whose="member", member="https://evil.example/win")

    assert "evil" not in text
    assert "a member of your team has used" in text.lower()
