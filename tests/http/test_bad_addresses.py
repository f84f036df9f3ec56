"""Addresses that cannot be right: ids, cursors, limits and offsets never issued."""

from uuid import uuid4

import pytest

from oneai import cursors
from tests.chat.traces import fields
from tests.world import World


@pytest.mark.parametrize("path", ["/conversations", "/conversations/{id}/messages"])
@pytest.mark.parametrize("limit", ["0", "-1", "101", "x", "1.5", ""])
async def test_an_invalid_limit_is_refused_by_name(path: str, limit: str, shared: World) -> None:
    answer = await shared.get(path.replace("{id}", str(uuid4())), limit=limit)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert fields(answer.json()["error"]) == ["limit"]


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("path", ["/conversations", "/conversations/{id}/messages"])
@pytest.mark.parametrize(
    "cursor",
    [
        *("", "garbage", "%00", "bnVsbA", "W10", "WzFd", "e30", "W251bGwsbnVsbF0", "WyJhIiwiYiJd", "💥", "x" * 501),
        # Times that Python reads and Postgres does not, and one before time.
        *("WyIyMDI2LTExLTIxVDAwOjAwOjAwKzAwOjAwOjAwLjAwMDAwMSIsIngiXQ", "W1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW10"),
    ],
)
async def test_a_foreign_cursor_is_refused_by_name(path: str, cursor: str, shared: World) -> None:
    answer = await shared.get(path.replace("{id}", str(uuid4())), cursor=cursor)

    if path.endswith("messages") and cursor == "WzFd":  # [1], which could be one of ours
        assert answer.status_code == 404
        return
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert fields(answer.json()["error"]) == ["cursor"]


@pytest.mark.parametrize("values", [["0001-01-01T00:00:00+23:59", str(uuid4())], ["9999-12-31T23:59:59-23:59", ""]])
async def test_a_forged_cursor_at_the_end_of_time_breaks_nothing(values: list[str], shared: World) -> None:
    values[1] = values[1] or str(uuid4())
    newest_first = ("last_message_at", "desc")

    forged = cursors.encode(*newest_first, *values)
    assert (await shared.get("/conversations", cursor=forged)).status_code == 422
    odd = cursors.encode(*newest_first, "2026-11-21T00:00:00+00:00:00.000001", str(uuid4()))
    assert (await shared.get("/conversations", cursor=odd)).status_code == 200
    for number in (0, -1, 10**40, -(10**40)):
        answer = await shared.get(f"/conversations/{uuid4()}/messages", cursor=cursors.encode(number))
        assert answer.status_code == 404


@pytest.mark.parametrize("id", ["x", "7", "%00", "%F0%9F%92%A5", "..%2F..", "a" * 300, "' or 1=1 --", "{}"])
async def test_a_malformed_id_finds_nothing(id: str, shared: World) -> None:
    for path in (f"/chat/stream/{id}", f"/conversations/{id}/messages"):
        answer = await shared.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) in [(404, "not_found"), (422, "invalid_request")]


@pytest.mark.parametrize("path", ["/conversations/", "/shared/x/", "/shared/..%2f", "/shared/x%2f"])
async def test_no_request_is_redirected_to_another_site(path: str, shared: World) -> None:
    answer = await shared.get(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert "location" not in answer.headers


async def test_a_refusal_states_the_problem_in_our_own_words(shared: World) -> None:
    answer = await shared.post("/conversations", {"title": " "})

    assert answer.json()["error"]["details"] == [{"field": "title", "code": "empty", "message": "This says nothing."}]
    answer = await shared.post("/shared/x/report", {"reason": "x" * 1001}, None)
    assert answer.json()["error"]["details"] == [
        {"field": "reason", "code": "too_long", "message": "This may have at most 1000 characters."}
    ]


@pytest.mark.parametrize("offset", ["", "x", "-1", "1.5", "٣", "1e3", "9" * 30, "0x10"])
async def test_an_invalid_last_event_id_is_refused_by_name(offset: str, shared: World) -> None:
    headers = [(name.encode(), value.encode()) for name, value in shared.headers().items()]
    headers.append((b"last-event-id", offset.encode()))

    answer = await shared.http.get(f"/chat/stream/{uuid4()}", headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert fields(answer.json()["error"]) == ["Last-Event-ID"]
