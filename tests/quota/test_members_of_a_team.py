"""What a member of a team sees of its pool and of their own limit."""

import json
from dataclasses import dataclass
from uuid import UUID

import pytest

from oneai import quota, settings
from oneai.errors import QuotaExceeded
from oneai.postgres import db
from oneai.quota import CheckRequest
from oneai.quota.status import QuotaUsage
from tests.database.conftest import client as client  # noqa: PLC0414
from tests.database.conftest import clients as clients  # noqa: PLC0414
from tests.database.team_members import SMALL, ask_in, conversation_in, set_percent, set_pool, team_of
from tests.database.turns import TERMS, TurnClient
from tests.world import Database


@dataclass(frozen=True)
class Member:
    """A member whose request is about a team."""

    user_id: UUID
    workspace_id: UUID

    @property
    def claims(self) -> str:
        """As of a token."""
        return json.dumps({"sub": str(self.user_id), "role": "authenticated"})


@pytest.fixture
def ravi(database: Database, monkeypatch: pytest.MonkeyPatch) -> Member:
    """A member who may use a tenth of the team's hundred answers."""
    monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
    settings.reset_cache()
    user = database.user("ravi@example.com")
    team = team_of(database, database.user("asha@example.com"), member=user)
    set_pool(database, team, 100)
    set_percent(database, team, user, 10)
    return Member(user, team)


async def small(who: Member) -> QuotaUsage:
    """The status of the quota."""
    try:
        return (await quota.status(who)).quotas[SMALL]
    finally:
        await db.close()


async def test_the_status_of_a_team_says_the_pool_and_the_members_part(
    database: Database, client: TurnClient, ravi: Member
) -> None:
    owner: UUID = database.one("select oneai.owner_of(%s)", ravi.workspace_id)
    for user in (owner, owner, ravi.user_id):
        await client.settle((await ask_in(client, database, ravi.workspace_id, user)).message_id)
    await ask_in(client, database, ravi.workspace_id, ravi.user_id)

    his = (await small(ravi)).model_dump()
    hers = (await small(Member(owner, ravi.workspace_id))).model_dump()

    pool = {"limit": 100, "used": 3, "reserved": 1, "remaining": 96}
    assert {name: his[name] for name in pool} == {name: hers[name] for name in pool} == pool
    assert his["member"] == {"used": 1, "limit": 10}
    assert hers["member"] == {"used": 2, "limit": None}


async def test_a_personal_quota_has_no_members_part(ravi: Member) -> None:
    assert (await small(Member(ravi.user_id, ravi.user_id))).member is None


async def test_the_members_part_of_an_elapsed_window_is_shown_as_unused(
    database: Database, client: TurnClient, ravi: Member
) -> None:
    await client.settle((await ask_in(client, database, ravi.workspace_id, ravi.user_id)).message_id)
    database.advance(32 * 86_400)

    shown = await small(ravi)

    assert (shown.used, shown.member and shown.member.used) == (0, 0)


async def check(who: Member, units: int) -> dict[str, object] | None:
    """The refusal of a check; None if the units would be granted."""
    try:
        await quota.check(who, CheckRequest(quota_key="small_messages", units=units))
    except QuotaExceeded as refusal:
        return {"message": refusal.message, **refusal.extra}
    finally:
        await db.close()
    return None


async def test_a_check_names_the_members_limit_and_no_larger_plan(ravi: Member) -> None:
    assert await check(ravi, 10) is None

    refused = await check(ravi, 11)

    assert refused is not None
    assert (refused["of"], refused["raised_by"], refused["limit"]) == ("member", "admin", 10)
    assert refused["message"] == (
        "You have used up your share of your team's answers from small models for now. An admin can raise it."
    )
    assert refused["alternatives"] == []


async def test_a_check_names_the_pool_where_it_has_too_few_units_for_everyone(database: Database, ravi: Member) -> None:
    set_pool(database, ravi.workspace_id, 100, used=99)

    refused = await check(ravi, 11)

    assert refused is not None
    assert (refused["of"], refused["raised_by"], refused["limit"]) == ("workspace", "owner", 100)
    assert refused["message"] == "Your team has used up its answers from small models for now. An owner can add more."


@pytest.mark.parametrize(
    ("limits", "of"),
    [
        ((100, 10, None), None),
        ((100, 1, None), "member"),
        ((1, 10, None), "workspace"),
        ((100, 10, 4000), "member"),
        ((100, 100, 4000), None),
        ((100, 100, 300), "workspace"),
    ],
)
async def test_a_quote_says_which_limit_would_refuse_the_question(
    database: Database, client: TurnClient, ravi: Member, limits: tuple[int, int, int | None], of: str | None
) -> None:
    team, user = ravi.workspace_id, ravi.user_id
    pool, percent, ceiling = limits
    # One unit and 203 micro-dollars are held already.
    await ask_in(client, database, team, user)
    set_pool(database, team, pool)
    set_percent(database, team, user, percent)
    request = {
        "conversation_id": str(conversation_in(database, team, user)),
        "message": "Hello",
        "answers": [{"id": str(user), "model": "maker/small"}],
    }
    terms = {"free": True, "history_bytes": 0, "answers": [TERMS | {"daily_ceiling_micro_usd": ceiling}]}

    quoted = await client.call("select oneai.quote(%s, %s, %s)", user, json.dumps(request), json.dumps({"free": terms}))

    assert (quoted["allowed"], quoted["of"]) == (of is None, of)
