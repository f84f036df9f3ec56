"""The baseline of the measurements: a plain pass-through proxy on FastAPI and httpx.

No database, no sign-in, no limits, no parsing; the same server with the same settings.
"""

import os

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from bench.serving import serve

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


if __name__ == "__main__":
    serve(app, __doc__, server_header=False, timeout_keep_alive=65)
