"""The page of an order, in place of Razorpay's window: one payment, without a subscription."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from stand_ins.payments import page as shared
from stand_ins.payments.state import JsonObject
from stand_ins.razorpay import page
from stand_ins.razorpay.refusals import ApiError
from stand_ins.razorpay.simulator import Simulator


class OrderPage:
    """Shows and pays orders."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def show(self, request: Request, form: dict[str, str], return_to: str | None) -> Response:
        """GET shows what is to be paid; the form posts `method`, `instrument` and `outcome`."""
        order_id = request.path_params["id"]
        async with self.simulator.session(changing=request.method != "GET") as engine:
            try:
                order = engine.order(order_id)
            except ApiError:
                return HTMLResponse(page.not_found(), 404)
            if request.method == "GET":
                return _form(order, None, return_to)
            method, ok = form.get("method", "card"), form.get("outcome") == "ok"
            if method not in page.METHODS:
                return _form(order, "Choose how to pay.", return_to, 422)
            payment = engine.pay_order(order_id, method, ok=ok, instrument=form.get("instrument", "").strip() or None)
        if not ok:
            return _form(order, "Payment failed. No money was taken; you can try again.", return_to)
        proof = {
            "razorpay_payment_id": payment["id"],
            "razorpay_order_id": order_id,
            "razorpay_signature": self.simulator.keys.order_signature(order_id, payment["id"]),
        }
        return _page(order, page.paid("Payment successful", proof, return_to))


def _form(order: JsonObject, problem: str | None, return_to: str | None, status: int = 200) -> Response:
    outcome = {"closed": ""} if problem is None else {"failed": problem}
    form = page.form("Pay once", order["amount"], order["currency"])
    back = shared.back(return_to, outcome, "Back to OneAI")
    return _page(order, f"{shared.problem_heading(problem)}{form}{back}", status)


def _page(order: JsonObject, body: str, status: int = 200) -> Response:
    notes = order["notes"] if isinstance(order["notes"], dict) else {}
    name = notes.get("oneai_order", "Order")
    price = shared.money(order["amount"], order["currency"])
    return HTMLResponse(page.page_of(name, price, "once", body, order["id"]), status)
