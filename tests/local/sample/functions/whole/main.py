"""Answers whole."""

import asyncio

from mangum import Mangum
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


async def echo(request: Request) -> Response:
    event, context = request.scope["aws.event"], request.scope["aws.context"]
    seen = {
        "resource": event["resource"],
        "path": event["path"],
        "parameters": event["pathParameters"],
        "query": list(request.query_params.multi_items()),
        "base64": event["isBase64Encoded"],
        "bytes": len(await request.body()),
        "remaining": context.get_remaining_time_in_millis(),
        "request_id": context.aws_request_id,
    }
    answer = JSONResponse(seen)
    answer.set_cookie("one", "1")
    answer.set_cookie("two", "2")
    return answer


async def large(request: Request) -> Response:
    return PlainTextResponse("x" * int(request.query_params["bytes"]))


async def drawing(_: Request) -> Response:
    return Response(bytes(range(256)), media_type="image/png")


async def sleep(request: Request) -> Response:
    await asyncio.sleep(3)
    return PlainTextResponse("slept")


app = Starlette(
    routes=[
        Route("/large", large),
        Route("/whole/drawing", drawing),
        Route("/sleep", sleep),
        Route("/sleep/too/long", sleep),
        Route("/{anything:path}", echo, methods=["GET", "POST", "PUT"]),
    ]
)
handler = Mangum(app, lifespan="off", api_gateway_base_path="/api")
