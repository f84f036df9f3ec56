"""Users find their own words and no others, and what was deleted is gone from everywhere."""

import json
from typing import Any

import psycopg
import pytest

from tests.conversations.search_samples import insert_conversation, search, search_hits
from tests.world import World


def left(world: World, who: str) -> tuple[int, int]:
    """The number of indexed texts and words of `who`."""
    kept: tuple[int, int] = world.database.one(
        "select (select count(*) from oneai.search_entries where user_id = %s), "
        "(select count(*) from oneai.search_words where workspace_id = %s)",
        *(world.people[who], world.people[who]),
    )
    return kept


@pytest.mark.parametrize("q", ["quokka", "quok", "qoukka", '"the quokka"', "marsupials", "marsupial", "smiles"])
async def test_text_of_another_user_is_never_found(q: str, shared: World) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    talk = insert_conversation(shared, asha, "the quokka smiles", title="Marsupials")
    insert_conversation(shared, ravi, "nothing of the kind")
    theirs = await search(shared, asha, q)
    assert theirs

    assert await search(shared, ravi, q) == []
    assert await search(shared, ravi, q, conversation_id=talk) == []
    cursor = {"limit": 1, "cursor": (await shared.get("/search", asha, q="quokka", limit=1)).json()["next_cursor"]}
    assert await search(shared, ravi, q, **{name: value for name, value in cursor.items() if value}) == []


async def test_the_database_answers_only_the_user_who_asks(shared: World) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    insert_conversation(shared, asha, "the quokka smiles")
    query = "select * from oneai.search('''#quokka''', '', 'all', null, null, null, null, null, null, null, null, 10)"

    def asked(claims: dict[str, Any]) -> int:
        with psycopg.connect(shared.database.url("oneai_app")) as connection:
            connection.execute("select set_config('role', 'authenticated', true)")
            connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
            return connection.execute(query).rowcount

    assert asked({"sub": str(shared.people[asha])}) == 1
    assert asked({"sub": str(shared.people[ravi])}) == 0
    assert asked({}) == 0


async def test_the_database_corrects_typos_with_the_words_of_the_asking_user_alone(shared: World) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    insert_conversation(shared, asha, "the quokka smiles")

    def guessed(claims: dict[str, Any]) -> list[tuple[str, str]]:
        with psycopg.connect(shared.database.url("oneai_app")) as connection:
            connection.execute("select set_config('role', 'authenticated', true)")
            connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
            return connection.execute("select * from oneai.fuzzy_matches('{qoukka}', '{f}', '{1}', 10)").fetchall()

    assert guessed({"sub": str(shared.people[asha])}) == [("qoukka", "quokka")]
    assert guessed({"sub": str(shared.people[ravi])}) == []
    assert guessed({}) == []


async def test_users_with_words_of_the_same_key_are_separated(shared: World) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    twin = str(shared.people[ravi])[:-6] + str(shared.people[asha])[-6:]
    shared.people[ravi] = shared.database.one(
        "insert into auth.users (id, aud, role, email) values (%s, 'authenticated', 'authenticated', %s) returning id",
        *(twin, f"{twin}@example.com"),
    )
    insert_conversation(shared, asha, "the quokka smiles")
    insert_conversation(shared, ravi, "the numbat sleeps")

    assert await search_hits(shared, ravi, "quokka") == []
    assert await search_hits(shared, ravi, "the") == ["the numbat sleeps"]
    assert await search_hits(shared, asha, "the") == ["the quokka smiles"]


async def test_temporary_conversations_are_not_indexed(shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "the quokka smiles", title="Quokkas", temporary=True)

    assert await search(shared, who, "quokka") == []
    assert left(shared, who) == (0, 0)


async def test_deleting_a_conversation_removes_the_words_that_occur_nowhere_else(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_conversation(shared, who, "the quokka smiles", "quokkas always smile", title="Quokkas")
    insert_conversation(shared, who, "numbats never smile")

    shared.database.rows("delete from oneai.conversations where id = %s", talk)

    assert await search(shared, who, "quokka") == []
    assert await search_hits(shared, who, "smile") == ["numbats never smile"]
    kept = shared.database.rows("select word from oneai.search_words where workspace_id = %s", shared.people[who])
    assert sorted(kept) == ["never", "numbats", "smile"]


async def test_no_words_remain_of_a_user_who_deleted_everything_or_left(shared: World) -> None:
    stays, leaves = shared.newcomer(), shared.newcomer()
    for who in (stays, leaves):
        for _ in range(3):
            insert_conversation(shared, who, "the quokka smiles", "quokkas always smile", title="Quokkas")
        assert left(shared, who)[0] == 9

    shared.database.rows("delete from oneai.conversations where user_id = %s", shared.people[stays])
    shared.database.rows("delete from auth.users where id = %s", shared.people[leaves])

    assert left(shared, stays) == left(shared, leaves) == (0, 0)


async def test_words_of_a_title_are_removed_with_it_unless_they_occur_elsewhere(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_conversation(shared, who, "the quokka smiles", title="Quokka secrets")

    shared.database.rows("update oneai.conversations set title = 'Holidays' where id = %s", talk)

    kept = shared.database.rows("select word from oneai.search_words where workspace_id = %s", shared.people[who])
    assert sorted(kept) == ["holidays", "quokka", "smiles"]
