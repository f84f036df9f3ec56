"""What S3 answers under a bucket's address, in the order an object lives: written, read, listed, deleted."""

import asyncio
import errno
import hashlib
import shutil
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote
from uuid import uuid4
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from local.clock import Reading
from local.storage import signature
from local.storage.signature import Signature

BUCKET = "oneai-files"
_WEEK = 604_800
# S3 is never full. Storages that speak as it does are, and a laptop's disk: MinIO's answer stands for all of them.
# https://github.com/minio/minio/blob/master/cmd/api-errors.go, ErrStorageFull
_FULL = (507, "XMinioStorageFull", "Storage backend has reached its minimum free drive threshold.")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_TROUBLES = ("full",)
_XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"


class Clock(Protocol):
    """The stack's."""

    async def read(self) -> Reading:
        """The time it is."""


def settings_of(address: str) -> dict[str, str]:
    """What a program needs in its environment to store its files at the stand-in that is mounted at `address`."""
    return {
        "STORAGE_BUCKET": BUCKET,
        "STORAGE_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": signature.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": signature.SECRET_KEY,
        "AWS_DEFAULT_REGION": signature.REGION,
    }


def create(folder: Path, clock: Clock) -> Starlette:
    """The app; objects are kept below `folder`, which is made if missing."""
    bucket = _Bucket(folder, clock)
    return Starlette(
        routes=[
            Route("/trouble", bucket.trouble, methods=["GET", "POST"]),
            Route("/{bucket}", bucket.listed, methods=["GET"]),
            Route("/{bucket}", bucket.delete_many, methods=["POST"]),
            Route("/{bucket}/{key:path}", bucket.read, methods=["GET", "HEAD"]),
            Route("/{bucket}/{key:path}", bucket.write, methods=["PUT"]),
            Route("/{bucket}/{key:path}", bucket.delete, methods=["DELETE"]),
        ],
        middleware=[
            Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "HEAD", "PUT"], allow_headers=["*"])
        ],
        exception_handlers={Refused: _render},
    )


class Refused(Exception):
    """S3's refusal: its status, its code and its sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class _Bucket:
    def __init__(self, folder: Path, clock: Clock) -> None:
        self.objects, self.types, self.incoming = folder / "objects", folder / "types", folder / "incoming"
        self.clock = clock
        self.name: str | None = None
        for each in (self.objects, self.types, self.incoming):
            each.mkdir(parents=True, exist_ok=True)

    async def trouble(self, request: Request) -> Response:
        """`POST {"trouble": "full"}`: nothing more is taken, what is there can be read; `{"trouble": null}` ends it."""
        if request.method == "POST":
            wanted = (await request.json()).get("trouble")
            if wanted is not None and wanted not in _TROUBLES:
                return JSONResponse({"troubles": _TROUBLES}, 422)
            self.name = wanted
        return JSONResponse({"trouble": self.name, "troubles": _TROUBLES})

    async def listed(self, request: Request) -> Response:
        """`ListObjectsV2`, in one page as long as is asked for."""
        await self._admit(request)
        prefix, most = request.query_params.get("prefix", ""), int(request.query_params.get("max-keys", 1000))
        found = await asyncio.to_thread(self._keys, prefix)
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{(self.objects / key).stat().st_size}</Size></Contents>"
            for key in found[:most]
        )
        more = "true" if len(found) > most else "false"
        return _xml("ListBucketResult", f"<IsTruncated>{more}</IsTruncated>{contents}")

    async def read(self, request: Request) -> Response:
        """`GetObject` and `HeadObject`, with the headers that the address asks for instead of the stored ones."""
        await self._admit(request)
        path = self._path(request)
        if not path.is_file():
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        kind = (self.types / path.relative_to(self.objects)).read_text()
        headers = {"content-type": request.query_params.get("response-content-type", kind)}
        if disposition := request.query_params.get("response-content-disposition"):
            headers["content-disposition"] = disposition
        return FileResponse(path, headers=headers)

    async def write(self, request: Request) -> Response:
        """`PutObject` and `CopyObject`."""
        told = await self._admit(request)
        path = self._path(request)
        arriving = self.incoming / uuid4().hex
        try:
            if source := request.headers.get("x-amz-copy-source"):
                kind = await self._copy(unquote(source), arriving)
            else:
                kind = request.headers.get("content-type", "binary/octet-stream")
                await self._receive(request, arriving, told.payload)
            place = self.types / path.relative_to(self.objects)
            for each in (path, place):
                each.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(kind)
            arriving.replace(path)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise Refused(*_FULL) from None
        finally:
            arriving.unlink(missing_ok=True)
        now = format_datetime(datetime.now(UTC), usegmt=True)
        return _xml("CopyObjectResult", f"<LastModified>{now}</LastModified>") if source else Response()

    async def delete(self, request: Request) -> Response:
        """`DeleteObject`."""
        await self._admit(request)
        self._remove(self._path(request))
        return Response(status_code=204)

    async def delete_many(self, request: Request) -> Response:
        """`DeleteObjects`."""
        await self._admit(request)
        wanted = ElementTree.fromstring(await request.body())  # noqa: S314  from our own boto3, its signature checked
        for key in wanted.iter(f"{{{_XMLNS}}}Key"):
            self._remove(self._inside(key.text or ""))
        return _xml("DeleteResult", "")

    async def _copy(self, source: str, arriving: Path) -> str:
        path = self._inside(source.lstrip("/").partition("/")[2])
        if not path.is_file():
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        if self.name == "full":
            raise OSError(errno.ENOSPC, "as full as a test wants it")
        await asyncio.to_thread(shutil.copyfile, path, arriving)
        return (self.types / path.relative_to(self.objects)).read_text()

    async def _receive(self, request: Request, arriving: Path, payload: str) -> None:
        digest = hashlib.sha256()
        with arriving.open("wb") as file:
            async for piece in request.stream():
                digest.update(piece)
                await asyncio.to_thread(file.write, piece)
        if self.name == "full":
            raise OSError(errno.ENOSPC, "as full as a test wants it")
        if payload not in ("UNSIGNED-PAYLOAD", digest.hexdigest()):
            raise Refused(400, "XAmzContentSHA256Mismatch", "The body is not the one that was signed.")

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        (self.types / path.relative_to(self.objects)).unlink(missing_ok=True)

    def _keys(self, prefix: str) -> list[str]:
        files = (here / name for here, _, names in self.objects.walk() for name in names)
        keys = (str(file.relative_to(self.objects)) for file in files)
        return sorted(key for key in keys if key.startswith(prefix))

    def _path(self, request: Request) -> Path:
        return self._inside(request.path_params["key"])

    def _inside(self, key: str) -> Path:
        if not key or any(part in ("", ".", "..") or len(part) > 200 for part in key.split("/")) or "\0" in key:
            raise Refused(400, "InvalidURI", "This stand-in keeps objects in folders: no such names.")
        return self.objects / key

    async def _admit(self, request: Request) -> Signature:
        """Raises Refused unless the request is for our bucket and rightly signed."""
        if request.path_params["bucket"] != BUCKET:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist.")
        try:
            told = signature.read(request)
        except (KeyError, ValueError):
            raise Refused(403, "AccessDenied", "Access Denied") from None
        if told.access_key != signature.ACCESS_KEY:
            raise Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist.")
        if not signature.is_right(request, told):
            raise Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if signature.unsigned(request, told):
            raise Refused(403, "AccessDenied", "There were headers present in the request which were not signed")
        if told.expires is not None:
            begun = datetime.strptime(told.at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            if not 0 < told.expires <= _WEEK:
                raise Refused(400, "AuthorizationQueryParametersError", "X-Amz-Expires must be up to a week.")
            if (await self.clock.read()).now >= begun + timedelta(seconds=told.expires):
                raise Refused(403, "AccessDenied", "Request has expired")
        return told


def _xml(name: str, content: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="{_XMLNS}">{content}</{name}>'
    return Response(text, media_type="application/xml")


async def _render(request: Request, error: Exception) -> Response:  # noqa: ARG001  Starlette's signature
    assert isinstance(error, Refused)  # noqa: S101  registered for nothing else
    body = f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
    return Response(body, error.status, media_type="application/xml")
