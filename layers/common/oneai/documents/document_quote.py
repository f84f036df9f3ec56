"""Quotes the quota units for reading a document's pages with a model, or for a summary of it, before the request."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from oneai.documents import page_reading, summary
from oneai.field_errors import InvalidValue
from oneai.postgres.db import Principal
from oneai.quota.quoted import Quote


class DocumentQuote(BaseModel):
    """The body of `POST /api/quota/quote` about a document."""

    model_config = ConfigDict(extra="forbid")

    document_id: UUID = Field(description="The document.")
    read_pages: bool = Field(default=False, description="Quotes reading its pages without text with a model.")
    summary: bool = Field(default=False, description="Quotes a summary of it. Send either this or `read_pages`.")
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="The model. Absent: as in `POST /documents/{id}/reprocess` and `POST /documents/{id}/summary`.",
    )

    @model_validator(mode="after")
    def _one_request(self) -> Self:
        if self.read_pages == self.summary:
            raise InvalidValue("mismatch", "Send either `read_pages` or `summary` for a document.")
        return self


async def quote(principal: Principal, request: DocumentQuote) -> Quote:
    """What the request would reserve. Raises as `page_reading.begin` and `summary.request` do, except for quotas."""
    by_request = page_reading.quote if request.read_pages else summary.quote
    return await by_request(principal, request.document_id, request.model)
