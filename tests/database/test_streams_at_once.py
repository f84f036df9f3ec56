"""Open streams of one user are counted exactly, over however many connections they are asked for."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

from tests.database.conftest import TurnClients
from tests.database.team_members import ask_in, team_of
from tests.database.turns import TurnClient, code, quota, refusal
from tests.workspaces.teams import remove_member
from tests.world import Database


def followers(database: Database) -> list[UUID]:
    """The holders of places, the oldest first."""
    return database.rows("select id from oneai.answer_followers where expires_at > oneai.now() order by n")


async def test_concurrent_questions_are_admitted_up_to_the_limit_of_the_plan(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    asked = [each.admit(asha, f"{n}", at_once=4) for n, each in enumerate(await clients(16))]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)

    assert Counter(map(code, outcomes)) == {"new": 4, "rate_limited": 12}
    assert quota(database, asha) == (0, 4)
    (one,) = await clients(1)
    await one.admit(ravi, at_once=4)


async def test_compared_answers_are_admitted_together_or_not_at_all(client: TurnClient, asha: UUID) -> None:
    await client.admit(asha, at_once=4)

    assert (await refusal(client.admit(asha, others=[uuid4() for _ in range(3)], at_once=4))).code == "rate_limited"
    await client.admit(asha, others=[uuid4() for _ in range(2)], at_once=4)


async def test_a_repeated_question_does_not_count_as_another_answer(client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha, at_once=1)

    assert (await client.admit(asha, message_id=turn.message_id, at_once=1)).replay


async def test_three_of_many_concurrent_followers_keep_their_places(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    turn = await client.admit(asha)
    ids = [uuid4() for _ in range(16)]

    ended = await asyncio.gather(
        *(each.follow(asha, turn.message_id, one) for each, one in zip(await clients(16), ids, strict=True))
    )

    kept = followers(database)
    assert len(kept) == 3
    # Each of the others was ended once, by one that came after it.
    assert sorted([*kept, *(one for some in ended for one in some or ())]) == sorted(ids)
    assert [await client.follow(asha, turn.message_id, one, renew=True) for one in kept] == [[], [], []]
    for one in set(ids) - set(kept):
        assert await client.follow(asha, turn.message_id, one, renew=True) is None


async def test_answers_and_followers_together_are_limited_to_twice_the_answers(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turns = [await client.admit(asha, at_once=3) for _ in range(2)]
    ids = [uuid4() for _ in range(6)]
    for n, one in enumerate(ids[:4]):
        assert await client.follow(asha, turns[n % 2].message_id, one, at_once=3) == []

    assert await client.follow(asha, turns[0].message_id, ids[4], at_once=3) == [ids[0]]
    await client.admit(asha, at_once=3)
    assert followers(database) == ids[2:5]

    await client.settle(turns[0].message_id)
    assert followers(database) == [ids[3]]


async def test_the_place_of_a_crashed_follower_is_free_when_its_lease_expires(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    crashed, lives = uuid4(), uuid4()
    await client.follow(asha, turn.message_id, crashed)
    await client.follow(asha, turn.message_id, lives)
    database.advance(20)
    assert await client.follow(asha, turn.message_id, lives, renew=True) == []
    database.advance(20)
    await client.checkpoint(turn.message_id)

    assert followers(database) == [lives]
    assert await client.follow(asha, turn.message_id, crashed, renew=True) is None
    assert [await client.follow(asha, turn.message_id, uuid4()) for _ in range(2)] == [[], []]
    assert database.one("select count(*) from oneai.answer_followers") == 3


async def test_a_place_at_an_answer_of_another_user_can_neither_be_taken_nor_renewed(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    turn = await client.admit(asha)
    follower = uuid4()
    await client.follow(asha, turn.message_id, follower)

    await client.follow(ravi, turn.message_id, uuid4())
    assert await client.follow(ravi, turn.message_id, follower, renew=True) is None

    assert followers(database) == [follower]


async def test_a_follower_that_renews_its_place_during_settlement_is_not_ended(client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)
    follower = uuid4()
    await client.follow(asha, turn.message_id, follower)
    await client.settle(turn.message_id)

    assert await client.follow(asha, turn.message_id, follower, renew=True) == []


async def test_a_removed_member_renews_no_place_at_a_colleagues_answer(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    team = team_of(database, asha, member=ravi)
    turn = await client.admit(asha)
    shared = "update oneai.conversations set workspace_id = %s, visibility = 'workspace' where id = %s"
    database.rows(shared, team, turn.conversation_id)
    follower = uuid4()
    assert await client.follow(ravi, turn.message_id, follower) == []
    assert await client.follow(ravi, turn.message_id, follower, renew=True) == []

    remove_member(database, team, ravi)

    assert await client.follow(ravi, turn.message_id, follower, renew=True) is None


async def test_the_members_of_a_team_share_its_limit_and_keep_their_own_answers(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    team = team_of(database, asha, member=ravi)
    key = database.one(
        "insert into oneai.api_keys (workspace_id, user_id, name, hint, scopes) "
        "values (%s, %s, 'Key', 'oneai_sk_…', array['chat']) returning id",
        *(team, ravi),
    )
    limits: dict[str, Any] = {"at_once": 8, "team_at_once": 6}
    first = await ask_in(client, database, team, asha, **limits)

    asked = [
        ask_in(each, database, team, (asha, ravi)[n % 2], api_key=(None, None, None, key)[n % 4], **limits)
        for n, each in enumerate(await clients(12))
    ]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)

    assert Counter(map(code, outcomes)) == {"new": 5, "rate_limited": 7}
    refused = await refusal(ask_in(client, database, team, ravi, **limits))
    assert (refused.code, refused.detail["of"], refused.detail["refusal"]) == (
        *("rate_limited", "workspace"),
        {"code": "team_answers_at_once", "limit": 6},
    )
    await client.admit(ravi, **limits)  # in his own workspace
    await client.settle(first.message_id)
    await ask_in(client, database, team, ravi, **limits)
