"""Documents that are there: listed, shown, changed, deleted, by their owner alone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from oneai import files, settings
from oneai.clients import s3
from oneai.errors import NotFound
from tests.documents.library import CONTENT, insert, insert_chunks, listed, opened, request, shown, uploaded
from tests.world import World


async def names(world: World, who: str, **params: Any) -> list[str]:
    """Of all pages, two documents each."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await listed(world, who, limit=2, **params, **cursor)
        assert len(page["items"]) <= 2
        found += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def test_a_list_is_filtered_sorted_and_has_pages(shared: World) -> None:
    who = shared.newcomer()
    home = (await shared.post("/collections", {"name": "Home"}, who)).json()["id"]
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for day, (name, columns) in enumerate(
        [
            ("Lease.pdf", {"size": 30, "tags": ["flat", "2026"], "collection_id": home}),
            ("taxes.xlsx", {"size": 20, "status": "failed"}),
            ("notes.txt", {"size": 20, "tags": ["flat"]}),
            ("old lease.pdf", {"size": 10, "status": "embedding", "collection_id": home}),
            ("code.py", {"size": 40, "status": "extracting"}),
        ]
    ):
        insert(shared, who, name, created_at=begin + timedelta(days=day), **columns)
    insert(shared, "ravi", "Lease of ravi.pdf", tags=["flat"])

    newest = ["code.py", "old lease.pdf", "notes.txt", "taxes.xlsx", "Lease.pdf"]
    assert await names(shared, who) == newest
    assert await names(shared, who, order="asc") == newest[::-1]
    by_size = await names(shared, who, sort="size")
    assert (by_size[:2], set(by_size[2:4]), by_size[4]) == (
        ["code.py", "Lease.pdf"],
        {"notes.txt", "taxes.xlsx"},
        "old lease.pdf",
    )
    assert (await names(shared, who, sort="status"))[:3] == ["old lease.pdf", "code.py", "taxes.xlsx"]
    assert await names(shared, who, collection_id=home) == ["old lease.pdf", "Lease.pdf"]
    assert await names(shared, who, status="failed") == ["taxes.xlsx"]
    assert await names(shared, who, status="processing") == ["code.py", "old lease.pdf"]
    assert await names(shared, who, tag="flat") == ["notes.txt", "Lease.pdf"]
    assert await names(shared, who, q="LEASE") == ["old lease.pdf", "Lease.pdf"]
    assert await names(shared, who, q="%") == []
    assert await names(shared, who, q="lease", tag="2026", collection_id=home) == ["Lease.pdf"]


async def test_a_list_states_the_used_storage_and_the_limit_of_the_plan(shared: World) -> None:
    who = shared.newcomer()
    insert(shared, who, size=70)
    insert(shared, who, size=30, status="failed")
    for month, pages in (("2020-01-01", 99), (None, 7)):
        shared.database.rows(
            "insert into oneai.document_page_counts values (%s, coalesce(%s, oneai.document_page_month()), %s)",
            *(shared.people[who], month, pages),
        )

    stats = (await listed(shared, who, status="ready"))["stats"]

    assert stats == {"total_bytes": 100, "limit_bytes": 200_000_000, "pages_this_month": 7, "limit_pages": 100}


@pytest.mark.parametrize(
    "params",
    [
        {"cursor": "garbage"},
        {"sort": "name"},
        {"order": "up"},
        {"status": "done"},
        {"collection_id": "home"},
        {"limit": 0},
        {"limit": 101},
        {"tag": "x" * 51},
        {"q": "x" * 201},
    ],
)
async def test_an_invalid_parameter_is_refused_by_name(shared: World, params: dict[str, Any]) -> None:
    refused = await shared.get("/documents", "asha", **params)

    assert refused.status_code == 422
    assert refused.json()["error"]["details"][0]["field"] == next(iter(params))


async def test_a_cursor_is_valid_for_one_order(shared: World) -> None:
    who = shared.newcomer()
    for _ in range(2):
        insert(shared, who)
    cursor = (await listed(shared, who, limit=1, sort="size"))["next_cursor"]

    for params in ({"sort": "date"}, {"sort": "size", "order": "asc"}):
        assert (await shared.get("/documents", who, cursor=cursor, **params)).status_code == 422


async def test_a_repeated_request_gets_a_body_only_after_a_change(shared: World) -> None:
    who = shared.newcomer()
    document = insert(shared, who)

    for path in (f"/documents/{document}", "/documents"):
        first = await shared.get(path, who)
        headers = shared.headers(who, **{"if-none-match": first.headers["etag"]})
        same = await shared.http.get(path, headers=headers)
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
        assert same.headers["cache-control"] == first.headers["cache-control"] == "no-store"
        shared.database.rows("update oneai.documents set progress = progress + 0.25 where id = %s", document)
        changed = await shared.http.get(path, headers=headers)
        assert changed.status_code == 200
        assert changed.headers["etag"] != first.headers["etag"]


async def test_a_page_of_another_origin_may_send_and_read_the_etag(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = shared.newcomer()
    document = insert(shared, who)
    origin = "https://app.oneai.example"

    preflight = await shared.http.options(
        f"/documents/{document}",
        headers={
            "origin": origin,
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization,if-none-match",
        },
    )

    allowed = preflight.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    assert {"authorization", "if-none-match"} <= set(allowed)
    monkeypatch.setenv("CORS_ORIGINS", origin)
    settings.reset_cache()
    answer = await shared.http.get(f"/documents/{document}", headers=shared.headers(who, origin=origin))
    monkeypatch.undo()
    settings.reset_cache()
    exposed = answer.headers.get("access-control-expose-headers", "").replace(" ", "").split(",")
    assert "ETag" in exposed


async def test_a_document_shows_its_first_chunks_its_usage_and_its_figures(shared: World) -> None:
    who = shared.newcomer()
    document = insert(shared, who)
    insert_chunks(shared, who, document, *(f"Paragraph {n}" for n in range(1, 6)))
    shared.database.rows(
        "update oneai.documents set answers = 2, last_used_at = oneai.now(), pages = 5, pages_without_text = 1, "
        "counted_pages = 5 where id = %s",
        document,
    )

    detail = await shown(shared, who, document)
    assert [chunk["content"] for chunk in detail["first_chunks"]] == ["Paragraph 1", "Paragraph 2", "Paragraph 3"]
    assert detail["use"]["answers"] == 2
    assert detail["metadata"]["pages_without_text"] == 1
    figures = (await shared.get(f"/documents/{document}/stats", who)).json()
    assert {name: figures[name] for name in ("chunks", "tokens", "pages", "counted_pages", "answers")} == {
        "chunks": 5,
        "tokens": 25,
        "pages": 5,
        "counted_pages": 5,
        "answers": 2,
    }
    first = (await shared.get(f"/documents/{document}/chunks", who, limit=3)).json()
    rest = (await shared.get(f"/documents/{document}/chunks", who, limit=3, cursor=first["next_cursor"])).json()
    assert [chunk["ordinal"] for chunk in first["items"] + rest["items"]] == [1, 2, 3, 4, 5]
    assert rest["next_cursor"] is None


async def test_named_fields_change_and_the_others_are_kept(shared: World) -> None:
    who = shared.newcomer()
    home = (await shared.post("/collections", {"name": "Home"}, who)).json()["id"]
    document = insert(shared, who, tags=["flat"])

    async def put(body: Any) -> dict[str, Any]:
        answer = await request(shared, "PUT", f"/documents/{document}", who, body)
        assert answer.status_code == 200, answer.text
        kept = ("name", "tags", "description", "collection_id")
        return {name: value for name, value in answer.json().items() if name in kept}

    before = {"name": "notes.txt", "tags": ["flat"], "description": "", "collection_id": None}
    assert await put({}) == before
    renamed = before | {"name": "Notes of May", "description": "What I heard.\nTwice."}
    assert await put({"name": "Notes of May", "description": "What I heard.\nTwice."}) == renamed
    assert await put({"collection_id": home, "tags": ["a", "b", "a"]}) == renamed | {
        "collection_id": home,
        "tags": ["a", "b"],
    }
    assert await put({"collection_id": None, "tags": None, "description": None}) == before | {
        "name": "Notes of May",
        "tags": [],
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", None),
        ("name", "x" * 256),
        ("tags", "flat"),
        ("tags", ["x" * 51]),
        ("description", "x" * 2001),
        ("description", "\ud800"),
        ("collection_id", "home"),
        ("size", 3),
    ],
)
async def test_an_invalid_change_changes_nothing(shared: World, field: str, value: Any) -> None:
    who = shared.newcomer()
    document = insert(shared, who)
    before = await shown(shared, who, document)

    answer = await shared.http.put(
        f"/documents/{document}",
        content=httpx.Request("PUT", "http://x", json={field: value}).content
        if value != "\ud800"
        else b'{"description": "\\ud800"}',
        headers=shared.headers(who, **{"content-type": "application/json"}),
    )

    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"].split(".")[0] == field
    assert await shown(shared, who, document) == before


async def test_a_document_cannot_be_put_into_a_collection_of_another_user(shared: World) -> None:
    who = shared.newcomer()
    document = insert(shared, who)
    theirs = (await shared.post("/collections", {"name": f"Of ravi {uuid4()}"}, "ravi")).json()["id"]

    for collection in (theirs, str(uuid4())):
        answer = await request(shared, "PUT", f"/documents/{document}", who, {"collection_id": collection})
        assert answer.status_code == 404


async def test_a_link_leads_to_the_file_once_it_has_arrived(shared: World) -> None:
    who = shared.newcomer()
    document = await uploaded(shared, who)
    path = f"/documents/{document}/download"
    assert (await shared.get(path, who)).status_code == 404

    shared.database.rows("update oneai.documents set arrived_at = oneai.now() where id = %s", document)
    link = (await shared.get(path, who)).json()

    async with httpx.AsyncClient() as browser:
        file = await browser.get(link["url"])
    assert file.content == CONTENT
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''lease.pdf")


async def test_a_deleted_document_is_removed_with_its_text_and_its_file(shared: World) -> None:
    who = shared.newcomer()
    document = await uploaded(shared, who)
    insert_chunks(shared, who, document, "The lease")

    assert (await request(shared, "DELETE", f"/documents/{document}", who)).status_code == 204

    for path in ("", "/chunks", "/stats", "/download"):
        assert (await shared.get(f"/documents/{document}{path}", who)).status_code == 404
    assert (await request(shared, "DELETE", f"/documents/{document}", who)).status_code == 404
    assert shared.database.rows("select ordinal from oneai.document_chunks where document_id = %s", document) == []
    key = f"documents/{shared.people[who]}/{document}"
    # Not before the file's address has expired, because the file could be sent again until then.
    (waits,) = shared.database.rows(
        "select requested_at - oneai.now() > interval '59 minutes' from oneai.files_to_remove where key = %s", key
    )
    assert waits


async def test_the_file_of_a_deleted_document_is_removed_once_its_upload_has_expired(own_world: World) -> None:
    world = own_world
    document = await uploaded(world, "asha")
    kept = await uploaded(world, "asha")
    await request(world, "DELETE", f"/documents/{document}", "asha")
    world.database.advance(3600)
    assert (await files.remove_unreferenced())["removed"] == 0

    world.database.advance(1300)
    assert (await files.remove_unreferenced())["removed"] == 1

    with pytest.raises(NotFound):
        await s3.head(f"documents/{world.people['asha']}/{document}")
    assert (await s3.head(f"documents/{world.people['asha']}/{kept}")).size == len(CONTENT)


async def test_a_collection_has_a_unique_name_and_leaves_its_documents_when_deleted(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    home = (await shared.post("/collections", {"name": " Home  and garden"}, who)).json()
    assert (home["name"], home["documents"]) == ("Home and garden", 0)
    work = (await shared.post("/collections", {"name": "Work"}, who)).json()
    assert (await shared.post("/collections", {"name": "Work"}, other)).status_code == 201
    document = insert(shared, who, collection_id=home["id"])

    for method, path in (("POST", "/collections"), ("PATCH", f"/collections/{work['id']}")):
        again = await request(shared, method, path, who, {"name": "HOME AND GARDEN"})
        assert (again.status_code, again.json()["error"]["details"][0]["code"]) == (422, "repeated")
    renamed = await request(shared, "PATCH", f"/collections/{home['id']}", who, {"name": "home and Garden"})
    assert renamed.json()["name"] == "home and Garden"
    page = (await shared.get("/collections", who, limit=1)).json()
    last = (await shared.get("/collections", who, limit=1, cursor=page["next_cursor"])).json()
    assert [(each["name"], each["documents"]) for each in page["items"] + last["items"]] == [
        ("home and Garden", 1),
        ("Work", 0),
    ]
    assert last["next_cursor"] is None

    for mine, status in ((other, 404), (who, 204), (who, 404)):
        assert (await request(shared, "DELETE", f"/collections/{home['id']}", mine)).status_code == status
    assert (await shown(shared, who, document))["collection_id"] is None


async def test_at_most_a_thousand_collections_are_created(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "insert into oneai.collections (workspace_id, name) select %s, 'c' || n from generate_series(1, 1000) as n",
        shared.people[who],
    )

    assert (await shared.post("/collections", {"name": "one more"}, who)).status_code == 429


async def test_documents_of_conversations_are_not_listed(shared: World) -> None:
    who = shared.newcomer()
    talk = (await shared.post("/conversations", {}, who)).json()["id"]
    document = (await opened(shared, who))["id"]
    shared.database.rows(
        "update oneai.documents set attached = true, conversation_id = %s where id = %s", talk, document
    )

    assert (await listed(shared, who))["items"] == []
    assert (await shown(shared, who, document))["id"] == document
    assert (await request(shared, "DELETE", f"/conversations/{talk}", who)).status_code == 204
    assert (await shared.get(f"/documents/{document}", who)).status_code == 404


async def test_a_key_reads_and_writes_within_its_scopes(shared: World) -> None:
    who = shared.newcomer()
    mine, theirs = insert(shared, who), insert(shared, "ravi")
    bearers = {}
    for scope in ("documents:read", "documents:write", None):
        body: dict[str, Any] = {"name": "Key"} | ({"scopes": [scope]} if scope else {})
        secret = (await shared.post("/user/api-keys", body, who)).json()["secret"]
        bearers[scope] = {"authorization": f"Bearer {secret}"}

    reading = await shared.http.get("/documents", headers=bearers["documents:read"])
    assert [item["id"] for item in reading.json()["items"]] == [mine]
    assert reading.json()["stats"]["total_bytes"] == 100
    assert (await shared.http.get(f"/documents/{theirs}", headers=bearers["documents:read"])).status_code == 404
    new = {"name": "a.txt", "type": "text/plain", "size": 3}
    assert (await shared.http.post("/documents", json=new, headers=bearers["documents:write"])).status_code == 201
    for scope in ("documents:read", None):
        refused = await shared.http.post("/documents", json=new, headers=bearers[scope])
        assert (refused.status_code, refused.json()["error"]["scope"]) == (403, "documents:write")
