"""The sources of an answer, where its conversation goes elsewhere: shared, copied, exported and imported again."""

import json
from typing import Any

from tests.chat.documents import add_document
from tests.conversations.archive.trees import conversation_ids, import_file
from tests.conversations.links import create_link, open_link
from tests.world import World

TEXT = "The rent is 900 rupees a month."
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
        assert await shared_sources(world, shown.token) == [SHOWN]
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
