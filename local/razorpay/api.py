"""The HTTP of Razorpay's API under `/v1`, as far as OneAI asks it, with its refusals."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.razorpay import entities, queries
from local.razorpay.engine import Engine
from local.razorpay.refusals import UNKNOWN_ROUTE, Refused, unauthorized
from local.razorpay.simulator import Desk
from local.razorpay.state import Wire

# How it may be on a bad day. `lost`: what was asked is done, and the answer does not arrive. `unlisted`: of no customer
# a token is listed, as of UPI where an account lacks the feature `save_vpa`.
TROUBLES = ("away", "throttled", "slow", "lost", "unlisted")
_SLOW_SECONDS = 30.0


class Api:
    """`/v1/…` of one desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def answer(self, request: Request) -> Response:
        """Any request."""
        match self.desk.trouble:
            case "away":
                return _trouble(503, "SERVER_ERROR", "We are facing some trouble completing your request.")
            case "throttled":
                return _trouble(429, "BAD_REQUEST_ERROR", "Too many requests")
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
        try:
            if not self.desk.keys.opens(request.headers.get("authorization", "")):
                raise unauthorized()
            asked = await _body(request)
            async with self.desk.at_work(changing=request.method != "GET") as engine:
                told = _answer(engine, request, asked)
                if self.desk.trouble == "unlisted" and request.url.path.endswith("/tokens"):
                    told = entities.collection([])
                content = JSONResponse(told)  # made before anybody changes what was told
        except Refused as refused:
            return JSONResponse(refused.body, refused.status)
        if self.desk.trouble == "lost" and request.method != "GET":
            return Response("<html>Bad gateway</html>", 502, media_type="text/html")
        return content


def _answer(engine: Engine, request: Request, asked: Wire) -> Wire:
    path = "/".join(quote(part, safe="_") for part in request.path_params["path"].strip("/").split("/"))
    if request.method == "GET":
        return queries.answer(engine, path, dict(request.query_params))
    match request.method, path.split("/"):
        case "POST", ["plans"]:
            return engine.make_plan(asked)
        case "POST", ["subscriptions"]:
            return engine.open(asked)
        case "PATCH", ["subscriptions", subscription]:
            return engine.update(subscription, asked)
        case "POST", ["subscriptions", subscription, "cancel"]:
            at_end = asked.get("cancel_at_cycle_end", False) in (True, 1, "1", "true")
            return engine.cancel(subscription, at_cycle_end=at_end)
        case "POST", ["subscriptions", subscription, "pause"]:
            return engine.pause(subscription)
        case "POST", ["subscriptions", subscription, "resume"]:
            return engine.resume(subscription)
        case "POST", ["subscriptions", subscription, "cancel_scheduled_changes"]:
            return engine.cancel_change(subscription)
        case "POST", ["payments", payment, "refund"]:
            return engine.refund(payment, asked, request.headers.get("x-refund-idempotency"))
    raise Refused(UNKNOWN_ROUTE, form="long")


def _trouble(status: int, code: str, description: str) -> Response:
    return JSONResponse({"error": {"code": code, "description": description}}, status)


async def _body(request: Request) -> Wire:
    body = await request.body()
    try:
        asked: Any = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Refused("The request body is not valid JSON.")
    return asked
