"""Midtrans' HTTP API: Snap's `POST /snap/v1/transactions`, and the Core API under `/v2`, with their errors."""

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stand_ins.midtrans.engine import Engine
from stand_ins.midtrans.entities import amount_text
from stand_ins.midtrans.refusals import ApiError, invalid
from stand_ins.midtrans.simulator import Simulator
from stand_ins.payments.state import JsonObject

# `lost`: the request is carried out, and its response does not arrive.
FAULTS = ("away", "throttled", "slow", "lost")
_SLOW_SECONDS = 30.0
_UNKNOWN_KEY = ApiError(401, "Transaction cannot be authorized with the current client/server key.")


class Api:
    """Both APIs of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def snap(self, request: Request) -> Response:
        """Opens a payment page."""
        if (fault := await self._fault()) is not None:
            return fault
        try:
            self._authorize(request)
            body = await _body(request)
            async with self.simulator.session() as engine:
                page = engine.open_page(body)
                address = f"{engine.account.address}/snap/v4/redirection/{page.token}"
                response = JSONResponse({"token": page.token, "redirect_url": address}, 201)
        except ApiError as error:
            return JSONResponse(error.snap_body, error.status)
        return self._sent(response, request)

    async def core(self, request: Request) -> Response:
        """Reads or changes a transaction. Refusals come with HTTP 200, except those of the key."""
        if (fault := await self._fault()) is not None:
            return fault
        ref, action = request.path_params["id"], request.path_params["action"]
        try:
            self._authorize(request)
            body = await _body(request)
            async with self.simulator.session(changing=request.method != "GET") as engine:
                response = JSONResponse(_answer(engine, request.method, ref, action, body))
        except ApiError as error:
            return JSONResponse(error.body, 401 if error.status == 401 else 200)
        return self._sent(response, request)

    def _authorize(self, request: Request) -> None:
        if not self.simulator.keys.authorizes(request.headers.get("authorization", "")):
            raise _UNKNOWN_KEY

    async def _fault(self) -> Response | None:
        match self.simulator.fault:
            case "away":
                return JSONResponse({"status_code": "503", "status_message": "Bank's server is down."}, 503)
            case "throttled":
                return JSONResponse({"status_code": "429", "status_message": "Too many requests."}, 429)
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
        return None

    def _sent(self, response: Response, request: Request) -> Response:
        if self.simulator.fault == "lost" and request.method != "GET":
            return Response("<html>Bad gateway</html>", 502, media_type="text/html")
        return response


def _answer(engine: Engine, method: str, id: str, action: str, body: JsonObject) -> JsonObject:
    match method, action:
        case "GET", "status":
            return engine.shown(engine.transaction(id))
        case "POST", "expire" | "cancel" | "approve" | "deny":
            return engine.shown(engine.act(id, action))
        case "POST", "refund" | "refund/online/direct":
            return _refunded(engine, id, body)
    raise ApiError(404, "The requested resource is not found.")


def _refunded(engine: Engine, id: str, body: JsonObject) -> JsonObject:
    amount, key = body.get("amount"), body.get("refund_key")
    if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int)):
        raise invalid("amount is not a number")
    known = {each["key"] for each in engine.transaction(id).refunds}
    key = str(key) if key else engine.account.new_id()
    transaction = engine.refund(id, key, amount, str(body.get("reason", "")))
    (entry,) = (each for each in transaction.refunds if each["key"] == key)
    said = "Success, refund request is approved" if key not in known else "Success, refund was requested before"
    shown = engine.shown(transaction)
    shown |= {"status_code": "200", "status_message": said, "refund_key": key, "refund_chargeback_id": entry["id"]}
    return shown | {"refund_amount": amount_text(entry["amount"])}


async def _body(request: Request) -> JsonObject:
    body = await request.body()
    try:
        read: Any = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise invalid("The request body is not a JSON object.")
    return read
