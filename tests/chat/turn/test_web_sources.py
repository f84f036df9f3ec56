"""Pages that a model cites are sources of its answer, and what a page says of itself is not believed."""

import json
from typing import Any

import pytest

from oneai.chat.turn import web_sources
from tests.world import World

PAGE = {
    "n": 1,
    "url": "https://weather.example/monsoon",
    "document_id": None,
    "name": "Onset of the monsoon",
    "page": None,
    "heading": None,
    "snippet": "Around 1 June.",
}


def cited(url: Any, **fields: Any) -> list[dict[str, Any]]:
    """The pages that one citation of this address makes."""
    return web_sources.pages(json.dumps([{"type": "url_citation", "url_citation": {"url": url, **fields}}]))


async def test_cited_pages_are_streamed_as_sources_stored_and_replayed(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("When does the monsoon begin?", who, model="local/cites-pages")

    assert [data["sources"] for name, data, _ in result.events if name == "sources"] == [[PAGE]]
    assert (result.text.endswith("[1]."), result.last["state"]) == (True, "complete")
    path = f"/conversations/{result.start['conversation_id']}/messages"
    assert (await shared.get(path, who)).json()["items"][1]["metadata"]["sources"] == [PAGE]
    again = await shared.resume(result.start["message_id"], who=who)
    assert [data["sources"] for name, data, _ in again.events if name == "sources"] == [[PAGE]]
    assert shared.quota(who) == (1, 0)


async def test_the_ai_sdk_gets_cited_pages_as_its_own_parts(shared: World) -> None:
    message = {"id": "m-1", "role": "user", "parts": [{"type": "text", "text": "When?"}]}
    body = {"id": "c-1", "messages": [message], "trigger": "submit-message", "model": "local/cites-pages"}
    answer = await shared.post("/chat/ui-stream", body, shared.newcomer())

    assert answer.status_code == 200, answer.text
    part = {"type": "source-url", "sourceId": "1", "url": PAGE["url"], "title": PAGE["name"]}
    assert answer.text.count(json.dumps(part)) == 1


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "ftp://example.com/file",
        "//example.com/a",
        "/settings/keys",
        "https://",
        "https://bank.example@evil.example/",
        "https://evil.example\\@bank.example/",
        "https://example.com/a b",
        "https://example.com/\u202emoc.knab",
        "https://example.com/" + "a" * 2000,
        "https://[::1",
        7,
        None,
    ],
)
def test_an_address_outside_the_web_is_no_source(url: Any) -> None:
    assert cited(url, title="A page") == []


def test_a_title_can_neither_change_its_direction_nor_fill_the_screen() -> None:
    (page,) = cited("https://a.example/", title="Your\u202e\u200b bank\n\n" + "x" * 5000, content="y " * 5000)

    assert page["name"].startswith("Your bank")
    assert (len(page["name"]) <= 200, len(page["snippet"]) <= 300) == (True, True)
    (hindi,) = cited("https://a.example/", title="क्‍षमा")
    assert hindi["name"] == "क्‍षमा"
    (nameless,) = cited("https://a.example/x", title="\u200b")
    assert nameless["name"] == "a.example"
