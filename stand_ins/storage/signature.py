"""AWS's Signature Version 4, read from a request's query or `Authorization` header, and verified."""

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request

ACCESS_KEY = "oneai-local"
SECRET_KEY = "oneai-local-storage"
REGION = "local"


@dataclass(frozen=True)
class Signature:
    """The parameters of a request's signature, from its query or its `Authorization` header."""

    access_key: str
    scope: str
    at: str
    names: list[str]
    signature: str
    payload: str
    expires: int | None


def read(request: Request) -> Signature:
    """The parameters of the request's signature. Raises KeyError or ValueError if they cannot be read."""
    return _by_query(request) if "X-Amz-Signature" in request.query_params else _by_header(request)


def is_right(request: Request, parameters: Signature) -> bool:
    """Whether the signature is of this request, by our key."""
    return hmac.compare_digest(_signed(request, parameters), parameters.signature)


def unsigned(request: Request, parameters: Signature) -> set[str]:
    """Headers of S3's own that the signature does not cover: each could change what the request does, so S3 refuses it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html, `X-Amz-SignedHeaders`: "Any x-amz-*
    headers that you plan to add to the request are also required for signature calculation."
    """
    return {name for name in request.headers if name.startswith("x-amz-")} - set(parameters.names)


def _by_query(request: Request) -> Signature:
    given = request.query_params
    access_key, _, scope = given["X-Amz-Credential"].partition("/")
    return Signature(
        access_key=access_key,
        scope=scope,
        at=given["X-Amz-Date"],
        names=given["X-Amz-SignedHeaders"].split(";"),
        signature=given["X-Amz-Signature"],
        payload="UNSIGNED-PAYLOAD",
        expires=int(given["X-Amz-Expires"]),
    )


def _by_header(request: Request) -> Signature:
    algorithm, _, rest = request.headers["authorization"].partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    if algorithm != "AWS4-HMAC-SHA256":
        raise ValueError(algorithm)
    access_key, _, scope = given["Credential"].partition("/")
    return Signature(
        access_key=access_key,
        scope=scope,
        at=request.headers["x-amz-date"],
        names=given["SignedHeaders"].split(";"),
        signature=given["Signature"],
        payload=request.headers["x-amz-content-sha256"],
        expires=None,
    )


def _signed(request: Request, parameters: Signature) -> str:
    """The signature that this request must have."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    query = sorted((_quoted(name), _quoted(value)) for name, value in pairs if name != "X-Amz-Signature")
    path = quote(unquote(request.scope["raw_path"].decode("latin-1")), safe="/")
    headers = [f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in parameters.names]
    lines = [request.method, path, "&".join(f"{name}={value}" for name, value in query), "".join(headers)]
    canonical = "\n".join([*lines, ";".join(parameters.names), parameters.payload])
    text = "\n".join(
        ["AWS4-HMAC-SHA256", parameters.at, parameters.scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (*parameters.scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def _quoted(text: str) -> str:
    return quote(text, safe="")
