"""A function without a web framework."""

from typing import Any

from oneai.errors import Busy
from oneai.http.function_url import FunctionUrlHandler, PostedRequest


async def receive(request: PostedRequest) -> dict[str, Any]:
    """Says what it got, busy when it is told to be, and fails when it is told to."""
    if request.body == b"be busy":
        raise Busy(retry_after=2)
    if request.body == b"fail":
        raise RuntimeError("as told")
    return {"body": request.body.hex(), "signature": request.headers.get("x-signature")}


handler = FunctionUrlHandler(receive)
