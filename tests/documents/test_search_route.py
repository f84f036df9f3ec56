"""`GET /api/documents/search`."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from oneai.documents.chunks import Piece
from tests.documents.searching import RENT, embed, insert_document, lease
from tests.world import World


async def test_passages_state_their_location(shared: World) -> None:
    who = shared.newcomer()
    document = await lease(shared, who)
    answer = await shared.get("/documents/search", who, q="When do I have to pay the rent?", limit=1)
    assert answer.status_code == 200
    assert answer.json()["items"] == [
        {"document_id": str(document), "name": "lease.pdf", "page": 3, "heading": "Rent", "snippet": RENT.text}
    ]
    rest = await shared.get(
        "/documents/search", who, q="When do I have to pay the rent?", cursor=answer.json()["next_cursor"]
    )
    assert "Rent" not in [each["heading"] for each in rest.json()["items"]]
    assert rest.json()["next_cursor"] is None


async def test_documents_of_another_user_are_not_found(shared: World) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    theirs, mine = await lease(shared, asha), await lease(shared, ravi)
    for params in ({}, {"document_id": str(theirs)}, {"collection_id": str(uuid4())}):
        found = (await shared.get("/documents/search", ravi, q=RENT.text, **params)).json()
        assert found["next_cursor"] is None
        assert {each["document_id"] for each in found["items"]} == (set() if params else {str(mine)})


async def test_a_search_can_be_limited_to_a_document_and_a_collection(shared: World) -> None:
    who = shared.newcomer()
    collection: UUID = shared.database.one(
        "insert into oneai.collections (workspace_id, name) values (%s, 'Flat') returning id", shared.people[who]
    )
    document = await lease(shared, who)
    inside = await insert_document(shared.database, shared.people[who], [RENT], collection_id=collection)
    await embed(inside)

    async def ids(**params: Any) -> set[str]:
        found = (await shared.get("/documents/search", who, q="monthly rent", **params)).json()
        return {each["document_id"] for each in found["items"]}

    assert await ids(document_id=str(document)) == {str(document)}
    assert await ids(collection_id=str(collection)) == {str(inside)}
    assert await ids(document_id=str(document), collection_id=str(collection)) == {str(document), str(inside)}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"q": ""},
        {"q": "a" * 5001},
        {"q": "rent", "limit": 0},
        {"q": "rent", "limit": 51},
        {"q": "rent", "document_id": "x"},
        {"q": "rent", "cursor": "made-up"},
    ],
)
async def test_an_invalid_search_is_refused(params: dict[str, Any], shared: World) -> None:
    answer = await shared.get("/documents/search", **params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("q", ["\0", "' or 1=1 --", "\\", "&|!():*<->", "\u202e", "%00", "{}", "🙂" * 500])
async def test_a_hostile_question_is_only_text(q: str, shared: World) -> None:
    who = shared.newcomer()
    await lease(shared, who)
    assert (await shared.get("/documents/search", who, q=q)).status_code == 200


async def test_concurrent_searches_of_two_users_each_find_their_own(shared: World) -> None:
    people = [shared.newcomer() for _ in range(4)]
    own = {who: str(await lease(shared, who)) for who in people}
    answers = await asyncio.gather(*(shared.get("/documents/search", who, q="monthly rent") for who in people * 5))
    for who, answer in zip(people * 5, answers, strict=True):
        assert {each["document_id"] for each in answer.json()["items"]} == {own[who]}


async def test_a_snippet_is_the_part_with_the_words(shared: World) -> None:
    who = shared.newcomer()
    text = "Nothing of note stands here. " * 40 + "The deposit is two months' rent. " + "Nor here. " * 20
    await embed(await insert_document(shared.database, shared.people[who], [Piece(text, 1)]))
    (hit,) = (await shared.get("/documents/search", who, q="deposit")).json()["items"]
    assert "The deposit is two months' rent." in hit["snippet"]
    assert len(hit["snippet"]) <= 240
