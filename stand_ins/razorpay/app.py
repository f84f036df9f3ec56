"""The stand-in's app: the API under `/v1`, the page at every subscription's `short_url`, and that of an order."""

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from stand_ins.payments.page import form_of, return_to
from stand_ins.payments.state import JsonObject
from stand_ins.razorpay import invoices, page
from stand_ins.razorpay.api import Api
from stand_ins.razorpay.engine import Engine
from stand_ins.razorpay.order_page import OrderPage
from stand_ins.razorpay.refusals import ApiError
from stand_ins.razorpay.simulator import Simulator
from stand_ins.razorpay.state import SubscriptionRecord

_METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT"]


def create(simulator: Simulator) -> Starlette:
    """The app to mount at RAZORPAY_BASE_URL."""
    return Starlette(
        routes=[
            Route("/v1/{path:path}", Api(simulator).answer, methods=_METHODS),
            Route("/i/{code}", _CheckoutPage(simulator).show, methods=["GET", "POST"]),
            Route("/o/{id}", _OrderRequest(simulator).show, methods=["GET", "POST"]),
        ]
    )


class _OrderRequest:
    def __init__(self, simulator: Simulator) -> None:
        self.page = OrderPage(simulator)

    async def show(self, request: Request) -> Response:
        """As a subscription's page, for one payment."""
        return await self.page.show(request, await form_of(request), return_to(request))


class _CheckoutPage:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def show(self, request: Request) -> Response:
        """GET shows what is to be paid; the form posts `method`, `instrument` and `outcome`. A page of this machine or
        of this host may be named in `return_to`, and is linked to."""
        form = await form_of(request)
        async with self.simulator.session(changing=request.method != "GET") as engine:
            record = engine.by_short_code(request.path_params["code"])
            if record is None:
                return HTMLResponse(page.not_found(), 404)
            view = _CheckoutView(engine, record, return_to(request))
            return self._pay(view, form) if request.method == "POST" else view.form()

    def _pay(self, view: "_CheckoutView", form: dict[str, str]) -> Response:
        engine, record = view.engine, view.record
        method = form.get("method", "card")
        if method not in page.METHODS:
            return view.form("Choose how to pay.", 422)
        ok = form.get("outcome") == "ok"
        subscription_id = str(record.entity["id"])
        try:
            payment = engine.pay(subscription_id, method, ok=ok, instrument=form.get("instrument", "").strip() or None)
        except ApiError as error:
            return view.form(str(error), 400)
        if not ok:
            return view.form("Payment failed. No money was taken; you can try again.")
        signature = self.simulator.keys.checkout_signature(payment["id"], subscription_id)
        return HTMLResponse(page.receipt(record, view.plan, payment["id"], signature, view.return_to))


@dataclass(frozen=True)
class _CheckoutView:
    engine: Engine
    record: SubscriptionRecord
    return_to: str | None

    @property
    def plan(self) -> JsonObject:
        return self.engine.plan(self.record.entity["plan_id"])

    def form(self, problem: str | None = None, status: int = 200) -> Response:
        amount = invoices.amount_to_pay(self.engine.account, self.record)
        return HTMLResponse(page.payment_page(self.record, self.plan, amount, problem, self.return_to), status)
