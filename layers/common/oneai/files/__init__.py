"""Files people send and get: uploads, the objects that messages show, and the removal of what nobody needs any more."""

from oneai.files.count_storage import count_storage
from oneai.files.media_types import EXTENSIONS, IMAGE_BYTES, Kind, image_type, kind_of
from oneai.files.public_urls import is_public
from oneai.files.removal import note, remove_unneeded
from oneai.files.signed_links import LINK_SECONDS, owned, shown
from oneai.files.uploads import NewUpload, OpenedUpload, Upload, find, open_upload, use

__all__ = [
    "EXTENSIONS",
    "IMAGE_BYTES",
    "LINK_SECONDS",
    "Kind",
    "NewUpload",
    "OpenedUpload",
    "Upload",
    "count_storage",
    "find",
    "image_type",
    "is_public",
    "kind_of",
    "note",
    "open_upload",
    "owned",
    "remove_unneeded",
    "shown",
    "use",
]
