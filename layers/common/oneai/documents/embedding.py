"""Embeds the chunks of a document."""

from uuid import UUID


async def embed_batch(document_id: UUID) -> bool:  # noqa: ARG001  of the seam
    """Embeds the next chunks of the document that have no vector; whether some are left."""
    return False
