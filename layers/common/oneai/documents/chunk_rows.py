"""Writes chunks with their words, by which they are found before they are embedded."""

import json
from collections.abc import Sequence
from uuid import UUID

from oneai.documents.chunks import Chunk
from oneai.postgres.db import Transaction


async def append(transaction: Transaction, document_id: UUID, first_ordinal: int, chunks: Sequence[Chunk]) -> int:
    """Writes these chunks of a document, numbered from `first_ordinal`; returns how many, 0 where the document is gone.

    Raises InternalError where one of these numbers is taken.
    """
    row = await transaction.call(
        "select oneai.append_document_chunks(%s, %s, %s)",
        [document_id, first_ordinal, json.dumps([chunk._asdict() for chunk in chunks], ensure_ascii=False)],
    )
    count: int = row[0]
    return count
