"""Embeds the chunks of documents in batches, at the operator's expense, and all of them again for another model."""

import json
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from oneai import plans, settings
from oneai.documents.chunks import Chunk, embedded_text
from oneai.documents.embedding_request import WrongLength, embed
from oneai.postgres import db

# The texts of one request.
BATCH_CHUNKS = 100
# The number of rows from which another model's vectors are removed at once.
ROWS_EMPTIED = 1000


@dataclass(frozen=True)
class EmbeddingSettings:
    """`embedding_model` embeds what people ask about; the length of its vectors has to be a choice."""

    embedding_model: str = "openai/text-embedding-3-small"


type ModelChange = Literal["current", "emptying", "filling", "switched"]


async def embed_batch(document_id: UUID) -> bool:
    """Embeds the next BATCH_CHUNKS chunks of a document without a vector; returns whether some are left.

    Also False if the document is gone. Raises OneAIError if the upstream is unavailable or returns vectors of another
    length, and if the daily limit pauses the operator's requests: try again later.
    """
    return await _embed(document_id, reembed=False)


async def change_model() -> ModelChange:
    """Makes one step of the change to EMBEDDING_MODEL as the model of searches; "current" if there is nothing to do.

    While it is not, searches and new documents keep to the model before, so this may take as long as it does. Raises
    what `embed_batch` does.
    """
    (step,) = await db.call(
        "select oneai.change_embedding_model(%s, %s)",
        [settings.read(EmbeddingSettings).embedding_model, ROWS_EMPTIED],
    )
    if step["state"] == "filling":
        await _embed(UUID(step["document_id"]), reembed=True)
    state: ModelChange = step["state"]
    return state


async def _embed(document_id: UUID, *, reembed: bool) -> bool:
    (batch,) = await db.call(
        "select oneai.claim_embedding_batch(%s, %s, %s, %s, %s)",
        [
            document_id,
            settings.read(EmbeddingSettings).embedding_model,
            reembed,
            BATCH_CHUNKS,
            plans.daily_spend_limit(),
        ],
    )
    if batch is None:
        return False
    texts = [
        embedded_text(batch["name"], Chunk(chunk["page"], chunk["heading"], chunk["content"], 0))
        for chunk in batch["chunks"]
    ]
    try:
        embedded = await embed(batch["model"], texts)
    except WrongLength as error:
        await _store(document_id, batch, [], error.usage)
        raise
    return await _store(document_id, batch, embedded.vectors, embedded.usage)


async def _store(document_id: UUID, batch: dict[str, Any], vectors: list[str], usage: dict[str, Any]) -> bool:
    """Stores vectors and usage in one transaction; returns whether chunks are left."""
    ordinals = [chunk["ordinal"] for chunk in batch["chunks"]][: len(vectors)]
    (left,) = await db.call(
        "select oneai.store_embeddings(%s, %s, %s, %s, %s::integer[], %s::text[], %s)",
        [
            *(batch["id"], batch["owner_id"], document_id, batch["model"]),
            *(ordinals, vectors, json.dumps(usage)),
        ],
        idempotent=True,
    )
    return bool(left)
