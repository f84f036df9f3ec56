"""Uploads of documents: the client requests a presigned URL and sends the file there; everything else happens by
itself. A file is accepted by the media type that the client states, else by the ending of its name."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from oneai import files, settings
from oneai.clients import s3
from oneai.conversations.conversation import Visibility
from oneai.conversations.fields import Tags
from oneai.documents.document import Name, object_key
from oneai.errors import NotFound, RateLimited, StorageFull
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.postgres.db import Principal

# The lifetime of the URL; S3 checks it when the request starts.
SECONDS_TO_SEND = 3600
# The limit of documents per owner whose files have not arrived.
MAX_WAITING = 200


TYPES = files.DOCUMENTS | {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "html": "text/html",
    "htm": "text/html",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "md": "text/markdown",
    "json": "application/json",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}
# Browsers know no type, or a wrong one, of most files of code: `.ts` is a video to them.
TEXT_ENDINGS = {
    *("txt", "text", "log", "rst", "tex", "adoc", "org", "srt", "ini", "toml", "cfg", "conf", "env", "properties"),
    *("py", "js", "mjs", "cjs", "ts", "tsx", "jsx", "java", "kt", "scala", "go", "rs", "rb", "php", "pl", "lua", "r"),
    *("c", "h", "cc", "cpp", "hpp", "cs", "swift", "m", "sql", "sh", "bash", "ps1", "bat", "css", "scss", "less"),
    *("vue", "svelte", "dart", "ex", "exs", "erl", "hs", "clj", "jl", "proto", "graphql", "tf", "gradle", "ipynb"),
    *("diff", "patch", "jsonl", "ndjson"),
}

SUPPORTED = (
    "What can be sent: PDF, Word (docx), Excel (xlsx), PowerPoint (pptx), EPUB, HTML, CSV, PNG, JPEG and WebP, and any "
    "text or code."
)


class NewDocument(BaseModel):
    """The body of `POST /api/documents`: a file to upload."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="The file's name, with its extension.")
    type: Annotated[str, Field(max_length=200)] = Field(
        description=f"The media type; if it is empty or unknown, the name's extension decides. {SUPPORTED}"
    )
    size: Annotated[int, Field(ge=1, strict=True)] = Field(
        description="The size in bytes; the upload must have exactly this size."
    )
    collection_id: UUID | None = Field(default=None, description="The collection for the document. Absent: none.")
    tags: Tags = Field(default_factory=list, description="The author's labels.")
    visibility: Visibility = Field(
        default="workspace",
        description="`private`: only its author reads it. In a private collection it always is.",
    )

    @field_validator("type")
    @classmethod
    def _can_be_read(cls, media_type: str, others: ValidationInfo) -> str:
        known = document_type(media_type, others.data.get("name", ""))
        if known is None:
            raise InvalidValue("unsupported_type", f"Files of this type cannot be read. {SUPPORTED}")
        return known

    @field_validator("size")
    @classmethod
    def _is_not_too_large(cls, size: int) -> int:
        limit = settings.read(files.FileSettings).document_bytes
        if size > limit:
            raise InvalidValue("too_large", f"A document may have at most {limit:,} bytes.")
        return size


class DocumentTarget(BaseModel):
    """A new document, and the address to upload its file to."""

    id: UUID = Field(description="The document's id.")
    url: str = Field(description="The address to `PUT` the file to.")
    headers: dict[str, str] = Field(description="The headers that the `PUT` must have.")
    expires_at: datetime = Field(
        description="When the address expires; without the file, the document is then deleted."
    )


class BulkUpload(BaseModel):
    """The body of `POST /api/documents/bulk-upload`."""

    model_config = ConfigDict(extra="forbid")

    documents: Annotated[list[NewDocument], Field(min_length=1, max_length=100)] = Field(description="The files.")


class BulkUploadResult(BaseModel):
    """The result for one file."""

    name: str = Field(description="The file's name.")
    status: str = Field(
        description="`ok`, or an error's code: `not_found` without the collection, `rate_limited`, `storage_full`."
    )
    message: str | None = Field(description="Why it was refused, as a sentence; null if it was not.")
    target: DocumentTarget | None = Field(
        description="The document and the address for its file; null if it was refused."
    )


class BulkUploadResults(BaseModel):
    """The results in the order of the request."""

    results: list[BulkUploadResult] = Field(description="The results, one for each file.")


async def open_document(principal: Principal, new: NewDocument) -> DocumentTarget:
    """Creates a document and a presigned URL for its file, whose size counts against the storage limit immediately.

    Raises NotFound without the collection, RateLimited while too many files are waited for, StorageFull where it does
    not fit.
    """
    document_id = uuid4()
    (now,) = await db.call(
        "select oneai.open_document(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(
                principal.user_id,
                principal.workspace_id,
                document_id,
                new.name,
                new.type,
                new.size,
                new.collection_id,
                new.tags,
            ),
            *(new.visibility, SECONDS_TO_SEND, MAX_WAITING),
        ],
    )
    key = object_key(principal.workspace_id, document_id)
    signed = await s3.sign_upload(key, media_type=new.type, size=new.size, now=now, seconds=SECONDS_TO_SEND)
    return DocumentTarget(
        id=document_id, url=signed.url, headers=signed.headers, expires_at=now + timedelta(seconds=SECONDS_TO_SEND)
    )


async def open_documents(principal: Principal, request: BulkUpload) -> BulkUploadResults:
    """`open_document` for each of several files, in order; a refusal does not stop the others."""
    return BulkUploadResults(results=[await _try_to_open(principal, new) for new in request.documents])


def document_type(media_type: str, name: str) -> str | None:
    """The media type by which the file is stored and read; None for files without readable text.

    A supported type is trusted. For any other type, or without one, the extension of the file's name decides.
    """
    stated = files.plain_type(media_type)
    if stated is not None and (stated in TYPES.values() or files.kind_of(stated) == "text"):
        return stated
    ending = name.rpartition(".")[2].lower()
    return TYPES.get(ending) or ("text/plain" if ending in TEXT_ENDINGS else None)


async def _try_to_open(principal: Principal, new: NewDocument) -> BulkUploadResult:
    try:
        target = await open_document(principal, new)
    except (NotFound, RateLimited, StorageFull) as refusal:
        return BulkUploadResult(name=new.name, status=refusal.code, message=refusal.message, target=None)
    return BulkUploadResult(name=new.name, status="ok", message=None, target=target)
