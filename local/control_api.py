"""The control API under `/local`: move the clock, run a job now, kill a function, read the metrics."""

import json
import os
import signal
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local import home
from local.answers import refusal
from local.clock import BackwardsError, NoClockError, Reading
from local.events import schedule_event
from local.jobs import Jobs
from local.metrics import Metrics
from local.metrics.response import respond
from local.schedules import Scheduler
from local.template import Function, Template
from oneai.errors import InvalidRequest, MethodNotAllowed, NotFound, OneAIError

_A_CENTURY = 3_155_760_000  # seconds; beyond it time would leave the range of Postgres and Python


def create(
    template: Template,
    scheduler: Scheduler,
    jobs: Jobs,
    metrics: Metrics,
    *,
    mounted: Collection[str] = (),
    kill_processes: Callable[[Function], bool] = lambda _: False,
) -> Starlette:
    """The app to mount at `/local`, its page included; `mounted` are the paths of the stand-ins. `kill_processes` kills
    those of a request function that does not run in this process, and says whether it was one."""
    handlers = _Handlers(template, scheduler, jobs, metrics, kill_processes)
    return Starlette(
        routes=[
            *home.routes(home.Home(template.triggers, mounted)),
            Route("/clock", handlers.clock, methods=["GET", "POST"]),
            Route("/run/{function}", handlers.run, methods=["POST"]),
            Route("/kill/{function}", handlers.kill, methods=["POST"]),
            Route("/metrics", handlers.show_metrics, methods=["GET"]),
        ],
        exception_handlers={OneAIError: _refuse, HTTPException: _refuse_path},
    )


class _Handlers:
    def __init__(
        self,
        template: Template,
        scheduler: Scheduler,
        jobs: Jobs,
        metrics: Metrics,
        kill_processes: Callable[[Function], bool],
    ) -> None:
        self.template, self.scheduler, self.jobs, self.metrics = template, scheduler, jobs, metrics
        self.kill_processes = kill_processes

    async def clock(self, request: Request) -> Response:
        """`POST {"advance_seconds": …}` or `{"now": …}` runs the schedules of the skipped span before it answers."""
        if request.method == "GET":
            return _show(await self.scheduler.clock.read())
        step = _step(await _json(request))
        try:
            return _show(await self.scheduler.advance(step))
        except BackwardsError:
            raise InvalidRequest("This clock only goes forward.") from None
        except NoClockError:
            raise InvalidRequest("The clock of a database that is not the stack's own cannot be moved.") from None

    async def run(self, request: Request) -> Response:
        """Runs a job now, or one task of a job, and waits for it; a JSON body, if there is one, is its event."""
        name = request.path_params["function"]
        function = self._function(request)
        streamed = next((r for r in self.template.routes if r.function == function and r.streamed), None)
        if streamed is not None:
            address = f"/{self.template.stage}{streamed.path}"
            raise InvalidRequest(f"This function streams its answers: ask it at {streamed.method} {address}.")
        event = await _json(request) or schedule_event(str(uuid4()), datetime.now(UTC))
        if (trigger := self.template.trigger(name)) is not None and isinstance(event, dict):
            event["task"] = trigger.task
        outcome = await self.jobs.run(function, event)
        return JSONResponse({"status": outcome.status, "output": outcome.output})

    async def kill(self, request: Request) -> Response:
        """Answers first, then SIGKILLs the process the function runs in: this one, or its own."""
        function = self._function(request)
        serves_requests = function.url_mode is not None or any(r.function == function for r in self.template.routes)
        # The client must not send its next request on this connection, which is about to end.
        close = {"connection": "close"}
        return Response(
            status_code=202, headers=close, background=BackgroundTask(self._kill, function, serves_requests)
        )

    async def show_metrics(self, request: Request) -> Response:
        """The metrics that functions have emitted since the stack started."""
        return respond(request, self.metrics)

    async def _kill(self, function: Function, serves_requests: bool) -> None:
        # The answer has been written to the socket, and the loop cannot accept another request before the kill.
        self.jobs.kill(function)
        if not self.kill_processes(function) and serves_requests:
            os.kill(os.getpid(), signal.SIGKILL)

    def _function(self, request: Request) -> Function:
        name = request.path_params["function"]
        trigger = self.template.trigger(name)
        function = trigger.function if trigger is not None else self.template.function(name)
        if function is None:
            raise NotFound("There is no such function in template.yaml.")
        return function


def _step(body: Any) -> timedelta | datetime:
    match body:
        case {"advance_seconds": int() | float() as seconds} if abs(seconds) < _A_CENTURY:
            return timedelta(seconds=seconds)
        case {"now": str() as text}:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                pass
            else:
                return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise InvalidRequest('Say {"advance_seconds": <number>} or {"now": "<ISO 8601>"}.')


async def _json(request: Request) -> Any:
    body = await request.body()
    try:
        return json.loads(body) if body.strip() else None
    except ValueError:
        raise InvalidRequest from None


def _show(reading: Reading) -> Response:
    now = reading.now.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return JSONResponse({"now": now, "offset_seconds": reading.ahead.total_seconds()})


type _Handler = Callable[[Request, Exception], Awaitable[Response]]


async def _refuse(request: Request, error: Exception) -> Response:  # noqa: ARG001  Starlette's signature
    assert isinstance(error, OneAIError)  # noqa: S101  registered for nothing else
    answer = refusal(error, str(uuid4()))
    return Response(answer.body, answer.status, {name.decode(): value.decode() for name, value in answer.headers})


async def _refuse_path(request: Request, error: Exception) -> Response:
    not_allowed = isinstance(error, HTTPException) and error.status_code == 405
    return await _refuse(request, MethodNotAllowed() if not_allowed else NotFound())
