"""The baseline of the measurements: a plain pass-through proxy on FastAPI and httpx.

No database, no sign-in, no limits, no parsing; the same server with the same settings.
"""

import argparse
import os
import socket

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()
# A proxy from the environment is for other hosts, and not for an upstream on this machine.
client = httpx.AsyncClient(base_url=os.environ["OPENROUTER_BASE_URL"], timeout=120, trust_env=False)


@app.post("/chat/stream")
async def chat(request: Request) -> StreamingResponse:
    """Forwards the question, and every byte of the answer."""
    headers = {"authorization": "Bearer sk-or-bench", "content-type": "application/json"}
    upstream_request = client.build_request("POST", "/chat/completions", content=await request.body(), headers=headers)
    answer = await client.send(upstream_request, stream=True)
    return StreamingResponse(answer.aiter_raw(), answer.status_code, media_type="text/event-stream")


def main() -> None:
    """Serves until SIGTERM."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--fd", type=int, required=True, help="the listening socket")
    listener = socket.socket(fileno=arguments.parse_args().fd)
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=65,
        backlog=2048,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
