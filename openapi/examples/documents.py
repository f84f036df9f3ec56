"""Documents and their collections."""

from typing import Any

from openapi.examples.account import USER_ID

DOCUMENT_ID = "0b6f2f1e-3c47-4a9b-9d53-7c1e5a9f8008"
COLLECTION_ID = "6d0a4b7c-91e2-4f3d-8a65-2b8c3d4e9009"

_OWNED: dict[str, Any] = {
    "workspace_id": USER_ID,
    "visibility": "workspace",
    "author": {"user_id": USER_ID, "name": "Asha Rao"},
}
DOCUMENT: dict[str, Any] = {
    "id": DOCUMENT_ID,
    **_OWNED,
    "name": "lease.pdf",
    "type": "application/pdf",
    "size": 120_000,
    "status": "ready",
    "progress": 1.0,
    "problem": None,
    "problem_code": None,
    "text_share": 1.0,
    "picture_pages": 0,
    "words_only": None,
    "pages": 12,
    "tags": ["flat"],
    "collection_id": COLLECTION_ID,
    "chunks": 31,
    "description": "The lease of the flat in Indiranagar.",
    "created_at": "2026-11-21T06:30:00Z",
}
CHUNK: dict[str, Any] = {
    "ordinal": 1,
    "page": 1,
    "heading": "1. Term",
    "content": "The lease begins on 1 April 2026 and runs for eleven months.",
    "tokens": 15,
}
_SUMMARY: dict[str, Any] = {
    "state": "ready",
    "problem": None,
    "model": "openai/gpt-4.1-mini",
    "written_at": "2026-11-21T07:00:00Z",
    "units": 1,
    "progress": 1.0,
}
_USE = {"answers": 3, "last_used_at": "2026-11-21T08:00:00Z"}
_TARGET: dict[str, Any] = {
    "id": DOCUMENT_ID,
    "url": "https://files.example.com/documents/lease.pdf?X-Amz-Signature=…",
    "headers": {"Content-Type": "application/pdf", "If-None-Match": "*"},
    "expires_at": "2026-11-21T07:30:00Z",
}
_NEW = {"name": "lease.pdf", "type": "application/pdf", "size": 120_000, "tags": ["flat"]}
COLLECTION: dict[str, Any] = {
    "id": COLLECTION_ID,
    **_OWNED,
    "name": "Home",
    "documents": 4,
    "created_at": "2026-11-21T06:00:00Z",
    "updated_at": "2026-11-21T06:00:00Z",
}

EXAMPLES: dict[str, Any] = {
    "NewDocument": _NEW,
    "DocumentTarget": _TARGET,
    "Document": DOCUMENT,
    "DocumentDetail": {
        **DOCUMENT,
        "summary": "A lease of a flat in Indiranagar for eleven months from 1 April 2026.",
        "summary_request": _SUMMARY,
        "first_chunks": [CHUNK],
        "use": _USE,
        "chatbots": [{"id": "a9e4c1b7-6d2f-4830-9b5e-1c7f3a8d2013", "name": "Tea guide"}],
        "metadata": {
            "pages_without_text": 0,
            "unread_pages": 0,
            "arrived_at": "2026-11-21T06:30:20Z",
            "ready_at": "2026-11-21T06:31:05Z",
            "updated_at": "2026-11-21T06:31:05Z",
        },
    },
    "DocumentPage": {
        "items": [DOCUMENT],
        "next_cursor": None,
        "stats": {"total_bytes": 120_000, "limit_bytes": 200_000_000, "pages_this_month": 12, "limit_pages": 100},
    },
    "DocumentChanges": {"name": "Lease of 2026", "tags": ["flat", "2026"]},
    "DocumentFigures": {
        "id": DOCUMENT_ID,
        "chunks": 31,
        "tokens": 12_040,
        "pages": 12,
        "pages_without_text": 0,
        "read_pages": 0,
        "counted_pages": 12,
        **_USE,
        "summary": {**_SUMMARY, "prompt_tokens": 12_210, "completion_tokens": 240},
    },
    "DocumentLink": {
        "url": "https://files.example.com/documents/lease.pdf?X-Amz-Signature=…",
        "expires_at": "2026-11-21T07:15:00Z",
    },
    "ChunkPage": {"items": [CHUNK], "next_cursor": None},
    "DocumentQuote": {"document_id": DOCUMENT_ID, "summary": True, "model": "openai/gpt-4.1-mini"},
    "SummaryRequest": {"model": "openai/gpt-4.1-mini"},
    "Reprocessing": {"read_pages": True, "model": "openai/gpt-4.1-mini"},
    "DocumentIds": {"ids": [DOCUMENT_ID]},
    "DocumentBulkRequest": {"ids": [DOCUMENT_ID], "action": "tag", "tags": ["2026"]},
    "DocumentBulkResults": {"results": [{"id": DOCUMENT_ID, "status": "ok"}]},
    "BulkUpload": {"documents": [_NEW]},
    "BulkUploadResults": {
        "results": [{"name": "lease.pdf", "status": "ok", "message": None, "target": _TARGET}],
    },
    "Collection": COLLECTION,
    "CollectionFields": {"name": "Home"},
    "CollectionChanges": {"name": "House"},
    "CollectionPage": {"items": [COLLECTION], "next_cursor": None},
}
