"""A function without a web framework."""

from typing import Any

from oneai.errors import Busy
from oneai.http.function_url import FunctionUrlHandler, PostedRequest


async def receive(request: PostedRequest) -> dict[str, Any]:
    """Returns what it got; is busy, or fails, when the body asks for it."""
    if request.body == b"be busy":
        raise Busy(retry_after=2)
    if request.body == b"fail":
        raise RuntimeError("as requested")
    return {"body": request.body.hex(), "signature": request.headers.get("x-signature")}


handler = FunctionUrlHandler(receive)
