"""Many documents at once: results one by one, and another's as if they were not there."""

from typing import Any
from uuid import uuid4

import pytest

from tests.documents.library import insert, insert_chunks, listed, request, shown
from tests.world import World


async def results(world: World, who: str, path: str, body: Any, method: str = "POST") -> list[tuple[str, str]]:
    """What became of each."""
    answer = await request(world, method, path, who, body)
    assert answer.status_code == 200, answer.text
    return [(each["id"], each["status"]) for each in answer.json()["results"]]


@pytest.mark.parametrize("path", ["/documents/bulk", "/documents/bulk-delete"])
async def test_several_documents_are_deleted_at_once(shared: World, path: str) -> None:
    who = shared.newcomer()
    mine = [insert(shared, who) for _ in range(45)]
    kept, theirs, never = insert(shared, who), insert(shared, "ravi"), str(uuid4())
    body: dict[str, Any] = {"ids": [*mine, theirs, never, mine[0]]}
    method = "DELETE" if path.endswith("delete") else "POST"
    if method == "POST":
        body["action"] = "delete"

    found = await results(shared, who, path, body, method)

    assert found == [(each, "ok") for each in mine] + [(theirs, "not_found"), (never, "not_found")]
    assert [item["id"] for item in (await listed(shared, who))["items"]] == [kept]
    assert (await shown(shared, "ravi", theirs))["id"] == theirs


async def test_tags_are_added_to_the_existing_ones(shared: World) -> None:
    who = shared.newcomer()
    some, full = insert(shared, who, tags=["b"]), insert(shared, who, tags=[f"t{n}" for n in range(19)])
    theirs = insert(shared, "ravi")

    found = await results(
        shared, who, "/documents/bulk", {"ids": [some, full, theirs], "action": "tag", "tags": ["a", "b"]}
    )

    assert found == [(some, "ok"), (full, "ok"), (theirs, "not_found")]
    assert (await shown(shared, who, some))["tags"] == ["b", "a"]
    assert len((await shown(shared, who, full))["tags"]) == 20
    assert (await shown(shared, "ravi", theirs))["tags"] == []


@pytest.mark.parametrize("path", ["/documents/bulk", "/documents/bulk-reprocess", "/documents/{id}/reprocess"])
async def test_reprocessing_starts_from_the_beginning(shared: World, path: str) -> None:
    who = shared.newcomer()
    done, failed = insert(shared, who), insert(shared, who, status="failed")
    waiting = insert(shared, who, status="waiting")
    shared.database.rows("update oneai.documents set arrived_at = null where id = %s", waiting)
    insert_chunks(shared, who, done, "The lease", "begins")
    ids = [done, failed, waiting]

    if "{id}" in path:
        for each in ids:
            answer = await request(shared, "POST", path.format(id=each), who)
            assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    else:
        body = {"ids": ids} | ({"action": "reprocess"} if path.endswith("bulk") else {})
        assert await results(shared, who, path, body) == [(each, "ok") for each in ids]

    for each in ids:
        document = await shown(shared, who, each)
        assert (document["status"], document["progress"], document["problem"], document["chunks"]) == (
            *("waiting", 0, None),
            0,
        )
    assert shared.database.rows("select ordinal from oneai.document_chunks where document_id = %s", done) == []


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [], "action": "delete"},
        {"ids": ["x"], "action": "delete"},
        {"ids": [str(uuid4())] * 201, "action": "delete"},
        {"ids": [str(uuid4())], "action": "archive"},
        {"ids": [str(uuid4())], "action": "tag"},
        {"ids": [str(uuid4())], "action": "tag", "tags": []},
        {"ids": [str(uuid4())], "action": "delete", "tags": ["a"]},
        {"ids": [str(uuid4())]},
    ],
    ids=range(8),
)
async def test_an_invalid_bulk_request_is_refused(shared: World, body: Any) -> None:
    refused = await shared.post("/documents/bulk", body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")
