"""Has a Function URL."""

from mangum import Mangum
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


async def receive(request: Request) -> Response:
    event = request.scope["aws.event"]
    return JSONResponse(
        {
            "version": event["version"],
            "path": event["rawPath"],
            "cookies": event.get("cookies"),
            "signature": request.headers.get("x-signature"),
            "body": (await request.body()).decode(),
        }
    )


handler = Mangum(Starlette(routes=[Route("/{path:path}", receive, methods=["GET", "POST"])]), lifespan="off")
