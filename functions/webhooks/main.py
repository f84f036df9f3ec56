"""What the payment provider tells, on a Lambda URL of its own: trusted by its signature alone."""

from typing import Any

from oneai import (
    pool,  # noqa: F401  every event needs Postgres: its driver is part of what SnapStart photographs, no connection is
    secrets,
)
from oneai.billing import webhook
from oneai.function_url import Endpoint, Request

secrets.load()


async def receive(request: Request) -> dict[str, Any]:
    """Every event that could be stored is answered 200, whatever came of it: what failed is tried again by a job."""
    answer = await webhook.receive(request.body, request.headers)
    return {"status": answer.status}


handler = Endpoint(receive, paths=("/", "/api/webhooks/razorpay"))
