"""S3's responses at a bucket's address: list, read, write, delete."""

import asyncio
import errno
import hashlib
import shutil
from collections.abc import Callable
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
from stand_ins.storage import signature, virus_scan
from stand_ins.storage.signature import Signature

BUCKET = "oneai-files"
_WEEK = 604_800
# S3 is never full. Storages with its API may be, and a laptop's disk: MinIO's response is used for all of them.
# https://github.com/minio/minio/blob/master/cmd/api-errors.go, ErrStorageFull
_FULL = (507, "XMinioStorageFull", "Storage backend has reached its minimum free drive threshold.")
_EXISTS = (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_FAULTS = ("full",)
_XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"


class Clock(Protocol):
    """The stack's clock."""

    async def read(self) -> Reading:
        """The current time."""


def settings_of(address: str) -> dict[str, str]:
    """The environment of a program that stores its files at the stand-in mounted at `address`."""
    return {
        "STORAGE_BUCKET": BUCKET,
        "STORAGE_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": signature.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": signature.SECRET_KEY,
        "AWS_DEFAULT_REGION": signature.REGION,
    }


def create(
    folder: Path, clock: Clock, *, scans: bool = False, on_written: Callable[[str], None] = lambda _: None
) -> Starlette:
    """The app; objects are stored below `folder`, which is created if missing. `scans`: documents for viruses.
    `on_written` is called with the key of each object once it is there."""
    bucket = _Bucket(folder, clock, scans=scans, on_written=on_written)
    return Starlette(
        routes=[
            Route("/trouble", bucket.fault, methods=["GET", "POST"]),
            Route("/{bucket}", bucket.list_objects, methods=["GET"]),
            Route("/{bucket}", bucket.delete_many, methods=["POST"]),
            Route("/{bucket}/{key:path}", bucket.read, methods=["GET", "HEAD"]),
            Route("/{bucket}/{key:path}", bucket.write, methods=["PUT"]),
            Route("/{bucket}/{key:path}", bucket.delete, methods=["DELETE"]),
        ],
        middleware=[
            Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "HEAD", "PUT"], allow_headers=["*"])
        ],
        exception_handlers={S3Error: _render},
    )


class S3Error(Exception):
    """S3's error: its status, its code and its message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class _Bucket:
    def __init__(self, folder: Path, clock: Clock, *, scans: bool, on_written: Callable[[str], None]) -> None:
        self.objects, self.types, self.incoming = folder / "objects", folder / "types", folder / "incoming"
        self.clock = clock
        self.scans, self.on_written = scans, on_written
        self.fault_name: str | None = None
        for each in (self.objects, self.types, self.incoming):
            each.mkdir(parents=True, exist_ok=True)

    async def fault(self, request: Request) -> Response:
        """`POST {"trouble": "full"}` refuses writes, while reads work; `{"trouble": null}` ends it."""
        if request.method == "POST":
            fault = (await request.json()).get("trouble")
            if fault is not None and fault not in _FAULTS:
                return JSONResponse({"troubles": _FAULTS}, 422)
            self.fault_name = fault
        return JSONResponse({"trouble": self.fault_name, "troubles": _FAULTS})

    async def list_objects(self, request: Request) -> Response:
        """`ListObjectsV2`, in one page of the requested length."""
        await self._authorize(request)
        prefix, max_keys = request.query_params.get("prefix", ""), int(request.query_params.get("max-keys", 1000))
        keys = await asyncio.to_thread(self._keys, prefix)
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{(self.objects / key).stat().st_size}</Size></Contents>"
            for key in keys[:max_keys]
        )
        more = "true" if len(keys) > max_keys else "false"
        return _xml("ListBucketResult", f"<IsTruncated>{more}</IsTruncated>{contents}")

    async def read(self, request: Request) -> Response:
        """`GetObject` and `HeadObject`, with the headers given in the address instead of the stored ones; and
        `GetObjectTagging`."""
        await self._authorize(request)
        path = self._path(request)
        if not path.is_file():
            raise S3Error(404, "NoSuchKey", "The specified key does not exist.")
        if "tagging" in request.query_params:
            tags = virus_scan.tags_of(request.path_params["key"], path) if self.scans else {}
            listed = "".join(f"<Tag><Key>{name}</Key><Value>{value}</Value></Tag>" for name, value in tags.items())
            return _xml("Tagging", f"<TagSet>{listed}</TagSet>")
        kind = (self.types / path.relative_to(self.objects)).read_text()
        headers = {"content-type": request.query_params.get("response-content-type", kind)}
        if disposition := request.query_params.get("response-content-disposition"):
            headers["content-disposition"] = disposition
        return FileResponse(path, headers=headers)

    async def write(self, request: Request) -> Response:
        """`PutObject` and `CopyObject`."""
        signed = await self._authorize(request)
        path = self._path(request)
        incoming = self.incoming / uuid4().hex
        only_new = request.headers.get("if-none-match") == "*"
        if only_new and path.is_file():
            raise S3Error(*_EXISTS)
        try:
            if source := request.headers.get("x-amz-copy-source"):
                kind = await self._copy(unquote(source), incoming)
            else:
                kind = request.headers.get("content-type", "binary/octet-stream")
                await self._receive(request, incoming, signed.payload)
            type_file = self.types / path.relative_to(self.objects)
            for each in (path, type_file):
                each.parent.mkdir(parents=True, exist_ok=True)
            if only_new:
                path.hardlink_to(incoming)
            else:
                incoming.replace(path)
            type_file.write_text(kind)
        except FileExistsError:
            raise S3Error(*_EXISTS) from None
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise S3Error(*_FULL) from None
        finally:
            incoming.unlink(missing_ok=True)
        self.on_written(path.relative_to(self.objects).as_posix())
        now = format_datetime(datetime.now(UTC), usegmt=True)
        return _xml("CopyObjectResult", f"<LastModified>{now}</LastModified>") if source else Response()

    async def delete(self, request: Request) -> Response:
        """`DeleteObject`."""
        await self._authorize(request)
        self._delete(self._path(request))
        return Response(status_code=204)

    async def delete_many(self, request: Request) -> Response:
        """`DeleteObjects`."""
        await self._authorize(request)
        document = ElementTree.fromstring(await request.body())  # noqa: S314  from our own boto3, its signature checked
        for key in document.iter(f"{{{_XMLNS}}}Key"):
            self._delete(self._object_path(key.text or ""))
        return _xml("DeleteResult", "")

    async def _copy(self, source: str, incoming: Path) -> str:
        path = self._object_path(source.lstrip("/").partition("/")[2])
        if not path.is_file():
            raise S3Error(404, "NoSuchKey", "The specified key does not exist.")
        if self.fault_name == "full":
            raise OSError(errno.ENOSPC, "as full as a test wants it")
        await asyncio.to_thread(shutil.copyfile, path, incoming)
        return (self.types / path.relative_to(self.objects)).read_text()

    async def _receive(self, request: Request, incoming: Path, payload: str) -> None:
        digest = hashlib.sha256()
        with incoming.open("wb") as file:
            async for chunk in request.stream():
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
        if self.fault_name == "full":
            raise OSError(errno.ENOSPC, "as full as a test wants it")
        if payload not in ("UNSIGNED-PAYLOAD", digest.hexdigest()):
            raise S3Error(400, "XAmzContentSHA256Mismatch", "The body is not the one that was signed.")

    def _delete(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        (self.types / path.relative_to(self.objects)).unlink(missing_ok=True)

    def _keys(self, prefix: str) -> list[str]:
        files = (here / name for here, _, names in self.objects.walk() for name in names)
        keys = (str(file.relative_to(self.objects)) for file in files)
        return sorted(key for key in keys if key.startswith(prefix))

    def _path(self, request: Request) -> Path:
        return self._object_path(request.path_params["key"])

    def _object_path(self, key: str) -> Path:
        if not key or any(part in ("", ".", "..") or len(part) > 200 for part in key.split("/")) or "\0" in key:
            raise S3Error(400, "InvalidURI", "This stand-in keeps objects in folders: no such names.")
        return self.objects / key

    async def _authorize(self, request: Request) -> Signature:
        """Raises S3Error unless the request is for our bucket and correctly signed."""
        if request.path_params["bucket"] != BUCKET:
            raise S3Error(404, "NoSuchBucket", "The specified bucket does not exist.")
        try:
            signed = signature.read(request)
        except (KeyError, ValueError):
            raise S3Error(403, "AccessDenied", "Access Denied") from None
        if signed.access_key != signature.ACCESS_KEY:
            raise S3Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist.")
        if not signature.is_right(request, signed):
            raise S3Error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if signature.unsigned(request, signed):
            raise S3Error(403, "AccessDenied", "There were headers present in the request which were not signed")
        if signed.expires is not None:
            signed_at = datetime.strptime(signed.at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            if not 0 < signed.expires <= _WEEK:
                raise S3Error(400, "AuthorizationQueryParametersError", "X-Amz-Expires must be up to a week.")
            if (await self.clock.read()).now >= signed_at + timedelta(seconds=signed.expires):
                raise S3Error(403, "AccessDenied", "Request has expired")
        return signed


def _xml(name: str, content: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="{_XMLNS}">{content}</{name}>'
    return Response(text, media_type="application/xml")


async def _render(request: Request, error: Exception) -> Response:  # noqa: ARG001  Starlette's signature
    assert isinstance(error, S3Error)  # noqa: S101  registered for nothing else
    body = f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
    return Response(body, error.status, media_type="application/xml")
