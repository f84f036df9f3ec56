"""The routes for uploads, for files too large for a request."""

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
    """An address to which you can send one file within the hour; its id then stands for the file for a day."""
    return await files.open_upload(user, new)


@router.get("/uploads/{id}", summary="Get an upload", response_model=UploadState, responses=CACHEABLE)
async def get_upload(
    user: CurrentUser, id: Annotated[UUID, Path(description="The `upload_id`.")], request: Request
) -> Response:
    """Whether the file has arrived, and how far reading it is. Ask again with `If-None-Match`."""
    return polled(request, (await documents.get_upload(user, id)).model_dump_json().encode())
