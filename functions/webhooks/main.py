"""The webhooks of payment providers, on their own Lambda URL, each authenticated only by its provider's signature."""

from typing import Any

from oneai.billing import receive_webhook
from oneai.clients import secrets_manager
from oneai.http.function_url import FunctionUrlHandler, PostedRequest

secrets_manager.load()


async def receive(request: PostedRequest) -> dict[str, Any]:
    """Every stored event is answered with 200: a job retries those that fail."""
    answer = await receive_webhook(request.path.rpartition("/")[2], request.body, request.headers)
    return {"status": answer.status}


handler = FunctionUrlHandler(receive, under="/webhooks")
