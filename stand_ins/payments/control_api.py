"""What every provider's control API under `/local/…` has: the delivery of events, and faults of the API."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.payments.simulator import Simulator
from stand_ins.payments.state import moment


class Handlers:
    """`/webhooks`, `/deliveries` and `/trouble` of one simulator. `faults` are those that its API knows."""

    def __init__(self, simulator: Simulator[Any], faults: tuple[str, ...]) -> None:
        self._simulator, self._faults = simulator, faults

    @property
    def routes(self) -> list[Route]:
        """The three routes."""
        return [
            Route("/webhooks", self.webhooks, methods=["GET", "POST"]),
            Route("/deliveries", self.deliveries, methods=["GET"]),
            Route("/trouble", self.fault, methods=["GET", "POST"]),
        ]

    async def webhooks(self, request: Request) -> Response:
        """`POST {"mode": "duplicate"}`: how events are delivered from now on; with a `subscription_id` only its own.

        A disabled webhook is enabled again.
        """
        modes = self._simulator.rules.modes
        if request.method == "POST":
            match await read_json(request):
                case {"mode": mode, **more} if mode in modes:
                    only = more.get("subscription_id")
                    async with self._simulator.session():
                        self._simulator.deliveries.switch(str(mode), None if only is None else str(only))
                case _:
                    return JSONResponse({"mode": modes}, 422)
        return JSONResponse(self._webhook())

    async def deliveries(self, request: Request) -> Response:  # noqa: ARG002  an endpoint takes one
        """Every event and its delivery, the newest last."""
        items = [each.summary() for each in self._simulator.deliveries.all]
        return JSONResponse({**self._webhook(), "items": items})

    async def fault(self, request: Request) -> Response:
        """`POST {"trouble": "away"}` gives the API a fault, `{"trouble": null}` ends it."""
        if request.method == "POST":
            match await read_json(request):
                case {"trouble": fault} if fault is None or fault in self._faults:
                    self._simulator.fault = fault
                case _:
                    return JSONResponse({"trouble": self._faults}, 422)
        return JSONResponse({"trouble": self._simulator.fault})

    def _webhook(self) -> dict[str, Any]:
        disabled_at = self._simulator.deliveries.disabled_at
        return {
            "url": self._simulator.webhook,
            "mode": self._simulator.deliveries.mode,
            "disabled_at": None if disabled_at is None else moment(disabled_at).isoformat(),
        }


async def read_json(request: Request) -> Any:
    """The body of a request; None if it is empty or no JSON."""
    body = await request.body()
    try:
        return json.loads(body) if body.strip() else None
    except (ValueError, RecursionError):
        return None
