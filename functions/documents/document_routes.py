"""Routes for documents: upload, list, show, change, delete, process anew."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query, Request, Response

from oneai import documents
from oneai.documents import (
    ChunkPage,
    Document,
    DocumentChanges,
    DocumentDetail,
    DocumentFigures,
    DocumentFilters,
    DocumentLink,
    DocumentPage,
    DocumentTarget,
    NewDocument,
    Reprocessing,
    summary,
)
from oneai.documents.summary import SummaryRequest
from oneai.http.cacheable import CACHEABLE, polled
from oneai.http.fastapi_app import Cursor, DocumentReader, DocumentWriter, Limit

DocumentId = Annotated[UUID, Path(description="The document's id.")]

router = APIRouter(tags=["Documents"])


@router.get("/documents", summary="List documents", response_model=DocumentPage, responses=CACHEABLE)
async def list_documents(
    user: DocumentReader, filters: Annotated[DocumentFilters, Query()], request: Request
) -> Response:
    """Your documents, the newest first unless asked otherwise, and what all of them take."""
    return polled(request, (await documents.list_documents(user, filters)).model_dump_json().encode())


@router.post(
    "/documents/upload",
    summary="Upload a document at the second address",
    status_code=201,
    operation_id="upload_document",
)
@router.post("/documents", summary="Upload a document", status_code=201)
async def open_document(user: DocumentWriter, new: NewDocument) -> DocumentTarget:
    """An address to which you can send the file within the hour; then it is read by itself."""
    return await documents.open_document(user, new)


@router.get("/documents/{id}", summary="Get a document", response_model=DocumentDetail, responses=CACHEABLE)
async def get_document(user: DocumentReader, id: DocumentId, request: Request) -> Response:
    """One document, how far its processing is, and the beginning of its text. Ask again with `If-None-Match`."""
    return polled(request, (await documents.get_document(user, id)).model_dump_json().encode())


@router.put("/documents/{id}", summary="Change a document")
async def change_document(user: DocumentWriter, id: DocumentId, changes: DocumentChanges) -> Document:
    """Changes what is named: its name, its tags, its description, its collection."""
    return await documents.update(user, id, changes)


@router.delete("/documents/{id}", summary="Delete a document", status_code=204)
async def delete_document(user: DocumentWriter, id: DocumentId) -> None:
    """Deletes it with its text and its file. Answers keep what they quoted of it."""
    await documents.delete(user, id)


@router.post("/documents/{id}/reprocess", summary="Process a document anew", status_code=202)
async def reprocess_document(
    user: DocumentWriter, id: DocumentId, how: Annotated[Reprocessing, Body(default_factory=Reprocessing)]
) -> Document:
    """Reads the file once more, from its beginning; its pages count once more. With `read_pages` a model that sees
    reads the pages that hold no text, and all of them where none does."""
    await documents.reprocess(user, id, how)
    return await documents.get_document(user, id)


@router.post("/documents/{id}/summary", summary="Request a summary of a document", status_code=202)
async def request_summary(
    user: DocumentWriter, id: DocumentId, how: Annotated[SummaryRequest, Body(default_factory=SummaryRequest)]
) -> DocumentDetail:
    """Has a model summarise the document, for a unit of its quota for every 100,000 tokens of text begun: the document
    shows it in `summary` when it is written. Requested again, it is written anew."""
    await summary.request(user, id, how.model)
    return await documents.get_document(user, id)


@router.get("/documents/{id}/download", summary="Get a link to a document's file")
async def link_to_file(user: DocumentReader, id: DocumentId) -> DocumentLink:
    """A link to the file as it was sent, for a quarter of an hour."""
    return await documents.link_to_file(user, id)


@router.get("/documents/{id}/chunks", summary="List a document's chunks")
async def list_chunks(user: DocumentReader, id: DocumentId, limit: Limit = 50, cursor: Cursor = None) -> ChunkPage:
    """The text that was read, in the parts in which it is searched."""
    return await documents.list_chunks(user, id, limit, cursor)


@router.get("/documents/{id}/stats", summary="Get a document's figures")
async def get_figures(user: DocumentReader, id: DocumentId) -> DocumentFigures:
    """How long it is, how many of its pages hold no text, and how often answers drew on it."""
    return await documents.get_figures(user, id)
