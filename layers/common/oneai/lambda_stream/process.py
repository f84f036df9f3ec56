"""The process: import the app, take the snapshot, run the workers, stop.

One event loop for the whole process, so that pools and locks that the app made in one invocation work in the next.
"""

import asyncio
import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from oneai.lambda_stream import faults
from oneai.lambda_stream.events import App
from oneai.lambda_stream.lifespan import Lifespan
from oneai.lambda_stream.runtime_api import RuntimeApi
from oneai.lambda_stream.workers import Workers

BEFORE_SNAPSHOT_FAILED, AFTER_RESTORE_FAILED = 64, 65  # the managed runtime's exit codes
# The time for the last response to end after the app's shutdown: on demand, Lambda gives two seconds for everything.
DRAIN_SECONDS = 1
# The same for a process that may have hundreds of responses.
DRAIN_SECONDS_OF_MANY = 5


def main() -> int:
    """Runs until the platform or a signal ends it. Returns the exit code."""
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        concurrency = _max_concurrency(os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY", ""))
        app = _import_app(os.environ["_HANDLER"], os.environ.get("LAMBDA_TASK_ROOT", "."))
    except Exception as error:  # noqa: BLE001 - any error of the app's modules is an init error
        asyncio.run(_report_init_error(api, error))
        return 1
    if concurrency > 1:
        _allow_open_files()
    return asyncio.run(_run(api, app, concurrency))


def _max_concurrency(value: str) -> int:
    """How many invocations the process may have at once; Lambda states it on Managed Instances. Raises Fault."""
    if not value:
        return 1
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        message = f"AWS_LAMBDA_MAX_CONCURRENCY is {value!r}, and a concurrency is a whole number from 1"
        raise faults.Fault("Runtime.InvalidConcurrency", message)
    return int(value)


def _allow_open_files() -> None:
    """As many as the system permits: each stream has a connection to the platform and one to its model."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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


async def _run(api: RuntimeApi, app: App, concurrency: int) -> int:
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
    workers = Workers(api, app, lifespan.state, concurrency)
    sigterm = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sigterm.set)
    stopping = asyncio.create_task(sigterm.wait())
    running = asyncio.create_task(workers.run())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    workers.stop_polling()
    await lifespan.shutdown()
    await asyncio.wait({running}, timeout=DRAIN_SECONDS if concurrency == 1 else DRAIN_SECONDS_OF_MANY)
    failure = running.exception() if running.done() else None
    if failure is not None:
        faults.log("the runtime has to restart", failure)
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
