"""The route for search."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from oneai import conversations
from oneai.conversations import SearchPage, SearchRequest
from oneai.http.fastapi_app import signed_in_or_key
from oneai.postgres.db import Principal

SearchingUser = Annotated[Principal, Depends(signed_in_or_key("conversations:read", "search"))]

router = APIRouter(tags=["Messages"])


@router.get("/search", summary="Search messages and titles")
async def search(user: SearchingUser, request: Annotated[SearchRequest, Query()]) -> SearchPage:
    """Finds your messages, in all branches, and your titles: best first, with the offsets of the matches."""
    return await conversations.search(user, request)
