"""The stand-in's own switches under `/local/razorpay`: how charges go, how events come, what people do elsewhere."""

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.razorpay.api import TROUBLES
from local.razorpay.deliveries import MODES
from local.razorpay.engine import CUSTOMERS, OUTCOMES
from local.razorpay.periods import moment
from local.razorpay.refunds import DISPUTES
from local.razorpay.refusals import Refused
from local.razorpay.simulator import Desk


def create(desk: Desk) -> Starlette:
    """The app to mount at `/local/razorpay`."""
    levers = _Levers(desk)
    return Starlette(
        routes=[
            Route("/subscriptions", levers.subscriptions, methods=["GET"]),
            Route("/subscriptions/{id}", levers.subscription, methods=["GET", "POST"]),
            Route("/payments/{id}", levers.payment, methods=["POST"]),
            Route("/webhooks", levers.webhooks, methods=["GET", "POST"]),
            Route("/deliveries", levers.deliveries, methods=["GET"]),
            Route("/trouble", levers.trouble, methods=["GET", "POST"]),
        ]
    )


class _Levers:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def subscriptions(self, request: Request) -> Response:  # noqa: ARG002  an endpoint takes one
        """All of them, the newest first, with how their charges go."""
        async with self.desk.at_work(changing=False) as engine:
            return JSONResponse({"items": [_shown(each) for each in reversed(engine.books.subscriptions.values())]})

    async def subscription(self, request: Request) -> Response:
        """`POST {"outcome": "fail"}` decides its next charges; `{"customer": "pauses"}` is done in a bank's app."""
        given = request.path_params["id"]
        wanted = await _json(request)
        try:
            async with self.desk.at_work() as engine:
                match wanted:
                    case {"outcome": str() as outcome}:
                        engine.script(given, outcome)
                    case {"customer": str() as what}:
                        engine.customer(given, what)
                    case _ if request.method == "POST":
                        return JSONResponse({"outcome": OUTCOMES, "customer": CUSTOMERS}, 422)
                return JSONResponse(_shown(engine.books.subscription(given)))
        except Refused as refused:
            return JSONResponse(refused.body, 422)

    async def payment(self, request: Request) -> Response:
        """`{"dispute": "created"}`, and its later steps; `{"refund": 5000}` is given back by hand, `null` the rest."""
        given, wanted = request.path_params["id"], await _json(request)
        try:
            async with self.desk.at_work() as engine:
                match wanted:
                    case {"dispute": str() as step}:
                        return JSONResponse(engine.dispute(given, step))
                    case {"refund": None}:
                        return JSONResponse(engine.refund(given))
                    case {"refund": int() as amount}:
                        return JSONResponse(engine.refund(given, {"amount": amount}))
        except Refused as refused:
            return JSONResponse(refused.body, 422)
        return JSONResponse({"dispute": DISPUTES, "refund": None}, 422)

    async def webhooks(self, request: Request) -> Response:
        """`POST {"mode": "duplicate"}`: how events come from now on; with a `subscription_id` only its own.

        A webhook that was disabled is enabled again.
        """
        if request.method == "POST":
            match await _json(request):
                case {"mode": mode, **more} if mode in MODES:
                    only = more.get("subscription_id")
                    async with self.desk.at_work():
                        self.desk.deliveries.switch(mode, None if only is None else str(only))
                case _:
                    return JSONResponse({"mode": MODES}, 422)
        return JSONResponse(self._webhook())

    async def deliveries(self, request: Request) -> Response:  # noqa: ARG002  an endpoint takes one
        """Every event and what became of it, the newest last."""
        items = [each.shown() for each in self.desk.deliveries.all]
        return JSONResponse({**self._webhook(), "items": items})

    async def trouble(self, request: Request) -> Response:
        """`POST {"trouble": "away"}` makes a bad day of the API, `{"trouble": null}` ends it."""
        if request.method == "POST":
            match await _json(request):
                case {"trouble": trouble} if trouble is None or trouble in TROUBLES:
                    self.desk.trouble = trouble
                case _:
                    return JSONResponse({"trouble": TROUBLES}, 422)
        return JSONResponse({"trouble": self.desk.trouble})

    def _webhook(self) -> dict[str, Any]:
        disabled_at = self.desk.deliveries.disabled_at
        return {
            "url": self.desk.webhook,
            "mode": self.desk.deliveries.mode,
            "disabled_at": None if disabled_at is None else moment(disabled_at).isoformat(),
        }


def _shown(running: Any) -> dict[str, Any]:
    return {**running.told, "outcome": running.outcome, "cancel_at_cycle_end": running.cancel_at_end}


async def _json(request: Request) -> Any:
    body = await request.body()
    try:
        return json.loads(body) if body.strip() else None
    except (ValueError, RecursionError):
        return None
