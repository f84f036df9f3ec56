"""The process: import the app, take the snapshot, handle events one after the other, stop.

One event loop for the whole process, so that pools and locks that the app made in one invocation work in the next.
"""

import asyncio
import importlib
import json
import os
import signal
import sys
from asyncio import Task
from collections.abc import Callable
from typing import Any

from oneai.lambda_stream import faults
from oneai.lambda_stream.events import App, Receive, Scope, Send, is_function_url, is_http, scope_from
from oneai.lambda_stream.exchange import Exchange
from oneai.lambda_stream.lifespan import Lifespan
from oneai.lambda_stream.runtime_api import Invocation, RuntimeApi

BEFORE_SNAPSHOT_FAILED, AFTER_RESTORE_FAILED = 64, 65  # the managed runtime's exit codes
# The time for the last response to end after the app's shutdown; Lambda gives two seconds for all of it.
DRAIN_SECONDS = 1


def main() -> int:
    """Runs until the platform or a signal ends it. Returns the exit code."""
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        app = _import_app(os.environ["_HANDLER"], os.environ.get("LAMBDA_TASK_ROOT", "."))
    except Exception as error:  # noqa: BLE001 - any error of the app's modules is an init error
        asyncio.run(_report_init_error(api, error))
        return 1
    return asyncio.run(_run(api, app))


def _import_app(handler: str, folder: str) -> App:
    """The object `module.name` in the function's folder. Its failures have the managed runtime's names."""
    module, dot, name = handler.rpartition(".")
    if not dot:
        raise faults.Fault("Runtime.MalformedHandlerName", f"Bad handler '{handler}'")
    module = module.replace("/", ".")
    sys.path.insert(0, folder)
    try:
        app: App = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise faults.Fault("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}") from error
    except SyntaxError as error:
        raise faults.Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}") from error
    except AttributeError as error:
        # An AttributeError from inside the module is the module's own.
        if error.name != name or module not in sys.modules:
            raise
        raise faults.Fault("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module}'") from error
    return app


async def _report_init_error(api: RuntimeApi, error: Exception) -> None:
    faults.log("the function cannot start", error)
    await api.fail("/init/error", error)


async def _run(api: RuntimeApi, app: App) -> int:
    lifespan = Lifespan(app)
    try:
        await lifespan.startup()
    except faults.Fault as error:
        await _report_init_error(api, error)
        return 1
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        exit_code = await _take_snapshot(api)
        if exit_code:
            return exit_code
    sigterm = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sigterm.set)
    stopping = asyncio.create_task(sigterm.wait())
    worker = asyncio.create_task(_handle_events(api, app, lifespan.state, stopping))
    await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await lifespan.shutdown()
    await asyncio.wait({worker}, timeout=DRAIN_SECONDS)
    failure = worker.exception() if worker.done() else None
    if failure is not None:
        faults.log("the runtime has to start afresh", failure)
    return 0 if failure is None else 1


async def _take_snapshot(api: RuntimeApi) -> int:
    """SnapStart: everything before `wait_for_restore` is in the snapshot, everything after it runs in each copy."""
    before_snapshot, after_restore = _registered_hooks()
    try:
        for hook, args, kwargs in reversed(before_snapshot):
            await _run_hook(hook, *args, **kwargs)
        await api.wait_for_restore()
    except Exception as error:  # noqa: BLE001 - a hook may raise anything
        faults.log("a hook failed before the snapshot", error)
        await api.fail("/init/error", _as_fault("Runtime.BeforeSnapshotError", error))
        return BEFORE_SNAPSHOT_FAILED
    try:
        for hook, args, kwargs in after_restore:
            await _run_hook(hook, *args, **kwargs)
    except Exception as error:  # noqa: BLE001 - a hook may raise anything
        faults.log("a hook failed after the restore", error)
        await api.fail("/restore/error", _as_fault("Runtime.AfterRestoreError", error))
        return AFTER_RESTORE_FAILED
    return 0


def _registered_hooks() -> tuple[list[Any], list[Any]]:
    try:
        import snapshot_restore_py
    except ImportError:  # on Lambda's own image it is always there
        return [], []
    return snapshot_restore_py.get_before_snapshot(), snapshot_restore_py.get_after_restore()


async def _run_hook(hook: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    result = hook(*args, **kwargs)
    if asyncio.iscoroutine(result):
        await result


def _as_fault(error_type: str, error: Exception) -> faults.Fault:
    fault = faults.Fault(error_type, f"{type(error).__name__}: {error}")
    return fault.with_traceback(error.__traceback__)


async def _handle_events(api: RuntimeApi, app: App, state: dict[str, Any], stopping: Task[Any]) -> None:
    while True:
        next_event = asyncio.create_task(api.next())
        await asyncio.wait({next_event, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not next_event.done():
            next_event.cancel()
            return
        await _handle(api, app, state, next_event.result())


async def _handle(api: RuntimeApi, app: App, state: dict[str, Any], invocation: Invocation) -> None:
    """One invocation, from its event to the last of its background tasks."""
    if invocation.trace_id is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = invocation.trace_id
    try:
        event = json.loads(invocation.body)
    except ValueError as error:
        fault = faults.Fault("Runtime.UnmarshalError", f"The event is not JSON: {error}")
        await api.fail(f"{invocation.path}/error", fault, invocation.echo)
        return
    if not is_http(event):
        await api.respond(invocation, b"{}")
        return
    scope, body = scope_from(event, request_id=invocation.request_id, deadline_ms=invocation.deadline_ms)
    scope["state"] = state.copy()
    request_id = scope["extensions"]["oneai.invocation"]["request_id"]
    exchange = Exchange(api, invocation, body, request_id=request_id, separate_cookies=is_function_url(event))
    try:
        await exchange.close(await _call_app(app, scope, exchange.receive, exchange.send))
    finally:
        await _wait_for_tasks(scope["extensions"]["oneai.invocation"]["tasks"], invocation)


async def _call_app(app: App, scope: Scope, receive: Receive, send: Send) -> BaseException | None:
    """Calls the app in a task of its own, which contains its context and cancellation. Returns its failure."""

    async def call() -> None:
        await app(scope, receive, send)

    (done,), _ = await asyncio.wait({asyncio.create_task(call())})
    return asyncio.CancelledError() if done.cancelled() else done.exception()


async def _wait_for_tasks(tasks: set[Task[Any]], invocation: Invocation) -> None:
    awaited: set[Task[Any]] = set()
    # A task that is already done may have failed as well, and each may have started others.
    while pending := tasks - awaited:
        await asyncio.wait(pending)
        awaited |= pending
        for task in pending:
            error = None if task.cancelled() else task.exception()
            if error is not None:
                faults.log("a task the app left behind failed", error, function_request_id=invocation.request_id)
