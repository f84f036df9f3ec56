"""The client for S3: objects in one bucket, and presigned URLs for uploads and downloads by browsers.

Keys start with the object's lifecycle, then its owner: `uploads/{user_id}/…` and `exports/{user_id}/…` expire by the
bucket's lifecycle rule, `users/{user_id}/…` remains until `functions/remove_files` deletes it. boto3 is imported and
its client created on first use, after the SnapStart snapshot. It blocks, so every call runs in a thread.

Raises NotFound for missing objects, Busy if S3 is unreachable, throttles or is full.
"""

import asyncio
import hashlib
import hmac
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import IO, TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from oneai import log, request_stages, settings
from oneai.errors import BodyTooLarge, Busy, InternalError, NotFound, OneAIError

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_s3 import S3Client

PIECE_BYTES = 1_048_576
# S3's maximum number of keys in one DeleteObjects request.
DELETED_AT_ONCE = 1000
MISSING = {"404", "NoSuchKey", "NotFound"}
# S3 is never full, but compatible storage may be, and then answers with this status.
FULL_STATUS = 507
# The timeout for checking that S3 is reachable.
REACH_SECONDS = 3.0
# Retry-After for full storage: an operator has to free space.
FULL_SECONDS = 300


@dataclass(frozen=True)
class StorageSettings:
    """`storage_endpoint_url` is an S3-compatible endpoint, such as the local stack's, with buckets in the path."""

    storage_bucket: str = ""
    storage_endpoint_url: str | None = None


@dataclass(frozen=True)
class ObjectInfo:
    """An object's metadata; `size` in bytes."""

    key: str
    size: int
    media_type: str


@dataclass(frozen=True)
class SignedUpload:
    """A presigned upload: `PUT url` with `headers` and a body of exactly the signed size, once.

    S3 answers 412 if the object already exists, so that a file cannot change after it was read and scanned for viruses.
    """

    url: str
    headers: dict[str, str]


class _Client(NamedTuple):
    """`root` is the bucket's URL without a trailing slash."""

    settings: StorageSettings
    client: "S3Client"
    credentials: "Credentials"
    region: str
    root: str


_cached: _Client | None = None


async def sign_upload(key: str, *, media_type: str, size: int, now: datetime, seconds: int) -> SignedUpload:
    """A presigned URL for uploading one object of this type and exactly `size` bytes, for `seconds` from `now`.

    `now` is Postgres's time, which all expiry times use.
    """
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    signed = {"content-length": str(size), "content-type": media_type, "if-none-match": "*"}
    url = await _run(lambda client: _sign(client, "PUT", key, now=now, seconds=seconds, headers=signed, query={}))
    return SignedUpload(url=url, headers={"Content-Type": media_type, "If-None-Match": "*"})


async def download_url(
    key: str, *, now: datetime, seconds: int, download_as: str | None = None, media_type: str | None = None
) -> str:
    """A presigned URL for reading the object, valid for `seconds` from `now` (Postgres's clock).

    With `download_as`, browsers save the object under that name instead of showing it; `media_type` overrides its own.
    """
    answer = {}
    if download_as is not None:
        answer["response-content-disposition"] = f"attachment; filename*=UTF-8''{quote(download_as, safe='')}"
    if media_type is not None:
        answer["response-content-type"] = media_type
    return await _run(lambda client: _sign(client, "GET", key, now=now, seconds=seconds, headers={}, query=answer))


def _sign(
    client: _Client,
    method: str,
    key: str,
    *,
    now: datetime,
    seconds: int,
    headers: dict[str, str],
    query: dict[str, str],
) -> str:
    """AWS's Signature Version 4 in the query string. botocore can only sign with this process's clock."""
    keys = client.credentials.get_frozen_credentials()
    address = urlsplit(f"{client.root}/{quote(key)}")
    at = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{at[:8]}/{client.region}/s3/aws4_request"
    headers = {**headers, "host": address.netloc}
    names = ";".join(sorted(headers))
    query = {
        **query,
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{keys.access_key}/{scope}",
        "X-Amz-Date": at,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": names,
    }
    if keys.token:  # for the function's role
        query["X-Amz-Security-Token"] = keys.token
    run = "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))
    lines = [f"{name}:{headers[name]}\n" for name in sorted(headers)]
    request = "\n".join([method, address.path, run, "".join(lines), names, "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", at, scope, hashlib.sha256(request.encode()).hexdigest()])
    signature = f"AWS4{keys.secret_key}".encode()
    for part in (*scope.split("/"), text):
        signature = hmac.digest(signature, part.encode(), "sha256")
    return f"{address.scheme}://{address.netloc}{address.path}?{run}&X-Amz-Signature={signature.hex()}"


async def put(key: str, body: bytes | IO[bytes], media_type: str) -> None:
    """Stores an object and replaces one with the same key; a file is read from its current position, up to 5 GB."""
    await _run(
        lambda client: client.client.put_object(
            Bucket=client.settings.storage_bucket, Key=key, Body=body, ContentType=media_type
        )
    )


async def copy(source: str, key: str) -> None:
    """Copies the object at `source`, with its type, to `key`; up to 5 GB."""
    await _run(
        lambda client: client.client.copy_object(
            Bucket=client.settings.storage_bucket,
            Key=key,
            CopySource={"Bucket": client.settings.storage_bucket, "Key": source},
        )
    )


async def head(key: str) -> ObjectInfo:
    """The object's metadata."""
    response = await _run(lambda client: client.client.head_object(Bucket=client.settings.storage_bucket, Key=key))
    return ObjectInfo(key, response["ContentLength"], response.get("ContentType", "application/octet-stream"))


async def tags(key: str) -> dict[str, str]:
    """The object's tags."""
    response = await _run(
        lambda client: client.client.get_object_tagging(Bucket=client.settings.storage_bucket, Key=key)
    )
    return {each["Key"]: each["Value"] for each in response["TagSet"]}


async def get(key: str, *, max_bytes: int) -> bytes:
    """The object's bytes. Raises BodyTooLarge, before anything is read, if there are more than `max_bytes`."""

    def read(client: _Client) -> bytes:
        response = client.client.get_object(Bucket=client.settings.storage_bucket, Key=key)
        with closing(response["Body"]) as body:
            if response["ContentLength"] > max_bytes:
                raise BodyTooLarge
            return body.read()

    return await _run(read)


async def fetch(key: str, target: IO[bytes], *, max_bytes: int) -> int:
    """Writes the object's bytes to a file in pieces and returns their number. Raises BodyTooLarge like `get`."""

    def read(client: _Client) -> int:
        response = client.client.get_object(Bucket=client.settings.storage_bucket, Key=key)
        with closing(response["Body"]) as body:
            if response["ContentLength"] > max_bytes:
                raise BodyTooLarge
            return sum(target.write(piece) for piece in body.iter_chunks(PIECE_BYTES))

    return await _run(read)


async def delete(*keys: str) -> None:
    """Deletes these objects; missing ones count as deleted. Raises Busy if some remain."""

    def remove(client: _Client) -> None:
        for batch in batched(keys, DELETED_AT_ONCE, strict=False):
            response = client.client.delete_objects(
                Bucket=client.settings.storage_bucket,
                Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True},
            )
            if errors := response.get("Errors"):
                log.warning("objects could not be deleted", count=len(errors), code=errors[0].get("Code"))
                raise Busy(retry_after=2)

    await _run(remove)


async def delete_all(prefix: str) -> int:
    """Deletes every object whose key starts with `prefix`, which must end in a slash, and returns their number."""
    if not prefix.endswith("/") or prefix == "/":
        raise ValueError("a prefix must end in a slash, or it would match keys of other users")
    deleted = 0
    while keys := await _run(lambda client: _list_keys(client, prefix)):
        await delete(*keys)
        deleted += len(keys)
    return deleted


def _list_keys(client: _Client, prefix: str) -> list[str]:
    response = client.client.list_objects_v2(
        Bucket=client.settings.storage_bucket, Prefix=prefix, MaxKeys=DELETED_AT_ONCE
    )
    return [each["Key"] for each in response.get("Contents", [])]


async def reach() -> None:
    """Calls S3 without credentials, so that no right is needed. Any answer except a 5xx is a success. Raises Busy."""
    import httpx

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
    address = settings.read(StorageSettings).storage_endpoint_url or f"https://s3.{region}.amazonaws.com"
    try:
        async with httpx.AsyncClient(timeout=REACH_SECONDS, trust_env=False) as client:
            response = await client.head(address)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Busy(retry_after=2) from error
    if response.status_code >= 500:
        raise Busy(retry_after=2)


def reset_cache() -> None:
    """Drops the cached client: the next call creates one from the current settings and credentials."""
    global _cached
    _cached = None


async def _run[T](question: Callable[[_Client], T]) -> T:
    from botocore.exceptions import BotoCoreError, ClientError

    def run() -> T:
        return question(_client())

    try:
        with request_stages.stage("storage"):
            return await asyncio.to_thread(run)
    except ClientError as error:
        raise _to_error(error.response) from error
    except BotoCoreError as error:
        log.warning("the storage cannot be reached", error=type(error).__name__)
        raise Busy(retry_after=2) from error


def _to_error(response: object) -> OneAIError:
    """Our error for S3's. Other errors are caused by permissions or settings, and are internal errors."""
    response = response if isinstance(response, dict) else {}
    code, status = (
        response.get("Error", {}).get("Code"),
        response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500),
    )
    if code in MISSING:
        return NotFound()
    if status == FULL_STATUS:
        log.error("the storage is full", code=code)
        return Busy("Files cannot be stored at the moment. Please try again later.", retry_after=FULL_SECONDS)
    log.warning("the storage refused", code=code, status=status)
    return Busy(retry_after=2) if status >= 500 or code == "SlowDown" else InternalError()


def _client() -> _Client:
    """The cached client, recreated when the settings change. Blocks; thread-safe."""
    global _cached
    config = settings.read(StorageSettings)
    if _cached is None or _cached.settings != config:
        _cached = _make(config)
    return _cached


def _make(config: StorageSettings) -> _Client:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import NoCredentialsError

    session = boto3.Session()
    client = session.client(
        "s3",
        endpoint_url=config.storage_endpoint_url,
        config=Config(
            connect_timeout=2,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 3},
            # The regional endpoint, because the global one redirects, which invalidates a signature.
            s3={"addressing_style": "path" if config.storage_endpoint_url else "virtual"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    address = urlsplit(client.meta.endpoint_url)
    if config.storage_endpoint_url:
        root = f"{config.storage_endpoint_url.rstrip('/')}/{config.storage_bucket}"
    else:
        root = f"{address.scheme}://{config.storage_bucket}.{address.netloc}"
    return _Client(config, client, credentials, client.meta.region_name, root)
