"""The payment provider's webhook, on its own Lambda URL, authenticated only by its signature."""

from typing import Any

from oneai.billing import receive_webhook
from oneai.clients import secrets_manager
from oneai.http.function_url import FunctionUrlHandler, PostedRequest

secrets_manager.load()


async def receive(request: PostedRequest) -> dict[str, Any]:
    """Every stored event is answered with 200: a job retries those that fail."""
    answer = await receive_webhook(request.body, request.headers)
    return {"status": answer.status}


handler = FunctionUrlHandler(receive, paths=("/", "/api/webhooks/razorpay"))
