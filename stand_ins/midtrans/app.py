"""The stand-in's app: both APIs, Snap's payment page, QRIS pictures, and GoPay's app."""

import io
from html import escape

import segno
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from stand_ins.midtrans import pages
from stand_ins.midtrans.api import Api
from stand_ins.midtrans.engine import PAID
from stand_ins.midtrans.refusals import ApiError
from stand_ins.midtrans.simulator import Simulator
from stand_ins.payments.page import form_of

_BOTH = ["GET", "POST"]


def create(simulator: Simulator) -> Starlette:
    """The app to mount at MIDTRANS_BASE_URL."""
    api, snap = Api(simulator), _Snap(simulator)
    return Starlette(
        routes=[
            Route("/snap/v1/transactions", api.snap, methods=["POST"]),
            Route("/snap/v4/redirection/{token}", snap.page, methods=_BOTH),
            Route("/v2/qris/{id}/qr-code", snap.picture, methods=["GET"]),
            Route("/gopay/{id}", snap.gopay, methods=_BOTH),
            Route("/v2/{id}/{action:path}", api.core, methods=_BOTH),
        ]
    )


class _Snap:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def page(self, request: Request) -> Response:
        """GET shows the page. The form posts `method`, then `outcome` (`pay`, `fail`, `challenge`, `leave`)."""
        form, token = await form_of(request), request.path_params["token"]
        try:
            async with self.simulator.session(changing=request.method != "GET") as engine:
                page = engine.page(token)
                transaction = engine.account.transactions.get(page.transaction_id or "")
                if request.method == "POST" and "method" in form:
                    transaction = engine.choose(token, form["method"])
                elif request.method == "POST" and form.get("outcome") == "leave":
                    return RedirectResponse(pages.finish(page, transaction), 303)
                elif request.method == "POST" and transaction is not None and transaction.status not in PAID:
                    card = transaction.method == "credit_card"
                    paid = "capture" if card else "settlement"
                    outcomes = {"pay": paid, "fail": "deny" if card else "expire", "challenge": "challenge"}
                    engine.pay(transaction.transaction_id, outcomes.get(form.get("outcome", ""), paid))
                return HTMLResponse(pages.show(engine, page, transaction))
        except ApiError as error:
            return HTMLResponse(pages.problem(str(error)), 404 if error.status == 404 else 400)

    async def picture(self, request: Request) -> Response:
        """The QRIS code of a transaction, as a picture."""
        try:
            async with self.simulator.session(changing=False) as engine:
                content = pages.qris_content(engine.transaction(request.path_params["id"]))
        except ApiError as error:
            return HTMLResponse(escape(str(error)), 404)
        picture = io.BytesIO()
        segno.make(content, error="m", micro=False).save(picture, kind="svg", scale=6, border=4, light="#ffffff")
        return Response(picture.getvalue(), media_type="image/svg+xml")

    async def gopay(self, request: Request) -> Response:
        """What the deep link opens: GoPay's app, with a button to pay."""
        try:
            async with self.simulator.session(changing=request.method != "GET") as engine:
                transaction = engine.transaction(request.path_params["id"])
                if request.method == "POST" and transaction.status not in PAID:
                    engine.pay(transaction.transaction_id)
                return HTMLResponse(pages.gopay(transaction))
        except ApiError as error:
            return HTMLResponse(pages.problem(str(error)), 400)
