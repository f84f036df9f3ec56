"""Accepted media types of uploads, and their size limits."""

import re
from dataclasses import dataclass
from typing import Literal

from oneai import settings

# The job for documents reads a `document` before a question can use it.
type FileKind = Literal["image", "text", "document", "import"]

# RFC 6838. The type becomes a signed header value.
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")

# Image types that vision models accept, from OpenRouter's list.
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}
# Text types that do not start with `text/`. The content is checked when it is read.
TEXTS = {
    "application/javascript",
    "application/json",
    "application/sql",
    "application/toml",
    "application/typescript",
    "application/x-httpd-php",
    "application/x-ipynb+json",
    "application/x-javascript",
    "application/x-ndjson",
    "application/x-python",
    "application/x-ruby",
    "application/x-sh",
    "application/x-yaml",
    "application/xml",
    "application/yaml",
}
# Types whose text must be extracted, by the usual file extension.
DOCUMENTS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "epub": "application/epub+zip",
    "xhtml": "application/xhtml+xml",
}
# A conversation's export, ours or another service's.
IMPORTS = {"application/json", "application/zip", "application/x-zip-compressed"}

# For messages about unsupported types.
SUPPORTED_TYPES = (
    "Supported types are images (PNG, JPEG, WebP, GIF), text and code (any text/…, JSON, YAML, XML, TOML, SQL, "
    "scripts), "
    "documents (PDF, Word, Excel, PowerPoint, EPUB), and JSON or zip files for an import."
)

# Bytes. An image is sent to the model as base64, a third longer; a text becomes part of the prompt.
IMAGE_BYTES = 10_000_000
TEXT_BYTES = 1_000_000
IMPORT_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class FileSettings:
    """`document_bytes`: the maximum size of one document, attached or stored."""

    document_bytes: int = 50_000_000


def plain_type(stated: str) -> str | None:
    """A stated media type without its parameters, in lower case; None if it is invalid."""
    plain = stated.partition(";")[0].strip(" ").lower()
    return plain if _MEDIA_TYPE.fullmatch(plain) else None


def kind_of(media_type: str) -> FileKind | None:
    """The use of a file of this type in a message; None if unsupported. Zip files are for imports only."""
    if media_type in EXTENSIONS:
        return "image"
    if media_type.startswith("text/") or media_type in TEXTS:
        return "text"
    if media_type in DOCUMENTS.values():
        return "document"
    return "import" if media_type in IMPORTS else None


def max_bytes(media_type: str) -> int | None:
    """The size limit of an upload of this type; None if unsupported."""
    if media_type in IMPORTS:
        return IMPORT_BYTES
    kind = kind_of(media_type)
    if kind == "document":
        return settings.read(FileSettings).document_bytes
    return {"image": IMAGE_BYTES, "text": TEXT_BYTES, "import": IMPORT_BYTES}[kind] if kind else None


def image_type(data: bytes) -> str | None:
    """The media type of an image by its magic bytes; None for other formats."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None
