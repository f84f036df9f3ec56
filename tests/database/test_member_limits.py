"""A member's limit is one more line of each reservation in a team, beside the line of the pool."""

from uuid import UUID

import pytest

from tests.database.team_members import (
    SMALL,
    ask_in,
    join,
    leave,
    member_spend,
    member_use,
    set_percent,
    set_pool,
    team_of,
)
from tests.database.turns import SEARCHES, USAGE, TurnClient, quota, refusal
from tests.world import Database


@pytest.fixture
def team(database: Database, asha: UUID, ravi: UUID) -> UUID:
    """Of asha, the owner, and ravi, a member."""
    return team_of(database, asha, member=ravi)


@pytest.mark.parametrize(
    ("limit", "percent", "most"),
    [(100, 10, 10), (100, 100, 100), (99, 50, 49), (5, 10, 1), (1, 1, 1), (0, 50, 0), (100, None, None)],
)
def test_a_members_limit_is_rounded_down_but_at_least_one_unit(
    database: Database, limit: int, percent: int | None, most: int | None
) -> None:
    assert database.rows("select oneai.member_limit(%s, %s)", limit, percent) == [most]


async def test_an_answer_in_a_team_is_counted_for_its_member_too(
    database: Database, client: TurnClient, team: UUID, ravi: UUID, asha: UUID
) -> None:
    turn = await ask_in(client, database, team, ravi)
    assert (quota(database, team), member_use(database, team, ravi)) == ((0, 1), (0, 1))

    await client.settle(turn.message_id)

    assert (quota(database, team), member_use(database, team, ravi)) == ((1, 0), (1, 0))
    assert member_use(database, team, asha) == (0, 0)


async def test_a_personal_workspace_has_no_line_of_a_member(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)
    await client.settle(turn.message_id)

    assert database.rows("select counts_member from oneai.reservations") == [False]
    assert database.rows("select * from oneai.member_usage") == database.rows("select * from oneai.member_spend") == []


async def test_a_member_at_their_limit_is_refused_and_the_pool_has_units_left(
    database: Database, client: TurnClient, team: UUID, asha: UUID, ravi: UUID
) -> None:
    set_pool(database, team, 10)
    set_percent(database, team, ravi, 20)
    for _ in range(2):
        await client.settle((await ask_in(client, database, team, ravi)).message_id)

    refused = await refusal(ask_in(client, database, team, ravi))

    assert (refused.sqlstate, refused.code) == ("ON429", "quota_exceeded")
    stated = {name: refused.detail[name] for name in ("quota_key", "used", "reserved", "limit", "of", "raised_by")}
    assert stated == {"quota_key": SMALL, "used": 2, "reserved": 0, "limit": 2, "of": "member", "raised_by": "admin"}
    assert quota(database, team) == (2, 0), "nothing of the pool is held by a refused question"
    assert not (await ask_in(client, database, team, asha)).replay


async def test_the_pool_is_named_where_it_and_the_limit_are_both_exhausted(
    database: Database, client: TurnClient, team: UUID, asha: UUID, ravi: UUID
) -> None:
    set_pool(database, team, 2)
    set_percent(database, team, ravi, 50)
    await ask_in(client, database, team, asha)
    await ask_in(client, database, team, ravi)

    refused = await refusal(ask_in(client, database, team, ravi))

    assert (refused.code, refused.detail["of"], refused.detail["raised_by"]) == ("quota_exceeded", "workspace", "owner")
    assert (refused.detail["reserved"], refused.detail["limit"]) == (2, 2)


async def test_limits_of_several_members_may_add_up_to_more_than_the_pool(
    database: Database, client: TurnClient, team: UUID, asha: UUID, ravi: UUID
) -> None:
    set_pool(database, team, 4)
    for user in (asha, ravi):
        set_percent(database, team, user, 75)
    for user in (asha, asha, asha, ravi):
        await ask_in(client, database, team, user)

    refused = [await refusal(ask_in(client, database, team, user)) for user in (asha, ravi)]

    assert [each.detail["of"] for each in refused] == ["workspace", "workspace"]
    assert [member_use(database, team, user) for user in (asha, ravi)] == [(0, 3), (0, 1)]


async def test_a_limit_set_later_counts_what_was_used_before_it(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    set_pool(database, team, 10)
    first, second, third = [await ask_in(client, database, team, ravi) for _ in range(3)]
    set_percent(database, team, ravi, 20)

    assert (await refusal(ask_in(client, database, team, ravi))).detail["of"] == "member"
    # The answers that run while the limit falls are settled in full.
    for turn in (first, second, third):
        await client.settle(turn.message_id)
    assert member_use(database, team, ravi) == (3, 0)

    set_percent(database, team, ravi, 40)
    await ask_in(client, database, team, ravi)
    set_percent(database, team, ravi, None)
    await ask_in(client, database, team, ravi)
    assert member_use(database, team, ravi) == (3, 2)


async def test_leaving_and_joining_again_starts_neither_the_count_nor_the_limit_again(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    set_pool(database, team, 10)
    set_percent(database, team, ravi, 10)
    turn = await ask_in(client, database, team, ravi)
    leave(database, team, ravi)
    await client.settle(turn.message_id)
    join(database, team, ravi)

    assert member_use(database, team, ravi) == (1, 0)
    assert (await refusal(ask_in(client, database, team, ravi))).detail["of"] == "member"
    assert database.rows("select * from oneai.former_member_limits") == []


async def test_a_key_of_the_team_counts_for_its_member(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    set_pool(database, team, 10)
    set_percent(database, team, ravi, 10)
    key: UUID = database.one(
        "insert into oneai.api_keys (workspace_id, user_id, name, hint, scopes) "
        "values (%s, %s, 'Key', 'oneai_sk_…', array['chat']) returning id",
        *(team, ravi),
    )
    await client.settle((await client.admit(ravi, api_key=key)).message_id)

    assert member_use(database, team, ravi) == (1, 0)
    assert (await refusal(client.admit(ravi, api_key=key))).detail["of"] == "member"


async def test_an_answer_that_is_not_charged_returns_both_units(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    turn = await ask_in(client, database, team, ravi)

    await client.settle(turn.message_id, "", "failed", usage=USAGE | {"cost_micro_usd": 0})
    await client.settle(turn.message_id, "", "failed", usage=USAGE | {"cost_micro_usd": 0})

    assert (quota(database, team), member_use(database, team, ravi)) == ((0, 0), (0, 0))


async def test_an_answer_whose_process_died_is_settled_in_both_lines(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    turn = await ask_in(client, database, team, ravi)
    await client.checkpoint(turn.message_id, ("text", 0, "It rains"))
    database.rows("delete from oneai.conversations where id = %s", turn.conversation_id)
    database.advance(31)

    assert await client.expire_answer(turn.message_id)

    assert (quota(database, team), member_use(database, team, ravi)) == ((1, 0), (1, 0))


async def test_a_new_window_starts_the_members_count_again(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    set_pool(database, team, 10)
    set_percent(database, team, ravi, 10)
    old = await ask_in(client, database, team, ravi)
    database.advance(32 * 86_400)

    new = await ask_in(client, database, team, ravi)
    await client.expire_answer(old.message_id)

    assert member_use(database, team, ravi) == (0, 1), "the old answer is counted in its own window"
    await client.settle(new.message_id)
    assert member_use(database, team, ravi) == (1, 0)


async def test_a_plan_that_starts_a_window_counts_the_members_answers_since_then(
    database: Database, client: TurnClient, owner: TurnClient, team: UUID, ravi: UUID
) -> None:
    asha: UUID = database.one("select oneai.owner_of(%s)", team)
    await client.settle((await ask_in(client, database, team, ravi)).message_id)
    database.advance(60)
    since = database.one("select oneai.now()")
    database.advance(60)
    running = await ask_in(client, database, team, ravi)
    await client.settle((await ask_in(client, database, team, asha)).message_id)

    await owner.call("select oneai.set_entitled_plan(%s, 'pro', %s, %s)", team, since, since)

    assert quota(database, team) == (1, 1)
    assert [member_use(database, team, user) for user in (ravi, asha)] == [(0, 1), (1, 0)]
    await client.settle(running.message_id)
    assert (quota(database, team), member_use(database, team, ravi)) == ((2, 0), (1, 0))


async def test_an_image_models_text_moves_the_members_unit_with_the_pools(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    drawing = {"quota_key": "image_generation", "text_key": SMALL}
    moved = await ask_in(client, database, team, ravi, **drawing)
    await client.settle(moved.message_id, "Only words")

    assert [member_use(database, team, ravi, key) for key in ("image_generation", SMALL)] == [(0, 0), (1, 0)]

    # With the member's words used up, the unit remains an image.
    set_pool(database, team, 10, used=1)
    set_percent(database, team, ravi, 10)
    second = await ask_in(client, database, team, ravi, **drawing)
    await client.settle(second.message_id, "Only words")

    assert [member_use(database, team, ravi, key) for key in ("image_generation", SMALL)] == [(1, 0), (1, 0)]
    assert [quota(database, team, key) for key in ("image_generation", SMALL)] == [(1, 0), (1, 0)]


async def test_searches_of_the_web_have_a_line_of_the_member(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    set_percent(database, team, ravi, 10)
    first = await ask_in(client, database, team, ravi, web_search=True, **SEARCHES)
    assert member_use(database, team, ravi, "web_searches") == (0, 1)

    refused = await refusal(ask_in(client, database, team, ravi, web_search=True, **SEARCHES))

    assert (refused.detail["quota_key"], refused.detail["of"]) == ("web_searches", "member")
    assert member_use(database, team, ravi) == (0, 1), "the unit of the refused question is released"
    await client.settle(first.message_id, usage=USAGE | {"web_search_requests": 1})
    assert member_use(database, team, ravi, "web_searches") == (1, 0)


async def test_a_member_has_their_share_of_the_daily_ceiling(
    database: Database, client: TurnClient, team: UUID, asha: UUID, ravi: UUID
) -> None:
    # Each question holds 203 micro-dollars.
    ceiling = {"daily_ceiling_micro_usd": 2030}
    set_percent(database, team, ravi, 20)
    turn = await ask_in(client, database, team, ravi, **ceiling)
    assert member_spend(database, team, ravi) == 203
    await client.settle(turn.message_id)
    assert member_spend(database, team, ravi) == USAGE["cost_micro_usd"]

    await ask_in(client, database, team, ravi, **ceiling)
    refused = await refusal(ask_in(client, database, team, ravi, **ceiling))

    assert (refused.sqlstate, refused.code) == ("ON429", "rate_limited")
    assert (refused.detail["refusal"]["code"], refused.detail["of"]) == ("member_ceiling", "member")
    assert database.one("select spend_micro_usd from oneai.workspaces where id = %s", team) == 203 + 19
    await ask_in(client, database, team, asha, **ceiling)

    database.advance(86_400)
    await ask_in(client, database, team, ravi, **ceiling)
    assert member_spend(database, team, ravi) == 203


async def test_the_first_answer_of_a_members_day_is_admitted_at_any_cost(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    set_percent(database, team, ravi, 1)

    await ask_in(client, database, team, ravi, daily_ceiling_micro_usd=2030)

    refused = await refusal(ask_in(client, database, team, ravi, daily_ceiling_micro_usd=2030))
    assert refused.detail["of"] == "member"


async def test_a_corrected_cost_corrects_the_members_spend_too(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    turn = await ask_in(client, database, team, ravi)
    await client.settle(turn.message_id, usage=USAGE | {"estimated": True})

    await client.settle(turn.message_id, usage=USAGE | {"cost_micro_usd": 7})

    assert member_spend(database, team, ravi) == 7
    assert database.one("select spend_micro_usd from oneai.workspaces where id = %s", team) == 7


async def test_an_operators_reset_returns_the_members_their_units(
    database: Database, client: TurnClient, owner: TurnClient, team: UUID, ravi: UUID
) -> None:
    await client.settle((await ask_in(client, database, team, ravi)).message_id)

    assert await owner.call("select oneai.reset_quota(%s, %s)", team, SMALL) == 1

    assert (quota(database, team), member_use(database, team, ravi)) == ((0, 0), (0, 0))


async def test_an_erased_member_leaves_no_count_and_their_answer_is_settled(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    set_percent(database, team, ravi, 50)
    turn = await ask_in(client, database, team, ravi)
    database.rows("delete from auth.users where id = %s", ravi)
    await client.call("select oneai.erase(%s)", ravi)
    await client.settle(turn.message_id)

    assert quota(database, team)[1] == 0
    assert database.rows("select * from oneai.member_usage") == []
    assert database.rows("select * from oneai.member_spend") == []
    assert database.rows("select * from oneai.former_member_limits") == []
