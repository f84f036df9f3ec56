"""The routes for uploads of files that are too large for a request."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from oneai import documents, files
from oneai.documents import UploadState
from oneai.files import NewUpload, UploadTarget
from oneai.http.cacheable import CACHEABLE, polled
from oneai.http.fastapi_app import CurrentUser

router = APIRouter(tags=["Files"])


@router.post("/uploads", summary="Open an upload", status_code=201)
async def open_upload(user: CurrentUser, new: NewUpload) -> UploadTarget:
    """Returns an address to upload one file to within the hour; its id is then valid for a day."""
    return await files.open_upload(user, new)


@router.get("/uploads/{id}", summary="Get an upload", response_model=UploadState, responses=CACHEABLE)
async def get_upload(
    user: CurrentUser, id: Annotated[UUID, Path(description="The `upload_id`.")], request: Request
) -> Response:
    """Returns whether the file was uploaded, and how far it was read. Poll with `If-None-Match`."""
    return polled(request, (await documents.get_upload(user, id)).model_dump_json().encode())
