"""An HTTP/1.1 client on asyncio itself, for responses that are read as they come.

What an HTTP library adds to each request takes longer than the request: docs/decisions/http-client.md has figures, and
says when aiohttp replaces this package.
"""

from oneai.clients.http.connection import ConnectionLost, ReadTimedOut
from oneai.clients.http.streamed import RequestHead, ResponseTooLarge, StreamedResponse, close, get, post

__all__ = [
    "ConnectionLost",
    "ReadTimedOut",
    "RequestHead",
    "ResponseTooLarge",
    "StreamedResponse",
    "close",
    "get",
    "post",
]
