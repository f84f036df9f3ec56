"""Documents: files that users store to ask about, their collections, and the job that reads them."""

from oneai.documents.attached import UploadState, expire_uploads, get_upload
from oneai.documents.change import (
    DocumentBulkRequest,
    DocumentBulkResults,
    DocumentChanges,
    DocumentIds,
    Reprocessing,
    bulk,
    delete,
    reprocess,
    update,
)
from oneai.documents.collections import (
    Collection,
    CollectionChanges,
    CollectionFields,
    CollectionPage,
    change_collection,
    create_collection,
    delete_collection,
    list_collections,
)
from oneai.documents.details import (
    ChunkPage,
    DocumentDetail,
    DocumentFigures,
    DocumentLink,
    get_document,
    get_figures,
    link_to_file,
    list_chunks,
)
from oneai.documents.document import Document, object_key
from oneai.documents.embedding import change_model, embed_batch
from oneai.documents.list import DocumentFilters, DocumentPage, list_documents
from oneai.documents.search import Passage, Passages, search
from oneai.documents.uploads import (
    BulkUpload,
    BulkUploadResults,
    DocumentTarget,
    NewDocument,
    open_document,
    open_documents,
)

__all__ = [
    "BulkUpload",
    "BulkUploadResults",
    "ChunkPage",
    "Collection",
    "CollectionChanges",
    "CollectionFields",
    "CollectionPage",
    "Document",
    "DocumentBulkRequest",
    "DocumentBulkResults",
    "DocumentChanges",
    "DocumentDetail",
    "DocumentFigures",
    "DocumentFilters",
    "DocumentIds",
    "DocumentLink",
    "DocumentPage",
    "DocumentTarget",
    "NewDocument",
    "Passage",
    "Passages",
    "Reprocessing",
    "UploadState",
    "bulk",
    "change_collection",
    "change_model",
    "create_collection",
    "delete",
    "delete_collection",
    "embed_batch",
    "expire_uploads",
    "get_document",
    "get_figures",
    "get_upload",
    "link_to_file",
    "list_chunks",
    "list_collections",
    "list_documents",
    "object_key",
    "open_document",
    "open_documents",
    "reprocess",
    "search",
    "update",
]
