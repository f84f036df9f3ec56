"""A stand-in for the function that reads files: it answers Lambda's Invoke API as a test wants it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

type Answer = dict[str, Any]


class Reader:
    """Reads texts whole, unless `answers` has something else for a call; `calls` are the payloads it got."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.answers: list[Answer | Response | Callable[[Answer], Awaitable[Any]]] = []
        self.address = ""
        self.function_names: set[str] = set()

    def app(self, address: str) -> Starlette:
        """Answers at `address`."""
        self.address = address
        route = "/2015-03-31/functions/{name}/invocations"
        return Starlette(routes=[Route(route, self._invoke, methods=["POST"])])

    async def _invoke(self, request: Request) -> Response:
        payload = json.loads(await request.body())
        self.calls.append(payload)
        self.function_names.add(request.path_params["name"])
        answer: Any = self.answers.pop(0) if self.answers else self.read
        if callable(answer) and not isinstance(answer, Response):
            answer = await answer(payload)
        return answer if isinstance(answer, Response) else Response(json.dumps(answer), media_type="application/json")

    async def read(self, payload: Answer) -> Answer:
        """The whole text of the file at the payload's address, a page for each form feed."""
        if "render" in payload:
            return rendered(*payload["render"])
        async with httpx.AsyncClient() as client:
            text = (await client.get(payload["url"])).text
        pages = text.split("\f")
        found = [piece(each, page) for page, each in enumerate(pages, 1) if each]
        return answered(*found, pages=len(pages), pages_without_text=len(pages) - len(found))


def piece(text: str, page: int | None = None) -> dict[str, Any]:
    """Some text of a page."""
    return {"text": text, "page": page, "heading": None}


def answered(*pieces: dict[str, Any], **more: Any) -> Answer:
    """An answer that says the file is at its end, unless `more` has a position."""
    whole = {"position": None, "progress": 1.0, "pages": None, "pages_without_text": 0, "problem": None}
    return {"pieces": list(pieces), **whole, **more}


def rendered(*pages: int) -> Answer:
    """The answer with images of these pages, each another."""
    images = [{"page": page, "media_type": "image/png", "data": f"{page:08d}"} for page in pages]
    return {"images": images, "problem": None}


def problem(message: str) -> Answer:
    """The answer of a file that cannot be read."""
    return answered(problem={"code": "torn", "message": message})


def died() -> Response:
    """The answer of a function that died."""
    return Response('{"errorMessage": "killed"}', headers={"X-Amz-Function-Error": "Unhandled"})


def throttled() -> Response:
    """Lambda's answer when too many are at work."""
    return Response(
        '{"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}',
        status_code=429,
        headers={"x-amzn-errortype": "TooManyRequestsException"},
    )


async def hangs(_: Answer) -> Answer:
    """Never answers."""
    await asyncio.Event().wait()
    return {}
