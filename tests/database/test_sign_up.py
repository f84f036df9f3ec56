"""A new auth user gets a row with quotas. If that fails, the sign-up still succeeds."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.database.conftest import TurnClients
from tests.database.rows import hold_locks
from tests.database.turns import TurnClient, quota
from tests.patience import PATIENCE
from tests.world import Database

pytestmark = pytest.mark.sampled(0.4)

PLAN = [
    ("image_generation", 5, "3hour"),
    ("large_messages", 20, "monthly"),
    ("small_messages", 100, "monthly"),
    ("web_searches", 10, "monthly"),
]
QUOTAS = (
    "select quota_key, quota_limit, reset_frequency from oneai.usage_quotas where workspace_id = %s order by quota_key"
)


async def sign_up(database: Database, email: str | None = None, *, sso: bool = False, **metadata: Any) -> UUID:
    """Inserts a user in Supabase Auth's role, as Supabase Auth does."""
    user = uuid4()
    connection = await psycopg.AsyncConnection.connect(database.url("supabase_auth_admin"), autocommit=True)
    async with connection:
        await connection.execute(
            "insert into auth.users (id, email, is_sso_user, raw_app_meta_data, raw_user_meta_data) "
            "values (%s, %s, %s, %s, %s)",
            [user, email, sso, Jsonb(metadata.get("app")), Jsonb(metadata.get("user"))],
        )
    return user


async def test_a_new_user_gets_the_free_plan_and_the_profile_of_their_provider(database: Database) -> None:
    user = await sign_up(
        database,
        "asha@example.com",
        app={"provider": "google", "providers": ["google"]},
        user={"full_name": "Asha Rao", "avatar_url": "https://example.com/asha.png", "sub": "1234"},
    )

    assert database.one(
        "select u.email, u.name, u.picture_url, u.provider_type, u.provider_id, w.subscription_tier, "
        "w.subscription_status from oneai.users as u join oneai.workspaces as w on w.personal_of = u.id where "
        "u.id = %s",
        user,
    ) == ("asha@example.com", "Asha Rao", "https://example.com/asha.png", "google", "1234", "free", "active")
    assert database.rows(QUOTAS, user) == PLAN
    assert database.rows("select * from oneai.operator_alerts") == []


@pytest.mark.parametrize("user", [None, "a string", [], {"name": {"first": "Asha"}}, {"full_name": None}])
async def test_a_sign_up_without_an_address_and_with_odd_metadata_succeeds(database: Database, user: object) -> None:
    user = await sign_up(database, None, user=user)

    assert database.one("select email from oneai.users where id = %s", user) is None
    assert database.rows(QUOTAS, user) == PLAN


async def test_two_accounts_may_have_the_same_address(database: Database) -> None:
    people = [await sign_up(database, "asha@example.com"), await sign_up(database, "asha@example.com", sso=True)]

    for user in people:
        assert database.rows(QUOTAS, user) == PLAN
    assert database.rows("select * from oneai.operator_alerts") == []


async def test_a_second_provider_of_a_user_changes_nothing(database: Database, asha: UUID) -> None:
    before = database.rows("select * from oneai.users"), database.rows("select * from oneai.usage_quotas")

    database.rows(
        "insert into auth.identities (user_id, provider_id, provider, identity_data) values (%s, '9', 'github', %s)",
        asha,
        Jsonb({"email": "asha@example.com"}),
    )
    database.rows("update auth.users set raw_app_meta_data = %s", Jsonb({"providers": ["email", "github"]}))
    database.rows("select oneai.ensure_user(%s)", asha)

    assert before == (database.rows("select * from oneai.users"), database.rows("select * from oneai.usage_quotas"))


BROKEN = {
    "the plans' table is gone": (
        "alter table oneai.plan_quotas rename to elsewhere",
        "alter table oneai.elsewhere rename to plan_quotas",
    ),
    "the plans are empty": (
        "create table oneai.kept as select * from oneai.plan_quotas; delete from oneai.plan_quotas",
        "insert into oneai.plan_quotas select * from oneai.kept",
    ),
    "a plan says nonsense": (
        "alter table oneai.plan_quotas alter reset_frequency type text; "
        "update oneai.plan_quotas set reset_frequency = 'never'",
        "update oneai.plan_quotas set reset_frequency = case quota_key "
        "when 'image_generation' then '3hour' else 'monthly' end; "
        "alter table oneai.plan_quotas alter reset_frequency type oneai.reset_frequency",
    ),
    "the people's table wants more": (
        "alter table oneai.users add shoe_size integer not null",
        "alter table oneai.users drop shoe_size",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_failing_trigger_lets_the_sign_up_through_with_an_alert_and_later_repair(
    database: Database, client: TurnClient, what: str
) -> None:
    breaks, repairs = BROKEN[what]
    database.rows(breaks)

    people = [await sign_up(database, f"{n}@example.com") for n in range(2)]

    assert database.rows("select id from auth.users order by email") == people
    assert database.rows("select kind, count from oneai.operator_alerts") == [("signup_incomplete", 2)]
    assert database.rows(QUOTAS, people[0]) == []
    database.rows(repairs)
    await client.admit(people[0])
    assert database.rows(QUOTAS, people[0]) == PLAN
    assert quota(database, people[0]) == (0, 1)


async def test_a_sign_up_succeeds_even_if_the_alert_cannot_be_stored(database: Database) -> None:
    database.rows("drop function oneai.ensure_user; drop table oneai.operator_alerts")

    assert await sign_up(database, "asha@example.com")


async def test_a_sign_up_does_not_wait_for_a_migration_that_locks_the_plans(
    database: Database, client: TurnClient
) -> None:
    async with hold_locks(database, "lock table oneai.plan_quotas in access exclusive mode"):
        user = await asyncio.wait_for(sign_up(database, "asha@example.com"), PATIENCE)

    assert database.rows("select kind from oneai.operator_alerts") == ["signup_incomplete"]
    await client.admit(user)


async def test_concurrent_questions_that_complete_a_sign_up_add_one_set_of_quotas(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    database.rows("delete from oneai.users")

    await asyncio.gather(*(each.admit(asha) for each in await clients(8)))

    assert database.rows(QUOTAS, asha) == PLAN
    assert quota(database, asha) == (0, 8)
