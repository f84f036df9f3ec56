"""Routes for several documents at once."""

from fastapi import APIRouter

from oneai import documents
from oneai.documents import BulkUpload, BulkUploadResults, DocumentBulkRequest, DocumentBulkResults, DocumentIds
from oneai.http.fastapi_app import DocumentWriter

router = APIRouter(tags=["Documents"])


@router.post("/documents/bulk", summary="Delete, tag or reprocess several documents")
async def change_documents(user: DocumentWriter, request: DocumentBulkRequest) -> DocumentBulkResults:
    """Deletes, tags or reprocesses many documents."""
    return await documents.bulk(user, request)


@router.post("/documents/bulk-upload", summary="Request uploads for several documents")
async def open_documents(user: DocumentWriter, request: BulkUpload) -> BulkUploadResults:
    """`POST /documents` for many files; a refusal does not stop the others."""
    return await documents.open_documents(user, request)


@router.delete("/documents/bulk-delete", summary="Delete several documents")
async def delete_documents(user: DocumentWriter, request: DocumentIds) -> DocumentBulkResults:
    """`POST /documents/bulk` with the action `delete`."""
    return await documents.bulk(user, DocumentBulkRequest(ids=request.ids, action="delete"))


@router.post("/documents/bulk-reprocess", summary="Reprocess several documents")
async def reprocess_documents(user: DocumentWriter, request: DocumentIds) -> DocumentBulkResults:
    """`POST /documents/bulk` with the action `reprocess`."""
    return await documents.bulk(user, DocumentBulkRequest(ids=request.ids, action="reprocess"))
