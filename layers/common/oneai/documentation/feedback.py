"""Readers' feedback on the documentation: whether a page helped, and searches without results.

Feedback is anonymous: it contains neither the sender nor an address. Searches are counted by their words, without words
that may be personal (addresses, numbers, keys).
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai.conversations.tokenize import tokenize
from oneai.documentation.index import Index
from oneai.documentation.search import MAX_WORDS, QUERY_CHARACTERS
from oneai.errors import InvalidRequest
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.text import clean_line, clean_lines

NOTE_CHARACTERS = 1000
# Words with a digit or a character of addresses, and long words, such as keys.
_PERSONAL = re.compile(r"\S*[\d@]\S*|\S+://\S*|\S{30,}")


class DocsFeedback(BaseModel):
    """The body of `POST /api/docs/feedback`: either `slug` with `helpful`, or `query`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"oneOf": [{"required": ["slug", "helpful"]}, {"required": ["query"]}]}
    )

    slug: Annotated[str, Field(max_length=100)] | None = Field(default=None, description="The page.")
    helpful: Annotated[bool, Field(strict=True)] | None = Field(
        default=None, description="Whether the page was helpful."
    )
    note: Annotated[str, Field(max_length=NOTE_CHARACTERS), AfterValidator(clean_lines)] | None = Field(
        default=None, description="A comment about the page, such as a missing or wrong statement."
    )
    query: Annotated[str, Field(max_length=QUERY_CHARACTERS), AfterValidator(clean_line)] | None = Field(
        default=None, description="A search without results."
    )


async def store_feedback(index: Index, feedback: DocsFeedback) -> None:
    """Stores the rating or the search. Raises InvalidRequest for both, neither, or an unknown page."""
    if feedback.query is not None:
        if (feedback.slug, feedback.helpful, feedback.note) != (None, None, None):
            raise invalid("query", "excluded", "A search must be sent without a page.")
        await _count_search(feedback.query)
        return
    if feedback.slug is None:
        raise _missing("slug", "Send either a page or a search.")
    if feedback.slug not in index.slugs:
        raise invalid("slug", "not_a_choice", "There is no such page.")
    if feedback.helpful is None:
        raise _missing("helpful", "This field is required with a page.")
    note = (feedback.note or "").strip() or None
    await db.call("select oneai.rate_docs_page(%s, %s, %s)", [feedback.slug, feedback.helpful, note])


def _missing(field: str, message: str) -> InvalidRequest:
    return invalid(field, "required", message)


async def _count_search(query: str) -> None:
    words = [word.text for word in tokenize(_PERSONAL.sub(" ", query))][:MAX_WORDS]
    if words:
        await db.call("select oneai.count_docs_search(%s)", [" ".join(words)])
