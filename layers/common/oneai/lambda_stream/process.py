"""The life of the process: import the app, be photographed, answer events one after the other, stop.

One event loop from beginning to end, so that pools and locks that the app made in one invocation are good in the
next.
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
from oneai.lambda_stream.runtime_api import Call, RuntimeApi

BEFORE_SNAPSHOT_FAILED, AFTER_RESTORE_FAILED = 64, 65  # the managed runtime's exit codes
# After the app's shutdown, its last response gets this long to end; Lambda itself gives two seconds for everything.
LAST_WORDS_SECONDS = 1


def main() -> int:
    """Runs until the platform or a signal ends it. Returns the exit code."""
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        app = _import_app(os.environ["_HANDLER"], os.environ.get("LAMBDA_TASK_ROOT", "."))
    except Exception as error:  # noqa: BLE001 - whatever the app's modules raise is an init error
        asyncio.run(_cannot_start(api, error))
        return 1
    return asyncio.run(_live(api, app))


def _import_app(handler: str, folder: str) -> App:
    """The object `module.name` says, from the function's folder. Its failures have the managed runtime's names."""
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


async def _cannot_start(api: RuntimeApi, error: Exception) -> None:
    faults.log("the function cannot start", error)
    await api.fail("/init/error", error)


async def _live(api: RuntimeApi, app: App) -> int:
    lifespan = Lifespan(app)
    try:
        await lifespan.startup()
    except faults.Fault as error:
        await _cannot_start(api, error)
        return 1
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        failed = await _be_photographed(api)
        if failed:
            return failed
    told_to_stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_stop.set)
    stopping = asyncio.create_task(told_to_stop.wait())
    working = asyncio.create_task(_work(api, app, lifespan.state, stopping))
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await lifespan.shutdown()
    await asyncio.wait({working}, timeout=LAST_WORDS_SECONDS)
    lost = working.exception() if working.done() else None
    if lost is not None:
        faults.log("the runtime has to start afresh", lost)
    return 0 if lost is None else 1


async def _be_photographed(api: RuntimeApi) -> int:
    """SnapStart: everything above this line is in the snapshot, everything below happens in each copy of it."""
    before_snapshot, after_restore = _registered_hooks()
    try:
        for hook, args, kwargs in reversed(before_snapshot):
            await _run_hook(hook, *args, **kwargs)
        await api.restored()
    except Exception as error:  # noqa: BLE001 - a hook may raise anything
        faults.log("a hook failed before the snapshot", error)
        await api.fail("/init/error", _renamed("Runtime.BeforeSnapshotError", error))
        return BEFORE_SNAPSHOT_FAILED
    try:
        for hook, args, kwargs in after_restore:
            await _run_hook(hook, *args, **kwargs)
    except Exception as error:  # noqa: BLE001 - a hook may raise anything
        faults.log("a hook failed after the restore", error)
        await api.fail("/restore/error", _renamed("Runtime.AfterRestoreError", error))
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


def _renamed(error_type: str, error: Exception) -> faults.Fault:
    fault = faults.Fault(error_type, f"{type(error).__name__}: {error}")
    return fault.with_traceback(error.__traceback__)


async def _work(api: RuntimeApi, app: App, state: dict[str, Any], stopping: Task[Any]) -> None:
    while True:
        asking = asyncio.create_task(api.next())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            asking.cancel()
            return
        await _answer(api, app, state, asking.result())


async def _answer(api: RuntimeApi, app: App, state: dict[str, Any], call: Call) -> None:
    """One invocation, from its event to the last task that it left behind."""
    if call.trace_id is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = call.trace_id
    try:
        event = json.loads(call.body)
    except ValueError as error:
        fault = faults.Fault("Runtime.UnmarshalError", f"The event is not JSON: {error}")
        await api.fail(f"{call.path}/error", fault, call.echo)
        return
    if not is_http(event):
        await api.respond(call, b"{}")
        return
    scope, body = scope_from(event, request_id=call.request_id, deadline_ms=call.deadline_ms)
    scope["state"] = state.copy()
    exchange = Exchange(api, call, body, cookies_apart=is_function_url(event))
    try:
        await exchange.close(await _failure_of(app, scope, exchange.receive, exchange.send))
    finally:
        await _all_done(scope["extensions"]["oneai.invocation"]["tasks"], call)


async def _failure_of(app: App, scope: Scope, receive: Receive, send: Send) -> BaseException | None:
    """Calls the app in a task of its own: what it does to its context or its cancellation stays there."""

    async def call() -> None:
        await app(scope, receive, send)

    (done,), _ = await asyncio.wait({asyncio.create_task(call())})
    return asyncio.CancelledError() if done.cancelled() else done.exception()


async def _all_done(tasks: set[Task[Any]], call: Call) -> None:
    seen: set[Task[Any]] = set()
    # A task that is already done may have failed as well; and each may have begun others.
    while left := tasks - seen:
        await asyncio.wait(left)
        seen |= left
        for task in left:
            error = None if task.cancelled() else task.exception()
            if error is not None:
                faults.log("a task the app left behind failed", error, function_request_id=call.request_id)
