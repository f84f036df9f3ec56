"""The sources of an answer, where its conversation goes elsewhere: shared, copied, exported and imported again."""

import json
from typing import Any

import pytest

from oneai.chat.turn.answer import MAX_PAGES
from tests.chat.documents import add_document
from tests.conversations.archive.trees import conversation_ids, import_file
from tests.conversations.links import create_link, open_link
from tests.world import World

TEXT = "The rent is 900 rupees a month."
FORMATS = ("json", "markdown", "html", "txt")
SHOWN = {"n": 1, "name": "contract.pdf", "snippet": TEXT}


async def answered(world: World) -> str:
    """A conversation about a document; its id."""
    result = await world.ask("How high is the rent?", documents=[add_document(world, [TEXT])])
    return str(result.start["conversation_id"])


async def shared_sources(world: World, token: str) -> list[dict[str, Any]]:
    """The sources of the answer, as readers of the link see them."""
    _, answer = (await open_link(world, token)).json()["messages"]["items"]
    found: list[dict[str, Any]] = answer["sources"]
    return found


async def own_sources(world: World, conversation: str, who: str) -> list[dict[str, Any]] | None:
    """The sources of the answer, as its owner sees them."""
    _, answer = (await world.get(f"/conversations/{conversation}/messages", who)).json()["items"]
    found: list[dict[str, Any]] | None = answer["metadata"].get("sources")
    return found


async def test_readers_see_source_names_and_snippets_only_if_the_owner_allows_it(world: World) -> None:
    conversation = await answered(world)

    for kind in ("snapshot", "live"):
        hidden = await create_link(world, conversation, kind=kind)
        shown = await create_link(world, conversation, kind=kind, show_sources=True)

        assert await shared_sources(world, hidden.token) == []
        assert await shared_sources(world, shown.token) == [{**SHOWN, "url": None}]
        assert (hidden.fields["show_sources"], shown.fields["show_sources"]) == (False, True)


async def test_a_copy_has_the_sources_shown_by_its_link_and_no_documents(world: World) -> None:
    conversation = await answered(world)
    for shows, expected in ((False, None), (True, [SHOWN])):
        link = await create_link(world, conversation, show_sources=shows)

        copy = (await world.post(f"/shared/{link.token}/fork", None, "ravi")).json()["conversation_id"]

        assert await own_sources(world, copy, "ravi") == expected
        assert "sources" not in (await world.ask("And?", "ravi", conversation_id=copy)).names


async def test_an_export_has_the_sources_and_an_import_names_no_document(world: World) -> None:
    conversation = await answered(world)
    file = (await world.get(f"/conversations/{conversation}/export")).content

    exported = json.loads(file)["messages"][1]["sources"]
    await world.http.delete(f"/conversations/{conversation}", headers=world.headers())
    result = await import_file(world, file)

    source = {"n": 1, "name": "contract.pdf", "page": 1, "heading": "Section 1", "snippet": TEXT}
    assert exported == [{**source, "url": None}]
    assert (result["imported"], result["errors"]) == (1, [])
    (back,) = conversation_ids(world, "asha")
    assert await own_sources(world, back, "asha") == [{**source, "document_id": None}]


async def test_a_cited_page_keeps_its_address_in_links_copies_and_exports(world: World) -> None:
    result = await world.ask("Ferry?", model="local/searches-silently", web_search=True)
    conversation = str(result.start["conversation_id"])
    link = await create_link(world, conversation, show_sources=True)
    own = await own_sources(world, conversation, "asha")
    assert own is not None
    urls = [each["url"] for each in own]

    copy = (await world.post(f"/shared/{link.token}/fork", None, "ravi")).json()["conversation_id"]
    copied = await own_sources(world, copy, "ravi")
    files = [await world.get(f"/conversations/{conversation}/export", format=form) for form in FORMATS]

    assert [each["url"] for each in await shared_sources(world, link.token)] == urls
    assert [each["url"] for each in copied or ()] == urls
    assert [[url in file.text for url in urls] for file in files] == [[True, True]] * len(FORMATS)


@pytest.mark.parametrize("form", ["json", "markdown", "html", "txt"])
async def test_a_hostile_page_is_text_in_links_and_exports(shared: World, form: str) -> None:
    who = shared.newcomer()
    result = await shared.ask("Hello", who, model="local/cites-hostile-pages", web_search=True)
    conversation = str(result.start["conversation_id"])

    own = await own_sources(shared, conversation, who)
    file = (await shared.get(f"/conversations/{conversation}/export", who, format=form)).text

    assert own is not None
    assert (len(own), {each["url"].split(":")[0] for each in own}) == (MAX_PAGES, {"https"})
    assert max(len(each["name"]) for each in own) <= 200
    assert max(len(each["snippet"]) for each in own) <= 300
    assert not any(mark in each["name"] for each in own for mark in "\u202e\u2066\n")
    assert "javascript:alert(3)" not in file
    assert "user:secret@" not in file
    if form in ("markdown", "html"):
        assert "<script>document" not in file
        assert "<img src=x" not in file
