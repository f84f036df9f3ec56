"""Razorpay's HTTP API under `/v1`, as far as OneAI uses it, with its errors."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stand_ins.payments.state import JsonObject
from stand_ins.razorpay import entities, queries
from stand_ins.razorpay.engine import Engine
from stand_ins.razorpay.refusals import UNKNOWN_ROUTE, ApiError, unauthorized
from stand_ins.razorpay.simulator import Simulator

# `lost`: the request is carried out, and its response does not arrive. `unlisted`: no customer's tokens are listed, as
# of UPI where an account lacks the feature `save_vpa`.
FAULTS = ("away", "throttled", "slow", "lost", "unlisted")
_SLOW_SECONDS = 30.0


class Api:
    """`/v1/…` of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def answer(self, request: Request) -> Response:
        """Answers any request."""
        match self.simulator.fault:
            case "away":
                return _fault_response(503, "SERVER_ERROR", "We are facing some trouble completing your request.")
            case "throttled":
                return _fault_response(429, "BAD_REQUEST_ERROR", "Too many requests")
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
        try:
            if not self.simulator.keys.authorizes(request.headers.get("authorization", "")):
                raise unauthorized()
            params = await _body(request)
            async with self.simulator.session(changing=request.method != "GET") as engine:
                content = _answer(engine, request, params)
                if self.simulator.fault == "unlisted" and request.url.path.endswith("/tokens"):
                    content = entities.collection([])
                response = JSONResponse(content)  # rendered before another request can change the entities
        except ApiError as error:
            return JSONResponse(error.body, error.status)
        if self.simulator.fault == "lost" and request.method != "GET":
            return Response("<html>Bad gateway</html>", 502, media_type="text/html")
        return response


def _answer(engine: Engine, request: Request, params: JsonObject) -> JsonObject:
    path = "/".join(quote(part, safe="_") for part in request.path_params["path"].strip("/").split("/"))
    match request.method:
        case "GET":
            return queries.answer(engine, path, dict(request.query_params))
        case "DELETE":
            return _delete(engine, path)
    return _change(engine, request, path, params)


def _change(engine: Engine, request: Request, path: str, params: JsonObject) -> JsonObject:
    match request.method, path.split("/"):
        case "POST", ["plans"]:
            return engine.make_plan(params)
        case "POST", ["orders"]:
            return engine.make_order(params)
        case "POST", ["customers"]:
            return engine.make_customer(params)
        case "POST", ["payments", "create", "recurring"]:
            return engine.debit(params)
        case "POST", ["subscriptions"]:
            return engine.open(params)
        case "PATCH", ["subscriptions", subscription]:
            return engine.update(subscription, params)
        case "POST", ["subscriptions", subscription, "cancel"]:
            at_end = params.get("cancel_at_cycle_end", False) in (True, 1, "1", "true")
            return engine.cancel(subscription, at_cycle_end=at_end)
        case "POST", ["subscriptions", subscription, "pause"]:
            return engine.pause(subscription)
        case "POST", ["subscriptions", subscription, "resume"]:
            return engine.resume(subscription)
        case "POST", ["subscriptions", subscription, "cancel_scheduled_changes"]:
            return engine.cancel_change(subscription)
        case "POST", ["payments", payment, "refund"]:
            return engine.refund(payment, params, request.headers.get("x-refund-idempotency"))
    raise ApiError(UNKNOWN_ROUTE, form="long")


def _delete(engine: Engine, path: str) -> JsonObject:
    match path.split("/"):
        case ["customers", customer, "tokens", token]:
            return engine.end_token(customer, token)
    raise ApiError(UNKNOWN_ROUTE, form="long")


def _fault_response(status: int, code: str, description: str) -> Response:
    return JSONResponse({"error": {"code": code, "description": description}}, status)


async def _body(request: Request) -> JsonObject:
    body = await request.body()
    try:
        params: Any = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        params = None
    if not isinstance(params, dict):
        raise ApiError("The request body is not valid JSON.")
    return params
