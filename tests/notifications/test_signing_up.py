"""A new user is welcomed once, in their language; and no failure of that prevents signing up."""

from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from oneai.plans.limits_and_prices import PLANS
from tests.notifications.conftest import Office

pytestmark = pytest.mark.sampled(0.4)

SIGN_UP = "insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data) values (%s, %s, now(), %s)"


async def test_a_new_user_is_welcomed_once_by_name(office: Office) -> None:
    user = uuid4()
    office.database.rows(SIGN_UP, user, "asha@example.com", Jsonb({"full_name": "Asha Rao"}))
    office.database.rows("select oneai.ensure_user(%s)", user)
    for _ in range(3):
        await office.send()

    (mail,) = await office.arrived()
    assert (mail["subject"], mail["text"].splitlines()[0]) == ("Welcome to OneAI", "Welcome, Asha Rao")


@pytest.mark.parametrize(
    ("metadata", "subject"),
    [
        ({"language": "hi"}, "OneAI में आपका स्वागत है"),
        ({"locale": "hi-IN"}, "OneAI में आपका स्वागत है"),
        ({"locale": "hill"}, "Welcome to OneAI"),
        ({"locale": "en-GB"}, "Welcome to OneAI"),
        ({"locale": {"odd": 1}}, "Welcome to OneAI"),
        ([], "Welcome to OneAI"),
    ],
)
async def test_a_new_user_is_welcomed_in_the_language_of_their_provider(
    metadata: object, subject: str, office: Office
) -> None:
    office.database.rows(SIGN_UP, uuid4(), "asha@example.com", Jsonb(metadata))
    await office.send()

    assert [mail["subject"] for mail in await office.arrived()] == [subject]


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        ({"language": "hi", "theme": "dark"}, ("hi", "dark")),
        ({"language": "hi", "theme": "system"}, ("hi", "system")),
        ({"language": "en", "theme": "light"}, ("en", "light")),
        ({"language": "en", "theme": "pink"}, None),
        ({"theme": {"odd": 1}}, None),
    ],
)
async def test_language_and_theme_of_the_sign_up_page_become_the_accounts(
    metadata: object, kept: tuple[str, str] | None, office: Office
) -> None:
    user = uuid4()
    office.database.rows(SIGN_UP, user, "asha@example.com", Jsonb(metadata))

    stored = office.database.rows("select language, theme from oneai.preferences where user_id = %s", user)
    assert stored == ([kept] if kept else [])
    assert office.database.rows("select kind from oneai.operator_alerts") == []


async def test_a_user_without_an_address_is_not_welcomed(office: Office) -> None:
    office.database.rows(SIGN_UP, uuid4(), None, None)

    assert office.database.rows("select * from oneai.outbox") == []


async def test_a_welcome_that_cannot_be_enqueued_affects_no_quotas(office: Office) -> None:
    office.database.rows("alter table oneai.outbox add check (kind <> 'welcome')")
    user = uuid4()
    office.database.rows(SIGN_UP, user, "asha@example.com", None)

    keys = office.database.rows("select quota_key from oneai.usage_quotas where workspace_id = %s", user)
    assert set(keys) == set(PLANS["free"].quotas)
    assert office.database.rows("select kind, subject from oneai.operator_alerts") == [
        ("signup_incomplete", "no_welcome")
    ]
