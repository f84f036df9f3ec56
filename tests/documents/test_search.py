"""Documents are searched by words and by meaning, each user's own alone."""

import json
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from oneai import documents
from oneai.documents.chunks import Piece
from oneai.errors import InvalidRequest
from tests.documents.searching import HINDI, LEAVE, RENT, embed, found, insert_document, lease, reader
from tests.world import World


async def test_a_question_finds_the_passage_that_answers_it(shared: World) -> None:
    who = shared.newcomer()
    document = await lease(shared, who)
    await embed(await insert_document(shared.database, shared.people[who], [LEAVE], "handbook.docx"))

    best, *_ = await found(shared, who, "When do I have to pay the rent?")
    assert (best.document_id, best.ordinal, best.name, best.page, best.heading) == (document, 1, "lease.pdf", 3, "Rent")
    assert best.content == RENT.text
    assert best.snippet == RENT.text
    best, *_ = await found(shared, who, "How many days of leave does an employee get?")
    assert best.name == "handbook.docx"


@pytest.mark.parametrize("q", ["किराया", "किराया कब देना है?", "पहली तारीख"])
async def test_hindi_finds_hindi(q: str, shared: World) -> None:
    who = shared.newcomer()
    await lease(shared, who)
    best, *_ = await found(shared, who, q)
    assert best.content == HINDI.text


async def test_a_typo_is_found_by_its_parts(shared: World) -> None:
    who = shared.newcomer()
    await lease(shared, who)
    best, *_ = await found(shared, who, "landlrod agreees")
    assert best.heading == "Pets"


async def test_a_chunk_without_vectors_is_found_by_its_words(shared: World) -> None:
    who = shared.newcomer()
    await lease(shared, who, embedded=False)
    (only,) = await found(shared, who, "Are animals allowed?")
    assert only.heading == "Pets"
    assert await found(shared, who, "landlrod agreees") == []


async def test_passages_with_all_words_come_first(shared: World) -> None:
    who = shared.newcomer()
    for text in ("Alpha beta gamma.", "Alpha alpha alpha alpha.", "Gamma gamma."):
        await insert_document(shared.database, shared.people[who], [text])
    best, *others = await found(shared, who, "gamma alpha beta")
    assert best.content == "Alpha beta gamma."
    assert {each.content for each in others} == {"Alpha alpha alpha alpha.", "Gamma gamma."}


async def test_two_users_with_the_same_text_never_see_each_others(shared: World) -> None:
    asha, ravi, stranger = shared.newcomer(), shared.newcomer(), shared.newcomer()
    mine, theirs = await lease(shared, asha), await lease(shared, ravi)
    for q in ("rent", "When do I have to pay the rent?", "the", RENT.text):
        assert {each.document_id for each in await found(shared, asha, q)} == {mine}
        assert {each.document_id for each in await found(shared, ravi, q)} == {theirs}
        assert await found(shared, stranger, q) == []
        assert await found(shared, stranger, q, of=[mine, theirs]) == []
        assert {each.document_id for each in await found(shared, asha, q, of=[mine, theirs])} == {mine}


async def test_a_collection_of_another_user_is_empty(shared: World) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    collection = shared.database.one(
        "insert into oneai.collections (workspace_id, name) values (%s, 'Flat') returning id", shared.people[asha]
    )
    await embed(await insert_document(shared.database, shared.people[asha], [RENT], collection_id=collection))
    await lease(shared, ravi)
    assert len(await found(shared, asha, "rent", collections=[collection])) == 1
    assert await found(shared, ravi, "rent", collections=[collection]) == []


async def test_a_search_is_limited_to_the_named_documents_and_collections(shared: World) -> None:
    who = shared.newcomer()
    collection = shared.database.one(
        "insert into oneai.collections (workspace_id, name) values (%s, 'Flat') returning id", shared.people[who]
    )
    one, two = await lease(shared, who), await lease(shared, who, name="other.pdf")
    three = await insert_document(shared.database, shared.people[who], [RENT], collection_id=collection)
    await embed(three)

    async def ids(of: list[UUID] | None = None, collections: list[UUID] | None = None) -> set[UUID]:
        return {each.document_id for each in await found(shared, who, "monthly rent", of=of, collections=collections)}

    assert await ids() == {one, two, three}
    assert await ids(of=[one]) == {one}
    assert await ids(collections=[collection]) == {three}
    assert await ids(of=[two], collections=[collection]) == {two, three}
    assert await ids(of=[uuid4()]) == await ids(of=[], collections=[]) == set()


async def test_files_of_a_conversation_are_found_only_when_named(shared: World) -> None:
    who = shared.newcomer()
    talk = shared.database.one(
        "insert into oneai.conversations (workspace_id, user_id) values (%s, %s) returning id",
        *(shared.people[who], shared.people[who]),
    )
    attached = await insert_document(shared.database, shared.people[who], [RENT], conversation_id=talk)
    await embed(attached)
    assert await found(shared, who, "monthly rent") == []
    assert [each.document_id for each in await found(shared, who, "monthly rent", of=[attached])] == [attached]


async def test_pages_list_every_passage_once_with_the_best_first(shared: World) -> None:
    who = shared.newcomer()
    pieces = [Piece(f"Clause {n}: the rent is {n} rupees.", n, f"Clause {n}") for n in range(1, 31)]
    await embed(await insert_document(shared.database, shared.people[who], pieces))
    everything = await found(shared, who, "rent of clause 7")
    assert everything[0].heading == "Clause 7"

    passages, cursor = [], None
    while True:
        page = await documents.search(reader(shared, who), "rent of clause 7", limit=7, cursor=cursor)
        passages += page.items
        if (cursor := page.next_cursor) is None:
            break
    assert [each.ordinal for each in passages][:20] == [each.ordinal for each in everything]
    assert len({each.ordinal for each in passages}) == len(passages) == 30


@pytest.mark.parametrize("cursor", ["", "x", "W10", "WzEsMiwzLDRd"])
async def test_a_forged_cursor_is_refused(cursor: str, shared: World) -> None:
    with pytest.raises(InvalidRequest):
        await documents.search(reader(shared, "asha"), "rent", cursor=cursor)


@pytest.mark.parametrize(
    "q",
    [
        "'; drop table oneai.documents; --",
        "rent & | ! ( :* <->",
        '"""',
        "\\",
        "%s %(x)s",
        "🙂",
        "a" * 20_000,
        "rent " * 900,
    ],
)
async def test_a_hostile_question_is_only_text(q: str, shared: World) -> None:
    who = shared.newcomer()
    document = await lease(shared, who)
    assert {each.document_id for each in await found(shared, who, q)} <= {document}


async def test_a_question_without_words_finds_nothing(shared: World) -> None:
    who = shared.newcomer()
    await lease(shared, who)
    assert await found(shared, who, " ?! ") == []


ASK: LiteralString = (
    "select * from oneai.search_documents('(''#rent'')', '{}', null, '', null, null, 20000, null, null, null, 9)"
)


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("select * from oneai.document_vectors", True),
        ("select * from oneai.embedding_models", True),
        ("select oneai.nearest_exactly('embedding_1', null, null, null, 1)", True),
        ("select oneai.nearest_by_index('embedding_1', null, null, null, 1)", True),
        ("select oneai.any_rare(null, '{}', 1)", True),
        ("select oneai.append_document_chunks(null, 1, '[]')", True),
        ("select oneai.change_embedding_model('x', 1)", True),
        (ASK, False),
    ],
)
async def test_the_database_lets_users_search_their_own_documents_alone(
    query: LiteralString, refused: bool, shared: World
) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    await lease(shared, asha)

    def asked(claims: dict[str, Any]) -> int:
        with psycopg.connect(shared.database.url("oneai_app")) as connection:
            connection.execute("select set_config('role', 'authenticated', true)")
            connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
            return connection.execute(query).rowcount

    if refused:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            asked({"sub": str(shared.people[asha])})
    else:
        assert asked({"sub": str(shared.people[asha])}) == 1
        assert asked({"sub": str(shared.people[ravi])}) == 0
        assert asked({}) == 0
