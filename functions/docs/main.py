"""The documentation's search and readers' feedback. A search opens no connection to the database."""

from pathlib import Path
from typing import Annotated

from fastapi import Query, Request, Response

from oneai import documentation
from oneai.clients import secrets_manager
from oneai.documentation import FILES, DocsFeedback, DocsResults, DocsSearch, Index
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import PUBLIC, application, handler_of

# Next to the code: `deploy.build` and the local stack write them there from docs/guide and docs/openapi.json.
INDEXES = {language: Index.read(Path(__file__).with_name(name)) for language, name in FILES.items()}

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
    """Searches the guide and the API reference: best sections first, with the offsets of the matches. The last word may
    be incomplete, and typos are corrected. Public."""
    return cacheable(request, documentation.search(INDEXES[query.language], query).model_dump_json().encode())


@app.post(
    "/docs/feedback",
    dependencies=[PUBLIC],
    tags=["Documentation"],
    summary="Rate a page, or report a search without results",
    status_code=204,
)
async def docs_feedback(feedback: DocsFeedback) -> None:
    """Stores whether a page helped and why, or a search without results. Anonymous. Public."""
    await documentation.store_feedback(INDEXES["en"], feedback)


handler = handler_of(app)
