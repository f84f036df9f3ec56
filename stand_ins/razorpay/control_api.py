"""The control API under `/local/razorpay`: outcomes of charges, delivery of events, what customers do elsewhere."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.payments import control_api
from stand_ins.payments.control_api import read_json
from stand_ins.razorpay.api import FAULTS
from stand_ins.razorpay.engine import CUSTOMER_ACTIONS, OUTCOMES
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
            *control_api.Handlers(simulator, FAULTS).routes,
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
        change = await read_json(request)
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
        payment_id, change = request.path_params["id"], await read_json(request)
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
            match await read_json(request):
                case {"outcome": str() as outcome}:
                    async with self.simulator.session() as engine:
                        engine.script_debits(request.path_params["id"], outcome)
                    return JSONResponse({"outcome": outcome})
        except ApiError as error:
            return JSONResponse(error.body, 422)
        return JSONResponse({"outcome": DEBIT_OUTCOMES}, 422)


def _summary(record: Any) -> dict[str, Any]:
    return {**record.entity, "outcome": record.outcome, "cancel_at_cycle_end": record.cancel_at_end}
