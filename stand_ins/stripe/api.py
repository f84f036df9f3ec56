"""Stripe's HTTP API under `/v1`: authentication, versions, idempotency and faults around the endpoints."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stand_ins.payments.state import JsonObject
from stand_ins.stripe import idempotency, routes
from stand_ins.stripe.engine import Engine
from stand_ins.stripe.form import Form, parse
from stand_ins.stripe.idempotency import Answer
from stand_ins.stripe.refusals import ApiError, bad_key
from stand_ins.stripe.simulator import Simulator
from stand_ins.stripe.state import API_VERSION

# `lost`: the request is carried out, and its response does not arrive. `broken`: it is carried out halfway, and its
# 500 is kept under its key. `in_use`: the first request with a key is still running.
FAULTS = ("away", "throttled", "slow", "lost", "broken", "in_use")
_SLOW_SECONDS = 30.0
_ERRORS = {
    "away": ApiError("We are having trouble right now.", status=503, kind="api_error"),
    "throttled": ApiError("Request rate limit exceeded.", status=429, code="rate_limit"),
    "in_use": ApiError(
        "There is currently another in-progress request using this idempotent key.",
        status=409,
        kind="idempotency_error",
        code="idempotency_key_in_use",
    ),
}


class Api:
    """`/v1/…` of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._requests = 0

    async def answer(self, request: Request) -> Response:
        """Answers any request."""
        self._requests += 1
        fault = self.simulator.fault
        if fault == "slow":
            await asyncio.sleep(_SLOW_SECONDS)
        writes = request.method != "GET"
        try:
            if fault in _ERRORS and (fault != "in_use" or writes):
                raise _ERRORS[fault]
            key = self.simulator.keys.problem(request.headers.get("authorization", ""))
            if key is not None:
                raise bad_key(key)
            version = request.headers.get("stripe-version", API_VERSION)
            if version != API_VERSION:
                raise ApiError(f"Invalid Stripe API version: {version}. This stand-in has {API_VERSION}.")
            body = await request.body()
            async with self.simulator.session(changing=writes) as engine:
                answer = self._carry_out(engine, request, body)
        except ApiError as error:
            answer = Answer(error.status, error.body)
        if fault == "lost" and writes:
            return Response("<html>Bad gateway</html>", 502, media_type="text/html")
        return self._response(answer)

    def _carry_out(self, engine: Engine, request: Request, body: bytes) -> Answer:
        path = [part for part in request.path_params["path"].split("/") if part]
        if request.method == "GET":
            return Answer(200, routes.read(engine, path, parse(request.url.query)))
        key = request.headers.get("idempotency-key")
        fingerprint = idempotency.fingerprint(request.method, request.url.path, body)
        if key is not None:
            kept = idempotency.known(engine.account, key, fingerprint)
            if kept is not None:
                return kept
        answer = self._write(engine, request.method, path, parse(body.decode(errors="replace")))
        # A request that was refused before its execution began keeps nothing.
        if key is not None and (answer.status < 400 or answer.status in (402, 500)):
            idempotency.keep(engine.account, key, fingerprint, answer)
        return answer

    def _write(self, engine: Engine, method: str, path: list[str], form: Form) -> Answer:
        try:
            made: JsonObject = routes.write(engine, method, path, form)
        except ApiError as error:
            return Answer(error.status, error.body)
        if self.simulator.fault == "broken":
            return Answer(500, ApiError("An error occurred on our side.", kind="api_error").body)
        return Answer(200, made)

    def _response(self, answer: Answer) -> Response:
        headers = {"request-id": f"req_Local{self._requests:07}", "stripe-version": API_VERSION}
        if answer.replayed:
            headers["idempotent-replayed"] = "true"
        return JSONResponse(answer.body, answer.status, headers)
