"""The workers: each polls for an event, handles it, and polls again, as many concurrently as Lambda allows.

On demand there is one worker, and Lambda itself ends an invocation at its deadline. On Managed Instances there are
`AWS_LAMBDA_MAX_CONCURRENCY`, as tasks of one loop, and Lambda interrupts nothing ("Understanding the Lambda Managed
Instances execution environment"): the worker ends an invocation at its deadline, and what fails in one invocation is
logged and stays in it.
"""

import asyncio
import json
import os
import time
from asyncio import Task
from contextlib import suppress
from typing import Any

from oneai import request_context
from oneai.lambda_stream import faults
from oneai.lambda_stream.events import App, Receive, Scope, Send, is_function_url, is_http, scope_from
from oneai.lambda_stream.exchange import Exchange
from oneai.lambda_stream.runtime_api import Invocation, RuntimeApi, RuntimeApiError

# An app or a task that continues for this long after its cancellation is abandoned.
SECONDS_TO_CANCEL = 5.0


class Workers:
    """The workers of one process. `state` is what the app's startup prepared for every request."""

    def __init__(self, api: RuntimeApi, app: App, state: dict[str, Any], count: int) -> None:
        self._api, self._app, self._state, self._count = api, app, state, count
        self._stopping = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Returns when polling has stopped and every invocation is over. Raises what made a worker fail: a poll that
        the platform refused, or, of a single worker, anything that leaves the platform's state unknown."""
        workers = [asyncio.create_task(self._work()) for _ in range(self._count)]
        await asyncio.wait(workers)
        for failure in filter(None, [worker.exception() for worker in workers]):
            raise failure

    def stop_polling(self) -> None:
        """Lets the workers end: those that poll at once, the others after their invocation."""
        if not self._stopping.done():
            self._stopping.set_result(None)

    async def _work(self) -> None:
        handle = self._handle if self._count == 1 else self._handle_beside_others
        try:
            while (invocation := await self._poll()) is not None:
                await handle(invocation)
        finally:
            self.stop_polling()

    async def _poll(self) -> Invocation | None:
        """The next event; None when polling stops."""
        if self._stopping.done():
            return None
        next_event = asyncio.create_task(self._api.next())
        await asyncio.wait({next_event, self._stopping}, return_when=asyncio.FIRST_COMPLETED)
        if next_event.done():
            return next_event.result()
        next_event.cancel()
        return None

    async def _handle_beside_others(self, invocation: Invocation) -> None:
        """`_handle`, whose failure ends neither the worker nor the process."""
        try:
            await self._handle(invocation)
        except RuntimeApiError as error:
            faults.log("the platform did not take a response", error, function_request_id=invocation.request_id)
        except Exception as error:  # noqa: BLE001 - any failure is this invocation's alone
            faults.log("an invocation failed", error, function_request_id=invocation.request_id)
            with suppress(RuntimeApiError):
                await self._api.fail(f"{invocation.path}/error", error, invocation.echo)

    async def _handle(self, invocation: Invocation) -> None:
        """One invocation, from its event to the last of its background tasks."""
        self._set_trace(invocation.trace_id)
        try:
            event = json.loads(invocation.body)
        except ValueError as error:
            fault = faults.Fault("Runtime.UnmarshalError", f"The event is not JSON: {error}")
            await self._api.fail(f"{invocation.path}/error", fault, invocation.echo)
            return
        if not is_http(event):
            await self._api.respond(invocation, b"{}")
            return
        scope, body = scope_from(event, request_id=invocation.request_id, deadline_ms=invocation.deadline_ms)
        scope["state"] = self._state.copy()
        context = scope["extensions"]["oneai.invocation"]
        exchange = Exchange(
            self._api,
            invocation,
            body,
            request_id=context["request_id"],
            separate_cookies=is_function_url(event),
        )
        try:
            failure = await self._call_app(scope, exchange.receive, exchange.send, invocation)
            await exchange.close(failure, self._seconds_left(invocation))
        finally:
            await self._wait_for_tasks(context["tasks"], invocation)

    def _set_trace(self, trace_id: str | None) -> None:
        """Sets the trace where AWS's libraries read it; with several workers in the task's context, which is not
        shared."""
        if self._count > 1:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
            request_context.begin_trace(trace_id)
        elif trace_id is None:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        else:
            os.environ["_X_AMZN_TRACE_ID"] = trace_id

    def _seconds_left(self, invocation: Invocation) -> float | None:
        """Seconds until the invocation must end; None with a single worker, whose invocations Lambda ends."""
        return None if self._count == 1 else max(invocation.deadline_ms / 1000 - time.time(), 0)

    async def _call_app(
        self, scope: Scope, receive: Receive, send: Send, invocation: Invocation
    ) -> BaseException | None:
        """Calls the app in a separate task, which contains its context and cancellation. Returns its failure."""

        async def call() -> None:
            await self._app(scope, receive, send)

        task = asyncio.create_task(call())
        done, _ = await asyncio.wait({task}, timeout=self._seconds_left(invocation))
        if not done:
            await _cancel({task}, invocation)
            return faults.Fault("Runtime.InvocationTimeout", "the app was cancelled at the invocation's deadline")
        return asyncio.CancelledError() if task.cancelled() else task.exception()

    async def _wait_for_tasks(self, tasks: set[Task[Any]], invocation: Invocation) -> None:
        awaited: set[Task[Any]] = set()
        # A task that is already done may have failed as well, and each may have started others.
        while pending := tasks - awaited:
            _, late = await asyncio.wait(pending, timeout=self._seconds_left(invocation))
            if late:
                await _cancel(late, invocation)
            awaited |= pending
            for task in pending:
                error = None if not task.done() or task.cancelled() else task.exception()
                if error is not None:
                    faults.log("a task the app left behind failed", error, function_request_id=invocation.request_id)


async def _cancel(tasks: set[Task[Any]], invocation: Invocation) -> None:
    """Cancels tasks that continue after the invocation's deadline."""
    for task in tasks:
        task.cancel()
    _, endless = await asyncio.wait(tasks, timeout=SECONDS_TO_CANCEL)
    message = f"{len(tasks)} cancelled, {len(endless)} still running"
    error = faults.Fault("Runtime.InvocationTimeout", message)
    faults.log("an invocation reached its deadline", error, function_request_id=invocation.request_id)
