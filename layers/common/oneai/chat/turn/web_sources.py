"""Web pages that an answer cites, in the form of the event `sources` and of the answer's metadata."""

import json
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from oneai.passages import SNIPPET_CHARACTERS
from oneai.postgres import db
from oneai.web_address import web_address

TITLE_CHARACTERS = 200
# Marks of Indian and Arabic scripts that join letters or keep them apart.
JOINERS = "\u200c\u200d"


def pages(annotations: str) -> list[dict[str, Any]]:
    """The pages that these annotations (JSON text) cite. Pages of a list have their position in it as `n`. Addresses
    are http or https; titles and snippets come from the pages, are on one line, and are shown as text."""
    found = []
    for annotation in json.loads(annotations):
        citation = annotation.get("url_citation")
        url = web_address(citation.get("url")) if isinstance(citation, dict) else None
        if url is not None:
            place = {"n": annotation["n"]} if "n" in annotation else {}
            found.append({**place, **_page(url, citation)})
    return found


async def store(message_id: UUID, sources: list[dict[str, Any]]) -> None:
    """Stores the sources of an answer that is being written: for those who follow it elsewhere, and as the proof of a
    search in case its process dies. Raises Busy."""
    await db.as_service(
        """
        update oneai.chat_messages set metadata = metadata || jsonb_build_object('sources', %s::jsonb)
        where id = %s and state = 'streaming'
        """,
        [json.dumps(sources, ensure_ascii=False), message_id],
        dict,
    )


def _page(url: str, citation: dict[str, Any]) -> dict[str, Any]:
    return {
        "url": url,
        "document_id": None,
        "name": _line(citation.get("title"), TITLE_CHARACTERS) or urlsplit(url).hostname,
        "page": None,
        "heading": None,
        "snippet": _line(citation.get("content"), SNIPPET_CHARACTERS),
    }


def _line(text: object, most: int) -> str:
    """The start of a text on one line, without invisible marks and marks that change its direction, which could make
    one title look like another."""
    visible = text[: most * 2] if isinstance(text, str) else ""
    words = "".join([each if each.isprintable() or each in JOINERS else " " for each in visible]).split()
    line = " ".join(words)
    return line if len(line) <= most else line[: most - 1].rsplit(" ", 1)[0] + "…"
