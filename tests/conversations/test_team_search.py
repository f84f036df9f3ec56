"""Search in a team: what is shared and one's own, in one workspace or in all, also after a conversation moved."""

from typing import Any

from tests.api_keys import keys
from tests.conversations.search_samples import insert_conversation
from tests.conversations.teams import make_team, put_into, remove, set_visibility, team_key
from tests.world import World


async def found(world: World, who: str, q: str, **params: Any) -> set[str]:
    """The conversations in which a search finds messages or titles."""
    answer = await world.get("/search", who, q=q, **params)
    assert answer.status_code == 200, answer.text
    return {hit["conversation_id"] for hit in answer.json()["items"]}


async def test_members_find_what_is_shared_and_never_what_is_private(shared: World) -> None:
    author, reader = shared.newcomer(), shared.newcomer()
    team = make_team(shared, author, viewer=reader)
    open_talk = str(insert_conversation(shared, author, "the quokka smiles", title="Quokkas"))
    private = str(insert_conversation(shared, author, "the quokka is a secret", title="A quokka's secret"))
    for talk in (open_talk, private):
        put_into(shared, talk, team)
    await set_visibility(shared, open_talk, author, "workspace")

    assert await found(shared, reader, "quokka", everywhere=True) == {open_talk}
    assert await found(shared, author, "quokka", everywhere=True) == {open_talk, private}
    assert await found(shared, reader, "quokka", conversation_id=open_talk) == {open_talk}
    assert await found(shared, reader, "quokka", conversation_id=private) == set()
    for who, author_of in ((reader, str(shared.people[author])), (author, None)):
        hits = (await shared.get("/search", who, q="quokka", conversation_id=open_talk)).json()["items"]
        assert {(hit["author"] or {}).get("user_id") for hit in hits} == {author_of}
    messages = await shared.get(f"/conversations/{open_talk}/messages", reader, q="smiles")
    assert [each["content"] for each in messages.json()["items"]] == ["the quokka smiles"]

    await set_visibility(shared, open_talk, author, "private")
    assert await found(shared, reader, "quokka", everywhere=True) == set()


async def test_a_search_is_in_the_current_workspace_unless_it_is_everywhere(shared: World) -> None:
    who = shared.newcomer()
    team = make_team(shared, who)
    own, theirs = (str(insert_conversation(shared, who, f"the quokka {n}")) for n in (1, 2))
    put_into(shared, theirs, team)
    secret = await team_key(shared, who, team)

    assert await found(shared, who, "quokka") == {own}
    assert await found(shared, who, "quokka", everywhere=True) == {own, theirs}
    in_team = (await keys.get(shared, "/search", secret, q="quokka")).json()["items"]
    assert {hit["conversation_id"] for hit in in_team} == {theirs}
    # A word of the team corrects a typo there, and not elsewhere.
    put_into(shared, str(insert_conversation(shared, who, "a numbat")), team)
    assert await found(shared, who, "nubmat") == set()
    assert len(await found(shared, who, "nubmat", everywhere=True)) == 1


async def test_a_removed_member_finds_nothing_of_the_team(shared: World) -> None:
    author, reader = shared.newcomer(), shared.newcomer()
    team = make_team(shared, author, member=reader)
    talk = str(insert_conversation(shared, author, "the quokka smiles"))
    put_into(shared, talk, team)
    await set_visibility(shared, talk, author, "workspace")
    assert await found(shared, reader, "quokka", everywhere=True) == {talk}

    remove(shared, reader, team)

    assert await found(shared, reader, "quokka", everywhere=True) == set()
    assert await found(shared, reader, "quokka", conversation_id=talk) == set()


async def test_words_move_with_their_conversation(shared: World) -> None:
    who = shared.newcomer()
    team = make_team(shared, who)
    talk = str(insert_conversation(shared, who, "the quokka smiles at the quokka", title="Quokkas smile"))
    insert_conversation(shared, who, "a numbat smiles")
    mine, theirs = shared.people[who], team

    put_into(shared, talk, team)

    words = "select word from oneai.search_words where workspace_id = %s order by word"
    assert shared.database.rows(words, mine) == ["numbat", "smiles"]
    assert shared.database.rows(words, theirs) == ["quokka", "quokkas", "smile", "smiles"]
    moved = shared.database.rows(
        "select words = oneai.search_vector(%s, (select content from oneai.chat_messages where id = message_id)) "
        "from oneai.search_entries where conversation_id::text = %s and message_id is not null",
        *(team, talk),
    )
    assert moved == [True]
    title = "select setweight(oneai.search_vector(%s, 'Quokkas smile'), 'A') = words from oneai.search_entries "
    assert shared.database.rows(title + "where conversation_id::text = %s and message_id is null", team, talk) == [True]
    assert await found(shared, who, "quokka") == set()
    assert await found(shared, who, '"quokka smiles"', everywhere=True) == {talk}


async def test_no_more_than_twenty_workspaces_are_searched(shared: World) -> None:
    who = shared.newcomer()
    talks = []
    for _ in range(21):
        talks.append(str(insert_conversation(shared, who, "the quokka")))
        put_into(shared, talks[-1], make_team(shared, who))
    own = str(insert_conversation(shared, who, "the quokka"))

    seen = await found(shared, who, "quokka", everywhere=True, limit=50)

    assert own in seen
    assert len(seen) == 20
    assert seen <= {own, *talks[2:]}


async def test_a_page_looks_up_each_author_once(own_world: World) -> None:
    world = own_world
    reader = world.newcomer()
    team = make_team(world, "asha", admin="ravi", member=reader)
    for who in ("asha", "asha", "ravi", "ravi"):
        talk = insert_conversation(world, who, "the quokka smiles")
        put_into(world, talk, team)
        await set_visibility(world, talk, who, "workspace")
    world.database.rows("create sequence oneai.look_ups")
    world.database.rows("grant usage on sequence oneai.look_ups to public")
    world.database.rows("alter function oneai.author_of rename to counted_author_of")
    world.database.rows("""
        create function oneai.author_of(uuid, uuid) returns jsonb language sql security definer
        as $$ select oneai.counted_author_of($1, $2) from nextval('oneai.look_ups') $$
    """)
    for path, who, look_ups in (
        ("/conversations?visibility=workspace", reader, 2),
        ("/search?q=quokka", reader, 2),
        ("/search?q=quokka", "asha", 1),
        ("/conversations", "asha", 0),
    ):
        world.database.rows("alter sequence oneai.look_ups restart")
        page = await world.http.get(path, headers=world.headers(who, **{"OneAI-Workspace": str(team)}))
        assert len(page.json()["items"]) >= 2, page.text
        assert world.database.rows("select nextval('oneai.look_ups') - 1") == [look_ups], path
