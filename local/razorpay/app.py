"""The stand-in's app: its API under `/v1`, and the page at every subscription's `short_url`."""

from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from local.razorpay import charges, page
from local.razorpay.api import Api
from local.razorpay.engine import Engine
from local.razorpay.refusals import Refused
from local.razorpay.simulator import Desk
from local.razorpay.state import Running

_METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT"]


def create(desk: Desk) -> Starlette:
    """The app to mount where RAZORPAY_BASE_URL says."""
    return Starlette(
        routes=[
            Route("/v1/{path:path}", Api(desk).answer, methods=_METHODS),
            Route("/i/{code}", _Page(desk).show, methods=["GET", "POST"]),
        ]
    )


class _Page:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def show(self, request: Request) -> Response:
        """GET shows what there is to pay; the form posts `method`, `instrument` and `outcome`."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode(errors="replace")).items()}
        async with self.desk.at_work(changing=request.method != "GET") as engine:
            running = engine.by_short_code(request.path_params["code"])
            if running is None:
                return HTMLResponse(page.nothing(), 404)
            return self._pay(engine, running, form) if request.method == "POST" else _look(engine, running)

    def _pay(self, engine: Engine, running: Running, form: dict[str, str]) -> Response:
        method = form.get("method", "card")
        if method not in page.METHODS:
            return _look(engine, running, "Choose how to pay.", 422)
        ok = form.get("outcome") == "ok"
        given = str(running.told["id"])
        try:
            payment = engine.pay(given, method, ok=ok, instrument=form.get("instrument", "").strip() or None)
        except Refused as refused:
            return _look(engine, running, str(refused), 400)
        if not ok:
            return _look(engine, running, "Payment failed. No money was taken; you can try again.")
        signature = self.desk.keys.checkout_signature(payment["id"], given)
        return HTMLResponse(page.paid(running, engine.plan(running.told["plan_id"]), payment["id"], signature))


def _look(engine: Engine, running: Running, problem: str | None = None, status: int = 200) -> Response:
    plan = engine.plan(running.told["plan_id"])
    return HTMLResponse(page.to_pay(running, plan, charges.to_pay(engine.books, running), problem), status)
