"""An invalid change of a conversation is refused by name and changes nothing."""

import json
from typing import Any

import pytest

from tests.chat.traces import fields
from tests.conversations.api import create_conversation, patch
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

NONSENSE: dict[str, list[Any]] = {
    "title": ["", "  ", "\t", "x" * 201, 7, ["a"]],
    "system_prompt": ["x" * 20_001, 7, {}],
    "model": ["", "x" * 201, 7],
    "metadata": ["x", 7, [], {"a": "x" * 16_000}, {"a": "é" * 8_001}, {"x" * 16_000: 1}, {"a": [1e21]}, {"a": -1e308}],
}
NONSENSE_LATER: dict[str, list[Any]] = {
    "tags": ["a", [7], [None], [""], [" "], ["x" * 51], [str(n) for n in range(21)], {}],
    "folder": ["", " ", "x" * 101, 7],
    "pinned": [None, 1, "true", "yes"],
    "archived": [None, 1, "true", "yes"],
    "updated_at": ["", "now", 7, "2026-11-21", "2026-11-21T00:00:00", "0001-01-01T00:00:00+01:00"],
}
EVERY = [(name, each) for name, values in (NONSENSE | NONSENSE_LATER).items() for each in values]


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize(("name", "value"), EVERY, ids=lambda each: json.dumps(each)[:30])
async def test_an_invalid_change_is_refused_by_name_and_changes_nothing(name: str, value: Any, shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, who)

    answers = [await patch(shared, made["id"], who, {"folder": "Work", name: value})]
    if name in NONSENSE:
        answers.append(await shared.post("/conversations", {name: value}, who))
    if name == "title":
        path = f"/conversations/{made['id']}/title"
        answers.append(await shared.http.put(path, json={name: value}, headers=shared.headers(who)))
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
        assert {field.partition(".")[0] for field in fields(answer.json()["error"])} == {name}
    assert (await shared.get("/conversations", who)).json()["items"] == [made]


@pytest.mark.parametrize(
    "date", ["", "yesterday", "2026-11-21T06:30:00Z", "1795242600", "Sat, 32 Nov 2026 06:30:00 GMT", "x" * 101]
)
async def test_an_invalid_precondition_date_is_refused(date: str, shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, who)

    answer = await patch(shared, made["id"], who, {"pinned": True}, **{"if-unmodified-since": date})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert fields(answer.json()["error"])[0].lower() == "if-unmodified-since"


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"7", b'"x"', b"{", b'{"id": "x"}', b'{"title_source": "person"}', b'{"user_id": "x"}'),
        *(b'{"metadata": {"a": NaN}}', b'{"metadata": {"a": 1e999}}', b'{"metadata": {"a": "\\ud800"}}'),
        *(b'{"metadata": {"\\ud800": 1}}', b'{"title": "\\ud800"}', b'{"tags": ["\\udfff"]}'),
        b'{"metadata": {"a": ' + b"[" * 30 + b"]" * 30 + b"}}",
        b'{"metadata": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
        b'{"metadata": {"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}}",
        b'{"metadata": {"a": ' + b"9" * 5000 + b"}}",
    ],
    ids=lambda body: body.decode()[:30],
)
async def test_a_body_that_cannot_be_stored_is_refused(body: bytes, shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, who)
    headers = shared.headers(who, **{"content-type": "application/json"})

    for method, path in (("PATCH", f"/conversations/{made['id']}"), ("POST", "/conversations")):
        answer = await shared.http.request(method, path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request"), (method, answer.text)
