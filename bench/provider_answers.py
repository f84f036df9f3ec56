"""The APIs of Stripe and Midtrans for `bench_webhook`: they answer about any subscriber from the path alone.

A program of its own, so that its work is not in the measured process. `GET /bench/count` is the number of requests so
far. The first status of a page of Midtrans is `pending`, and each later one `settlement`.
"""

import json
from functools import cache
from typing import Any
from urllib.parse import unquote

from bench.charges_elsewhere import MidtransCharge, StripeCharge, own, subscriber_of, without_subscriber
from bench.serving import serve

COUNT = "/bench/count"


class Answers:
    """The ASGI app."""

    def __init__(self) -> None:
        self._requests = 0
        self._asked: set[str] = set()
        stripe, self._midtrans = StripeCharge.live(), MidtransCharge.live()
        self._of_stripe = cache(stripe.answer)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ARG002  as ASGI's
        path, query = scope["path"], unquote(scope["query_string"].decode())
        status, body = 200, json.dumps({"requests": self._requests})
        if path != COUNT:
            subscriber = subscriber_of(f"{path}?{query}")
            status, body = (404, "{}") if subscriber is None else (200, self._answer(path, query, subscriber))
            self._requests += subscriber is not None
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode()})

    def _answer(self, path: str, query: str, subscriber: str) -> str:
        if path.startswith("/v1/"):
            return own(self._of_stripe(without_subscriber(path), without_subscriber(query)), subscriber)
        state = "settlement" if path in self._asked else "pending"
        self._asked.add(path)
        return own(self._midtrans.statuses[state], subscriber)


if __name__ == "__main__":
    serve(Answers(), __doc__)
