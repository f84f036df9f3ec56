"""The route for uploads, for files too large for a request."""

from fastapi import APIRouter

from oneai import files
from oneai.files import NewUpload, UploadTarget
from oneai.http.fastapi_app import CurrentUser

router = APIRouter(tags=["Files"])


@router.post("/uploads", summary="Open an upload", status_code=201)
async def open_upload(user: CurrentUser, new: NewUpload) -> UploadTarget:
    """An address to which you can send one file within the hour; its id then stands for the file for a day."""
    return await files.open_upload(user, new)
