"""The kind of app that is deployed: Starlette, streaming, with an error page of its own."""

from collections.abc import AsyncIterator

from plain import hear  # type: ignore[import-not-found]
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route


async def chat(request: Request) -> Response:
    question = await request.json()

    async def answer() -> AsyncIterator[str]:
        yield f"data: {question['message']}\n\n"
        await hear("one has arrived")
        yield "data: done\n\n"

    return StreamingResponse(answer(), media_type="text/event-stream", headers={"x-request-id": "r"})


async def broken(request: Request) -> Response:
    raise LookupError("a private detail")


async def render(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": {"code": "internal_error"}}, status_code=500)


app = Starlette(
    routes=[Route("/chat/stream", chat, methods=["POST"]), Route("/broken", broken)],
    exception_handlers={Exception: render},
)
