"""Files: uploads, links to objects in messages, and the removal of unreferenced objects."""

from oneai.files.count_storage import count_storage
from oneai.files.media_types import EXTENSIONS, IMAGE_BYTES, FileKind, image_type, kind_of, plain_type
from oneai.files.public_urls import is_public
from oneai.files.removal import enqueue_removal, remove_unreferenced
from oneai.files.signed_links import LINK_SECONDS, is_owned, with_links
from oneai.files.uploads import NewUpload, Upload, UploadTarget, find_uploads, mark_used, open_upload

__all__ = [
    "EXTENSIONS",
    "IMAGE_BYTES",
    "LINK_SECONDS",
    "FileKind",
    "NewUpload",
    "Upload",
    "UploadTarget",
    "count_storage",
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
