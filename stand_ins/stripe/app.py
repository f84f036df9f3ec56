"""The stand-in's app: the API under `/v1`, and Stripe's pages: checkout, 3-D Secure, an invoice, the portal."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from stand_ins.payments.page import form_of
from stand_ins.payments.state import JsonObject
from stand_ins.stripe import invoices, pages, payments
from stand_ins.stripe.api import Api
from stand_ins.stripe.catalogue import name_of
from stand_ins.stripe.engine import Engine
from stand_ins.stripe.refusals import ApiError
from stand_ins.stripe.simulator import Simulator

_METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT"]
_DECLINED = "Your card was declined. No money was taken; you can try again."


def create(simulator: Simulator) -> Starlette:
    """The app to mount at STRIPE_BASE_URL."""
    shown = _Pages(simulator)
    return Starlette(
        routes=[
            Route("/v1/{path:path}", Api(simulator).answer, methods=_METHODS),
            Route("/c/pay/{id}", shown.checkout, methods=["GET", "POST"]),
            Route("/authenticate/{id}", shown.authenticate, methods=["GET", "POST"]),
            Route("/i/{id}", shown.invoice, methods=["GET", "POST"]),
            Route("/p/session/{id}", shown.portal, methods=["GET", "POST"]),
        ]
    )


class _Pages:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def checkout(self, request: Request) -> Response:
        """What is to be paid; the form posts `card`, or a `number`. A payment leads to `success_url`."""
        return await self._shown(request, self._checkout)

    async def authenticate(self, request: Request) -> Response:
        """3-D Secure: the payer authenticates or does not."""
        return await self._shown(request, self._authenticate)

    async def invoice(self, request: Request) -> Response:
        """An open invoice, which its customer pays with another card."""
        return await self._shown(request, self._invoice)

    async def portal(self, request: Request) -> Response:
        """The customer's subscriptions: they enter another card, or cancel at the end of the period."""
        return await self._shown(request, self._portal)

    async def _shown(
        self, request: Request, show: Callable[[Engine, str, dict[str, str] | None], Response]
    ) -> Response:
        form = await form_of(request) if request.method == "POST" else None
        async with self.simulator.session(changing=form is not None) as engine:
            try:
                return show(engine, request.path_params["id"], form)
            except ApiError as error:
                return HTMLResponse(pages.message(str(error)), 404 if error.status == 404 else 400)

    def _checkout(self, engine: Engine, session_id: str, form: dict[str, str] | None) -> Response:
        session = engine.session(session_id)
        if session["status"] != "open":
            return HTMLResponse(pages.message(f"This checkout is {session['status']}."))
        if form is None:
            return HTMLResponse(pages.checkout(session))
        match engine.pay(session_id, pages.number_in(form)):
            case "succeeded" | "processing":
                return _to(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id))
            case "requires_action":
                return _to(f"{engine.account.address}/authenticate/{_intent(engine, session)['id']}")
        return HTMLResponse(pages.checkout(session, _DECLINED), 402)

    def _authenticate(self, engine: Engine, intent_id: str, form: dict[str, str] | None) -> Response:
        account = engine.account
        intent = account.get("payment_intent", intent_id)
        if intent["status"] != "requires_action":
            return HTMLResponse(pages.message("There is nothing to confirm."))
        if form is None:
            return HTMLResponse(pages.authentication(intent))
        invoice = invoices.invoice_of(account, intent)
        session = next(
            (each for each in account.all("checkout.session").values() if _pays(each, intent, invoice)), None
        )
        if form.get("outcome") != "ok":
            payments.fail(account, intent, "payment_intent_authentication_failure", None)
            if session is not None:
                return HTMLResponse(pages.checkout(session, "You did not confirm the payment."), 402)
            return HTMLResponse(pages.message("You did not confirm the payment."), 402)
        number = account.cards[intent["payment_method"]]
        if session is not None:
            engine.pay(session["id"], number, authenticated=True)
            return _to(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
        if invoice is not None:
            engine.pay_invoice(invoice["id"], number, authenticated=True)
        else:
            payments.succeed(account, intent)
        return HTMLResponse(pages.message("The payment is confirmed."))

    def _invoice(self, engine: Engine, invoice_id: str, form: dict[str, str] | None) -> Response:
        invoice = engine.account.get("invoice", invoice_id)
        if form is None or invoice["status"] != "open":
            return HTMLResponse(pages.invoice(invoice))
        match engine.pay_invoice(invoice_id, pages.number_in(form)):
            case "requires_action":
                return _to(f"{engine.account.address}/authenticate/{invoices.intent_of(engine.account, invoice)['id']}")
            case "failed":
                return HTMLResponse(pages.invoice(invoice, _DECLINED), 402)
        return HTMLResponse(pages.invoice(invoice))

    def _portal(self, engine: Engine, portal_id: str, form: dict[str, str] | None) -> Response:
        portal = engine.account.get("billing_portal.session", portal_id)
        if form is not None and form.get("cancel"):
            engine.cancel_at_period_end(form["cancel"])
        elif form is not None:
            engine.change_card(portal["customer"], pages.number_in(form))
        theirs = [
            (name_of(engine.account, each["items"]["data"][0]["price"]), each)
            for each in engine.account.all("subscription").values()
            if each["customer"] == portal["customer"]
        ]
        return HTMLResponse(pages.portal(portal, theirs))


def _intent(engine: Engine, session: JsonObject) -> JsonObject:
    """The payment of a session that is being paid."""
    if session["payment_intent"] is not None:
        return engine.account.get("payment_intent", session["payment_intent"])
    return invoices.intent_of(engine.account, engine.account.get("invoice", session["invoice"]))


def _pays(session: JsonObject, intent: JsonObject, invoice: JsonObject | None) -> bool:
    return session["status"] == "open" and (
        session["payment_intent"] == intent["id"] or (invoice is not None and session["invoice"] == invoice["id"])
    )


def _to(address: str) -> Response:
    return RedirectResponse(address, 303)
