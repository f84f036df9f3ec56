"""Embeds the chunks of documents in batches, at the operator's expense, and again for another model."""

import json
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from oneai import settings
from oneai.documents.chunks import Chunk, embedded_text
from oneai.documents.embedding_request import embed, embedding_models, price, usage
from oneai.errors import OneAIError
from oneai.models.embeddings import UpstreamBill
from oneai.models.outcome import Outcome, OutcomeUsage
from oneai.plans.ceiling import daily_spend_limit
from oneai.plans.model_terms import EMBEDDINGS
from oneai.postgres import db

# The texts of one request.
BATCH_CHUNKS = 100
# Rows of another model's vectors that are emptied at once.
ROWS_EMPTIED = 1000


@dataclass(frozen=True)
class EmbeddingSettings:
    """`embedding_model` embeds what people ask about; the length of its vectors has to be a choice."""

    embedding_model: str = "openai/text-embedding-3-small"


type ModelChange = Literal["current", "emptying", "filling", "switched"]


async def embed_batch(document_id: UUID) -> bool:
    """Embeds the next BATCH_CHUNKS chunks of a document without a vector; returns whether some are left.

    False too if the document was deleted. The cost of a request is held before it is sent, and settled also if the
    document is deleted. Raises OneAIError if the upstream is unavailable or returns vectors of another length, and if
    the daily limit pauses what the operator pays: try again later.
    """
    return await _embed(document_id, reembed=False)


async def change_model() -> ModelChange:
    """One step towards EMBEDDING_MODEL being the one that searches compare by; "current" where nothing is to be done.

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
    models = await embedding_models()
    prices = {
        each.id: {"version": each.price_version, "micro_usd_per_token": str(price(each))}
        for each in models.values()
        if EMBEDDINGS in each.output_modalities
    }
    (batch,) = await db.call(
        "select oneai.claim_embedding_batch(%s, %s, %s, %s, %s, %s)",
        [
            document_id,
            settings.read(EmbeddingSettings).embedding_model,
            reembed,
            BATCH_CHUNKS,
            daily_spend_limit(),
            json.dumps(prices),
        ],
    )
    if batch is None:
        return False
    texts = [
        embedded_text(batch["name"], Chunk(chunk["page"], chunk["heading"], chunk["content"], 0))
        for chunk in batch["chunks"]
    ]
    bill, token_price = UpstreamBill(), price(models.get(batch["model"]))
    try:
        vectors = await embed(batch["model"], texts, bill)
    except OneAIError as error:
        await _store(document_id, batch, [], _outcome(bill, usage(token_price, texts, bill), error))
        raise
    return await _store(document_id, batch, vectors, _outcome(bill, usage(token_price, texts, bill), None))


def _outcome(bill: UpstreamBill, cost: OutcomeUsage | None, failure: OneAIError | None) -> Outcome | None:
    """The operator pays, so it has no unit; None if no request was sent."""
    if cost is None:
        return None
    return Outcome(
        state="failed" if failure else "complete",
        units=0,
        sent=True,
        error_code=failure.code if failure else None,
        model=bill.model,
        # Its statistics correct only estimated costs of answers.
        generation_id=None if cost.estimated else bill.generation_id,
        openrouter_key=bill.key_id,
        usage=cost,
    )


async def _store(document_id: UUID, batch: dict[str, Any], vectors: list[str], outcome: Outcome | None) -> bool:
    """Stores vectors and settles the request in one transaction; whether chunks are left."""
    ordinals = [chunk["ordinal"] for chunk in batch["chunks"]][: len(vectors)]
    (left,) = await db.call(
        "select oneai.store_embeddings(%s, %s, %s, %s::integer[], %s::text[], %s)",
        [batch["id"], document_id, batch["model"], ordinals, vectors, outcome and outcome.to_json()],
        idempotent=True,
    )
    return bool(left)
