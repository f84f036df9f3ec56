"""The control API under `/local/midtrans`: what payers, banks and Midtrans do, and how notifications arrive."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.midtrans.account import Transaction
from stand_ins.midtrans.api import FAULTS
from stand_ins.midtrans.deliveries import edited
from stand_ins.midtrans.engine import Engine
from stand_ins.midtrans.methods import METHODS
from stand_ins.midtrans.refusals import ApiError
from stand_ins.midtrans.simulator import Simulator
from stand_ins.payments import control_api
from stand_ins.payments.control_api import read_json
from stand_ins.payments.state import Event, JsonObject

# What can be done to a transaction.
ACTS = ("pay", "challenge", "approve", "deny", "expire", "cancel", "take_back", "charge_back", "hang", "fee", "refund")


def create(simulator: Simulator) -> Starlette:
    """The app to mount at `/local/midtrans`."""
    handlers = _Handlers(simulator)
    return Starlette(
        routes=[
            Route("/", handlers.pages, methods=["GET"]),
            Route("/pages", handlers.pages, methods=["GET"]),
            Route("/orders/{id}", handlers.order, methods=["GET", "POST"]),
            Route("/notifications", handlers.notify, methods=["POST"]),
            *control_api.Handlers(simulator, FAULTS).routes,
        ]
    )


class _Handlers:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def pages(self, request: Request) -> Response:  # noqa: ARG002  an endpoint takes one
        """All payment pages with their transactions, the newest first."""
        async with self.simulator.session(changing=False) as engine:
            pages = [
                {
                    "order_id": page.order_id,
                    "amount": page.amount,
                    "page": f"{engine.account.address}/snap/v4/redirection/{page.token}",
                    "transaction": _shown(engine, engine.account.transactions.get(page.transaction_id or "")),
                }
                for page in reversed(engine.account.pages.values())
            ]
        return JSONResponse({"items": pages})

    async def order(self, request: Request) -> Response:
        """`POST {"choose": "bca_va"}` chooses a method; `{"act": "pay"}` and the others of ACTS change what follows.
        `{"act": "refund", "amount": 5000}` is the dashboard's; `{"act": "fee", "amount": 71}` charges the payer a fee.
        """
        order_id, change = request.path_params["id"], await read_json(request)
        try:
            async with self.simulator.session(changing=request.method != "GET") as engine:
                match change:
                    case {"choose": str() as method} if method in METHODS:
                        page = next((each for each in engine.account.pages.values() if each.order_id == order_id), None)
                        if page is None:
                            raise ApiError(404, "There is no such page.")
                        engine.choose(page.token, method)
                    case {"act": str() as act, **more} if act in ACTS:
                        amount = more.get("amount")
                        _act(engine, engine.transaction(order_id), act, amount if isinstance(amount, int) else None)
                    case _ if request.method == "POST":
                        return JSONResponse({"choose": list(METHODS), "act": ACTS}, 422)
                return JSONResponse(engine.shown(engine.transaction(order_id)))
        except ApiError as error:
            return JSONResponse(error.body, 422)

    async def notify(self, request: Request) -> Response:
        """`POST {"order_id": …, "status": "settlement"}` sends a notification whose status is edited, and whose
        signature still fits; without a status the true one again."""
        match await read_json(request):
            case {"order_id": str() as order_id, **more}:
                async with self.simulator.session() as engine:
                    sent = [each for each in self.simulator.deliveries.all if each.subscription_id == order_id]
                    if not sent:
                        return JSONResponse({"sent": False}, 422)
                    status = more.get("status")
                    body = edited(sent[-1].body, status) if isinstance(status, str) else sent[-1].body
                    name = f"transaction.{status or 'again'}"
                    engine.events.append(Event(engine.account.new_id(), name, body, engine.now, order_id))
                return JSONResponse({"sent": True})
        return JSONResponse({"order_id": "…", "status": "settlement"}, 422)


def _act(engine: Engine, transaction: Transaction, act: str, amount: int | None) -> None:
    ref, card = transaction.transaction_id, transaction.method == "credit_card"
    match act:
        case "pay":
            engine.pay(ref, "capture" if card else "settlement")
        case "challenge":
            engine.pay(ref, "challenge")
        case "deny" if transaction.status == "pending":
            engine.pay(ref, "deny")
        case "approve" | "deny" | "expire" | "cancel":
            engine.act(ref, act)
        case "take_back":
            engine.take_back(ref)
        case "charge_back":
            engine.charge_back(ref)
        case "hang":
            transaction.hangs = True
        case "fee":
            transaction.fee = amount or 0
        case "refund":
            engine.refund(ref, engine.account.new_id(), amount, "dashboard")


def _shown(engine: Engine, transaction: Transaction | None) -> JsonObject | None:
    return None if transaction is None else engine.shown(transaction)
