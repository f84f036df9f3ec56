"""What readers say of the documentation: whether a page helped, and what they searched for and did not find.

It names nobody: neither who sent it nor from where. What was searched for is counted by its words, and words that could
be a person's own (addresses, numbers, keys) are left out.
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
# Words with a digit or a sign of addresses, and long ones, such as keys.
_PERSONAL = re.compile(r"\S*[\d@]\S*|\S+://\S*|\S{30,}")


class DocsFeedback(BaseModel):
    """The body of `POST /api/docs/feedback`: either `slug` with `helpful`, or `query`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"oneOf": [{"required": ["slug", "helpful"]}, {"required": ["query"]}]}
    )

    slug: Annotated[str, Field(max_length=100)] | None = Field(default=None, description="The page.")
    helpful: Annotated[bool, Field(strict=True)] | None = Field(default=None, description="Whether it helped.")
    note: Annotated[str, Field(max_length=NOTE_CHARACTERS), AfterValidator(clean_lines)] | None = Field(
        default=None, description="What is missing or wrong in it."
    )
    query: Annotated[str, Field(max_length=QUERY_CHARACTERS), AfterValidator(clean_line)] | None = Field(
        default=None, description="What was searched for and not found."
    )


async def store_feedback(index: Index, feedback: DocsFeedback) -> None:
    """Stores either of the two. Raises InvalidRequest for both, neither, or a page that is none."""
    if feedback.query is not None:
        if (feedback.slug, feedback.helpful, feedback.note) != (None, None, None):
            raise invalid("query", "excluded", "A search is sent alone, without a page.")
        await _count_search(feedback.query)
        return
    if feedback.slug is None:
        raise _missing("slug", "Either a page or a search is needed.")
    if feedback.slug not in index.slugs:
        raise invalid("slug", "not_a_choice", "There is no such page.")
    if feedback.helpful is None:
        raise _missing("helpful", "Whether the page helped is needed.")
    note = (feedback.note or "").strip() or None
    await db.call("select oneai.rate_docs_page(%s, %s, %s)", [feedback.slug, feedback.helpful, note])


def _missing(field: str, message: str) -> InvalidRequest:
    return invalid(field, "required", message)


async def _count_search(query: str) -> None:
    words = [word.text for word in tokenize(_PERSONAL.sub(" ", query))][:MAX_WORDS]
    if words:
        await db.call("select oneai.count_docs_search(%s)", [" ".join(words)])
