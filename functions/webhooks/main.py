"""What the payment provider tells, on a Lambda URL of its own: trusted by its signature alone."""

from typing import Any

from oneai.billing import receive_webhook
from oneai.clients import secrets_manager
from oneai.http.function_url import FunctionUrlHandler, PostedRequest

secrets_manager.load()


async def receive(request: PostedRequest) -> dict[str, Any]:
    """Every event that could be stored is answered 200, whatever came of it: what failed is tried again by a job."""
    answer = await receive_webhook(request.body, request.headers)
    return {"status": answer.status}


handler = FunctionUrlHandler(receive, paths=("/", "/api/webhooks/razorpay"))
