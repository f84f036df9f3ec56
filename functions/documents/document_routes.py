"""Routes for documents: upload, list, show, change, delete, reprocess."""

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
    """Lists your documents, newest first by default, with the storage that all of them use."""
    return polled(request, (await documents.list_documents(user, filters)).model_dump_json().encode())


@router.post(
    "/documents/upload",
    summary="Upload a document at the second address",
    status_code=201,
    operation_id="upload_document",
)
@router.post("/documents", summary="Upload a document", status_code=201)
async def open_document(user: DocumentWriter, new: NewDocument) -> DocumentTarget:
    """Returns an address to upload the file to within the hour; it is then read automatically."""
    return await documents.open_document(user, new)


@router.get("/documents/{id}", summary="Get a document", response_model=DocumentDetail, responses=CACHEABLE)
async def get_document(user: DocumentReader, id: DocumentId, request: Request) -> Response:
    """Returns one document, its progress, and the start of its text. Poll with `If-None-Match`."""
    return polled(request, (await documents.get_document(user, id)).model_dump_json().encode())


@router.patch("/documents/{id}", summary="Change a document with the second method", operation_id="patch_document")
@router.put("/documents/{id}", summary="Change a document")
async def change_document(user: DocumentWriter, id: DocumentId, changes: DocumentChanges) -> Document:
    """Changes the given fields: name, tags, description, collection, and who reads it."""
    return await documents.update(user, id, changes)


@router.delete("/documents/{id}", summary="Delete a document", status_code=204)
async def delete_document(user: DocumentWriter, id: DocumentId) -> None:
    """Deletes the document with its text and its file. Quotes in answers remain."""
    await documents.delete(user, id)


@router.post("/documents/{id}/reprocess", summary="Reprocess a document", status_code=202)
async def reprocess_document(
    user: DocumentWriter, id: DocumentId, how: Annotated[Reprocessing, Body(default_factory=Reprocessing)]
) -> Document:
    """Reads the file again from its start; its pages count again. With `read_pages`, a model with vision reads the
    pages without text, which may be all pages."""
    await documents.reprocess(user, id, how)
    return await documents.get_document(user, id)


@router.post("/documents/{id}/summary", summary="Request a summary of a document", status_code=202)
async def request_summary(
    user: DocumentWriter, id: DocumentId, how: Annotated[SummaryRequest, Body(default_factory=SummaryRequest)]
) -> DocumentDetail:
    """Makes a model summarise the document, for one unit of its quota per started 100,000 tokens of text. The
    document's `summary` has the text when it is written. Another request replaces it."""
    await summary.request(user, id, how.model)
    return await documents.get_document(user, id)


@router.get("/documents/{id}/download", summary="Get a link to a document's file")
async def link_to_file(user: DocumentReader, id: DocumentId) -> DocumentLink:
    """Returns a link to the original file, valid for 15 minutes."""
    return await documents.link_to_file(user, id)


@router.get("/documents/{id}/chunks", summary="List a document's chunks")
async def list_chunks(user: DocumentReader, id: DocumentId, limit: Limit = 50, cursor: Cursor = None) -> ChunkPage:
    """Lists the text that was read, in the chunks that are searched."""
    return await documents.list_chunks(user, id, limit, cursor)


@router.get("/documents/{id}/stats", summary="Get a document's figures")
async def get_figures(user: DocumentReader, id: DocumentId) -> DocumentFigures:
    """Returns the length of the document, the number of pages without text, and how often answers used it."""
    return await documents.get_figures(user, id)
