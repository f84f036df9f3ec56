"""The control API under `/local/stripe`: outcomes of charges, delivery of events, what happens in the dashboard."""

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from stand_ins.payments import control_api
from stand_ins.payments.control_api import read_json
from stand_ins.payments.state import JsonObject
from stand_ins.stripe import events, pages
from stand_ins.stripe.api import FAULTS
from stand_ins.stripe.engine import Engine
from stand_ins.stripe.payments import OUTCOMES
from stand_ins.stripe.refunds import DISPUTES
from stand_ins.stripe.refusals import ApiError
from stand_ins.stripe.simulator import Simulator

_AFTER_LAST_ATTEMPT = ("cancel", "unpaid", "past_due")
_ACCOUNT: dict[str, type] = {"livemode": bool, "api_version": str, "refund_delay": int, "after_last_attempt": str}


def create(simulator: Simulator) -> Starlette:
    """The app to mount at `/local/stripe`."""
    handlers = _Handlers(simulator)
    return Starlette(
        routes=[
            Route("/", handlers.home, methods=["GET"]),
            Route("/subscriptions", handlers.subscriptions, methods=["GET"]),
            Route("/subscriptions/{id}", handlers.subscription, methods=["POST"]),
            Route("/customers/{id}", handlers.customer, methods=["POST"]),
            Route("/payments/{id}", handlers.payment, methods=["POST"]),
            Route("/refunds/{id}", handlers.refund, methods=["POST"]),
            Route("/account", handlers.account, methods=["GET", "POST"]),
            *control_api.Handlers(simulator, FAULTS).routes,
        ]
    )


class _Handlers:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def home(self, request: Request) -> Response:  # noqa: ARG002  an endpoint takes one
        """The page of the stand-in: checkouts to pay, and subscriptions with a portal that was just opened."""
        async with self.simulator.session() as engine:
            account = engine.account
            portals = {}
            for each in account.all("subscription").values():
                portal = account.new("bps", customer=each["customer"])
                portal["url"] = portals[each["id"]] = f"{account.address}/p/session/{portal['id']}"
            checkouts = [each for each in account.all("checkout.session").values() if each["status"] == "open"]
            return HTMLResponse(pages.home(checkouts, list(account.all("subscription").values()), portals))

    async def subscriptions(self, request: Request) -> Response:  # noqa: ARG002  an endpoint takes one
        """All subscriptions, the newest first."""
        async with self.simulator.session(changing=False) as engine:
            return JSONResponse({"items": list(reversed(engine.account.all("subscription").values()))})

    async def subscription(self, request: Request) -> Response:
        """As in the dashboard: `{"cancel": "now"}` or `"at_period_end"`; `{"thin": true}` sends a thin event of it."""

        def act(engine: Engine, subscription_id: str, change: Any) -> JsonObject | None:
            subscription = engine.account.get("subscription", subscription_id)
            match change:
                case {"cancel": "now"}:
                    engine.cancel_now(subscription_id)
                case {"cancel": "at_period_end"}:
                    engine.cancel_at_period_end(subscription_id)
                case {"thin": True}:
                    events.emit_thin(engine.account, "v1.customer.subscription.updated", subscription)
                case _:
                    return None
            return subscription

        return await self._act(request, act, {"cancel": ("now", "at_period_end"), "thin": True})

    async def customer(self, request: Request) -> Response:
        """`{"outcome": "decline"}` sets that of the next charges without them; `{"cards": null}` removes their cards,
        as in the portal."""

        def act(engine: Engine, customer_id: str, change: Any) -> JsonObject | None:
            match change:
                case {"outcome": str() as outcome}:
                    engine.script(customer_id, outcome)
                    return {"outcome": outcome}
                case {"cards": None}:
                    engine.remove_cards(customer_id)
                    return {"cards": None}
            return None

        return await self._act(request, act, {"outcome": OUTCOMES, "cards": None})

    async def payment(self, request: Request) -> Response:
        """`{"dispute": "needs_response"}` and its later statuses; `{"refund": 5000}` as in the dashboard, `null` the
        rest; `{"settles": true}` of a debit that is processing."""

        def act(engine: Engine, payment_id: str, change: Any) -> JsonObject | None:
            match change:
                case {"dispute": str() as status}:
                    return engine.dispute(payment_id, status)
                case {"refund": int() | None as amount}:
                    return engine.refund(payment_id, amount)
                case {"settles": bool() as ok}:
                    intent = engine.account.get("payment_intent", payment_id)
                    engine.settle(intent, ok=ok)
                    return intent
            return None

        return await self._act(request, act, {"dispute": DISPUTES, "refund": None, "settles": True})

    async def refund(self, request: Request) -> Response:
        """`{"returned": true}`: the payer's bank sends it back."""

        def act(engine: Engine, refund_id: str, change: Any) -> JsonObject | None:
            return engine.return_refund(refund_id) if change == {"returned": True} else None

        return await self._act(request, act, {"returned": True})

    async def account(self, request: Request) -> Response:
        """Settings of the account: `livemode` and `api_version` of its events, `refund_delay` in seconds, and
        `after_last_attempt`, what a subscription becomes then."""
        change = await read_json(request) if request.method == "POST" else {}
        async with self.simulator.session(changing=request.method == "POST") as engine:
            known = isinstance(change, dict) and all(
                name in _ACCOUNT and type(value) is _ACCOUNT[name] for name, value in change.items()
            )
            if not known or change.get("after_last_attempt", "cancel") not in _AFTER_LAST_ATTEMPT:
                return JSONResponse({name: each.__name__ for name, each in _ACCOUNT.items()}, 422)
            for name, value in change.items():
                setattr(engine.account, name, value)
            return JSONResponse({name: getattr(engine.account, name) for name in _ACCOUNT})

    async def _act(
        self, request: Request, act: Callable[[Engine, str, Any], JsonObject | None], choices: dict[str, Any]
    ) -> Response:
        change = await read_json(request)
        try:
            async with self.simulator.session() as engine:
                done = act(engine, request.path_params["id"], change)
        except ApiError as error:
            return JSONResponse(error.body, 422)
        return JSONResponse(choices, 422) if done is None else JSONResponse(done)
