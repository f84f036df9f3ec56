"""The control API under `/local/razorpay`: outcomes of charges, delivery of events, what customers do elsewhere."""

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.razorpay.api import FAULTS
from stand_ins.razorpay.deliveries import MODES
from stand_ins.razorpay.engine import CUSTOMER_ACTIONS, OUTCOMES
from stand_ins.razorpay.periods import moment
from stand_ins.razorpay.recurring import DEBIT_OUTCOMES
from stand_ins.razorpay.refunds import DISPUTES
from stand_ins.razorpay.refusals import ApiError
from stand_ins.razorpay.simulator import Simulator


def create(simulator: Simulator) -> Starlette:
    """The app to mount at `/local/razorpay`."""
    handlers = _Handlers(simulator)
    return Starlette(
        routes=[
            Route("/subscriptions", handlers.subscriptions, methods=["GET"]),
            Route("/subscriptions/{id}", handlers.subscription, methods=["GET", "POST"]),
            Route("/payments/{id}", handlers.payment, methods=["POST"]),
            Route("/tokens/{id}", handlers.token, methods=["POST"]),
            Route("/webhooks", handlers.webhooks, methods=["GET", "POST"]),
            Route("/deliveries", handlers.deliveries, methods=["GET"]),
            Route("/trouble", handlers.fault, methods=["GET", "POST"]),
        ]
    )


class _Handlers:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def subscriptions(self, request: Request) -> Response:  # noqa: ARG002  an endpoint takes one
        """All subscriptions with the outcome of their charges, the newest first."""
        async with self.simulator.session(changing=False) as engine:
            return JSONResponse({"items": [_summary(each) for each in reversed(engine.account.subscriptions.values())]})

    async def subscription(self, request: Request) -> Response:
        """`POST {"outcome": "fail"}` sets that of its next charges; `{"customer": "pauses"}` acts in a bank's app."""
        subscription_id = request.path_params["id"]
        change = await _json(request)
        try:
            async with self.simulator.session() as engine:
                match change:
                    case {"outcome": str() as outcome}:
                        engine.script(subscription_id, outcome)
                    case {"customer": str() as action}:
                        engine.customer(subscription_id, action)
                    case _ if request.method == "POST":
                        return JSONResponse({"outcome": OUTCOMES, "customer": CUSTOMER_ACTIONS}, 422)
                return JSONResponse(_summary(engine.account.subscription(subscription_id)))
        except ApiError as error:
            return JSONResponse(error.body, 422)

    async def payment(self, request: Request) -> Response:
        """`{"dispute": "created"}` and its later steps; `{"refund": 5000}` as on the dashboard, `null` the rest."""
        payment_id, change = request.path_params["id"], await _json(request)
        try:
            async with self.simulator.session() as engine:
                match change:
                    case {"dispute": str() as step}:
                        return JSONResponse(engine.dispute(payment_id, step))
                    case {"refund": None}:
                        return JSONResponse(engine.refund(payment_id))
                    case {"refund": int() as amount}:
                        return JSONResponse(engine.refund(payment_id, {"amount": amount}))
        except ApiError as error:
            return JSONResponse(error.body, 422)
        return JSONResponse({"dispute": DISPUTES, "refund": None}, 422)

    async def token(self, request: Request) -> Response:
        """`{"outcome": "fail"}` sets that of a token's next debits."""
        try:
            match await _json(request):
                case {"outcome": str() as outcome}:
                    async with self.simulator.session() as engine:
                        engine.script_debits(request.path_params["id"], outcome)
                    return JSONResponse({"outcome": outcome})
        except ApiError as error:
            return JSONResponse(error.body, 422)
        return JSONResponse({"outcome": DEBIT_OUTCOMES}, 422)

    async def webhooks(self, request: Request) -> Response:
        """`POST {"mode": "duplicate"}`: how events are delivered from now on; with a `subscription_id` only its own.

        A disabled webhook is enabled again.
        """
        if request.method == "POST":
            match await _json(request):
                case {"mode": mode, **more} if mode in MODES:
                    only = more.get("subscription_id")
                    async with self.simulator.session():
                        self.simulator.deliveries.switch(mode, None if only is None else str(only))
                case _:
                    return JSONResponse({"mode": MODES}, 422)
        return JSONResponse(self._webhook())

    async def deliveries(self, request: Request) -> Response:  # noqa: ARG002  an endpoint takes one
        """Every event and its delivery, the newest last."""
        items = [each.summary() for each in self.simulator.deliveries.all]
        return JSONResponse({**self._webhook(), "items": items})

    async def fault(self, request: Request) -> Response:
        """`POST {"trouble": "away"}` gives the API a fault, `{"trouble": null}` ends it."""
        if request.method == "POST":
            match await _json(request):
                case {"trouble": fault} if fault is None or fault in FAULTS:
                    self.simulator.fault = fault
                case _:
                    return JSONResponse({"trouble": FAULTS}, 422)
        return JSONResponse({"trouble": self.simulator.fault})

    def _webhook(self) -> dict[str, Any]:
        disabled_at = self.simulator.deliveries.disabled_at
        return {
            "url": self.simulator.webhook,
            "mode": self.simulator.deliveries.mode,
            "disabled_at": None if disabled_at is None else moment(disabled_at).isoformat(),
        }


def _summary(record: Any) -> dict[str, Any]:
    return {**record.entity, "outcome": record.outcome, "cancel_at_cycle_end": record.cancel_at_end}


async def _json(request: Request) -> Any:
    body = await request.body()
    try:
        return json.loads(body) if body.strip() else None
    except (ValueError, RecursionError):
        return None
