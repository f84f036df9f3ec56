"""Searching the documentation, and what readers say of it. A search opens no connection to the database."""

from pathlib import Path
from typing import Annotated

from fastapi import Query, Request, Response

from oneai import documentation
from oneai.clients import secrets_manager
from oneai.documentation import DocsFeedback, DocsResults, DocsSearch, Index
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import PUBLIC, application, handler_of

# Beside the code: `deploy.build` and the local stack write it there from docs/guide and docs/openapi.json.
INDEX = Index.read(Path(__file__).with_name("search_index.json"))

secrets_manager.load()
app = application("Documentation")


@app.get(
    "/docs/search",
    tags=["Documentation"],
    summary="Search the documentation",
    response_model=DocsResults,
    responses=CACHEABLE,
)
async def search_docs(request: Request, query: Annotated[DocsSearch, Query()]) -> Response:
    """The guide and the API's reference by their words: the best sections first, with the offsets of what was found.
    The last word may be only begun, and typos find what was probably meant. Public."""
    return cacheable(request, documentation.search(INDEX, query).model_dump_json().encode())


@app.post(
    "/docs/feedback",
    dependencies=[PUBLIC],
    tags=["Documentation"],
    summary="Say whether a page helped, or what was not found",
    status_code=204,
)
async def docs_feedback(feedback: DocsFeedback) -> None:
    """Either a page, whether it helped and why, or a search that found nothing. Names nobody. Public."""
    await documentation.store_feedback(INDEX, feedback)


handler = handler_of(app)
