"""The route for searching documents."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from oneai.documents.search_page import DocumentSearchPage, DocumentSearchRequest, search_page
from oneai.http.fastapi_app import signed_in_or_key
from oneai.postgres.db import Principal

SearchingUser = Annotated[Principal, Depends(signed_in_or_key("documents:read", "search"))]

router = APIRouter(tags=["Documents"])


@router.get("/documents/search", summary="Search documents")
async def search_documents(
    user: SearchingUser, request: Annotated[DocumentSearchRequest, Query()]
) -> DocumentSearchPage:
    """Finds the passages of your documents that match a question, by words and by meaning, best first.

    Text that is not embedded yet, or while embeddings are unavailable, is found by its words."""
    return await search_page(user, request)
