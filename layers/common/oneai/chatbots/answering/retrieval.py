"""Passages for a question to a chatbot, by the chatbot's own grant: never by what its owner reads.

Short documents come whole, in their order, in one round trip; others by their rank, in a second one.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from oneai import settings
from oneai.chatbots.answering import preparation
from oneai.conversations import search_query
from oneai.conversations.search_query import Term
from oneai.documents import question as questions
from oneai.documents.question import OwnKeyEmbedder, QuestionVector, embed_question, is_in_use
from oneai.documents.search import MAX_CHARACTERS, TIMEOUT_SECONDS, DocumentSearchSettings, PassageRow
from oneai.errors import Busy
from oneai.passages import MAX_PASSAGES, Passage, fitting
from oneai.postgres import db

# The most that a character takes in UTF-8.
_BYTES_PER_CHARACTER = 4


async def find_passages(
    chatbot_id: UUID,
    version: int | None,
    question: str,
    max_bytes: int,
    *,
    asker: UUID | None = None,
    answer_id: UUID | None = None,
    own_key: OwnKeyEmbedder | None = None,
    with_meaning: bool = True,
) -> list[Passage]:
    """The passages of what this version of the chatbot (None: its draft) is asked from that fit the question best: at
    most MAX_PASSAGES, and at most `max_bytes` as they stand in a prompt.

    What was deleted, moved or made private meanwhile is left out in the same statement. `asker` is the member of a
    preview; the question's vector counts as a cost of the answer `answer_id`. `own_key` asks for it where that pays.
    `with_meaning` as for `search`. Raises Busy.
    """
    whole = await db.as_service(
        "select * from oneai.whole_documents_of_chatbot(%s, %s, %s, %s)",
        [chatbot_id, version, MAX_PASSAGES, max_bytes],
        Passage,
    )
    if whole and len(fitting(whole, max_bytes)) == len(whole):
        return whole
    found = await search(
        chatbot_id, version, question, with_meaning=with_meaning, asker=asker, answer_id=answer_id, own_key=own_key
    )
    return fitting(found, max_bytes)


async def search(
    chatbot_id: UUID,
    version: int | None,
    question: str,
    *,
    with_meaning: bool = True,
    asker: UUID | None = None,
    answer_id: UUID | None = None,
    own_key: OwnKeyEmbedder | None = None,
) -> list[Passage]:
    """The passages that match the question best, at most MAX_PASSAGES; none if it has no words. Without
    `with_meaning` nothing is embedded, and nothing costs. Raises Busy."""
    text = question[:MAX_CHARACTERS]
    terms = search_query.of_question(text)
    if not terms:
        return []
    if not with_meaning:
        return _found(await _select(chatbot_id, version, terms, QuestionVector("", None)))

    async def record(vector: QuestionVector) -> None:
        if vector.usage is not None:
            await preparation.record(chatbot_id, "document_embedding", vector.usage, answer_id=answer_id, user_id=asker)

    # Visitors' questions are grouped by their vectors later; those of previews are not.
    of = None if asker is not None else answer_id
    vector = await embed_question(text, record, own_key=own_key)
    rows = await _select(chatbot_id, version, terms, vector, of)
    if not is_in_use(vector, rows[0].model) and vector.vector is not None:
        vector = await embed_question(text, record, own_key=own_key)
        rows = await _select(chatbot_id, version, terms, vector, of)
    return _found(rows)


async def max_cost(question: str, *, rewritten_characters: int = 0) -> int:
    """The most that finding passages for this question may cost, in micro-dollars, also if another one of at most
    `rewritten_characters` takes its place. Raises UpstreamUnavailable."""
    question_bytes = len(question[:MAX_CHARACTERS].encode("utf-8", "replace"))
    return await questions.max_cost(max(question_bytes, rewritten_characters * _BYTES_PER_CHARACTER))


async def _select(
    chatbot_id: UUID,
    version: int | None,
    terms: Sequence[Term],
    question: QuestionVector,
    answer_id: UUID | None = None,
) -> list[PassageRow]:
    arguments: list[Any] = [
        *(chatbot_id, version, search_query.to_text(terms), [search_query.to_text([term]) for term in terms]),
        *(
            question.vector,
            question.model,
            settings.read(DocumentSearchSettings).exact_search_chunks,
            MAX_PASSAGES,
            answer_id,
        ),
    ]
    try:
        return await db.as_service(
            "select * from oneai.search_for_chatbot(%s, %s, %s, %s::text[], %s, %s, %s, %s, %s)",
            arguments,
            PassageRow,
            seconds=TIMEOUT_SECONDS,
        )
    except db.StatementTimeout as error:
        raise Busy(retry_after=5) from error


def _found(rows: Sequence[PassageRow]) -> list[Passage]:
    return [
        Passage(
            row.document_id, row.ordinal or 0, row.name or "", row.page, row.heading, row.content or "", row.text_share
        )
        for row in rows
        if row.document_id is not None
    ]
