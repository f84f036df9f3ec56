"""Files: uploads, links to objects in messages, and the removal of unreferenced objects."""

from oneai.files.count_storage import count_storage
from oneai.files.media_types import (
    DOCUMENTS,
    EXTENSIONS,
    IMAGE_BYTES,
    FileKind,
    FileSettings,
    image_type,
    kind_of,
    plain_type,
)
from oneai.files.public_urls import is_public
from oneai.files.removal import enqueue_removal, remove_unreferenced
from oneai.files.signed_links import LINK_SECONDS, is_owned, with_links
from oneai.files.uploads import (
    LIFETIME,
    NewUpload,
    Upload,
    UploadTarget,
    document_key,
    find_uploads,
    mark_used,
    open_upload,
)

__all__ = [
    "DOCUMENTS",
    "EXTENSIONS",
    "IMAGE_BYTES",
    "LIFETIME",
    "LINK_SECONDS",
    "FileKind",
    "FileSettings",
    "NewUpload",
    "Upload",
    "UploadTarget",
    "count_storage",
    "document_key",
    "enqueue_removal",
    "find_uploads",
    "image_type",
    "is_owned",
    "is_public",
    "kind_of",
    "mark_used",
    "open_upload",
    "plain_type",
    "remove_unreferenced",
    "with_links",
]
