"""The stand-in's app: the API under `/v1`, and the page at every subscription's `short_url`."""

from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from local.razorpay import charges, page
from local.razorpay.api import Api
from local.razorpay.engine import Engine
from local.razorpay.refusals import ApiError
from local.razorpay.simulator import Simulator
from local.razorpay.state import SubscriptionRecord

_METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT"]


def create(simulator: Simulator) -> Starlette:
    """The app to mount at RAZORPAY_BASE_URL."""
    return Starlette(
        routes=[
            Route("/v1/{path:path}", Api(simulator).answer, methods=_METHODS),
            Route("/i/{code}", _CheckoutPage(simulator).show, methods=["GET", "POST"]),
        ]
    )


class _CheckoutPage:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def show(self, request: Request) -> Response:
        """GET shows what is to be paid; the form posts `method`, `instrument` and `outcome`."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode(errors="replace")).items()}
        async with self.simulator.session(changing=request.method != "GET") as engine:
            record = engine.by_short_code(request.path_params["code"])
            if record is None:
                return HTMLResponse(page.not_found(), 404)
            return self._pay(engine, record, form) if request.method == "POST" else _payment_page(engine, record)

    def _pay(self, engine: Engine, record: SubscriptionRecord, form: dict[str, str]) -> Response:
        method = form.get("method", "card")
        if method not in page.METHODS:
            return _payment_page(engine, record, "Choose how to pay.", 422)
        ok = form.get("outcome") == "ok"
        subscription_id = str(record.entity["id"])
        try:
            payment = engine.pay(subscription_id, method, ok=ok, instrument=form.get("instrument", "").strip() or None)
        except ApiError as error:
            return _payment_page(engine, record, str(error), 400)
        if not ok:
            return _payment_page(engine, record, "Payment failed. No money was taken; you can try again.")
        signature = self.simulator.keys.checkout_signature(payment["id"], subscription_id)
        return HTMLResponse(page.receipt(record, engine.plan(record.entity["plan_id"]), payment["id"], signature))


def _payment_page(
    engine: Engine, record: SubscriptionRecord, problem: str | None = None, status: int = 200
) -> Response:
    plan = engine.plan(record.entity["plan_id"])
    return HTMLResponse(page.payment_page(record, plan, charges.amount_to_pay(engine.account, record), problem), status)
