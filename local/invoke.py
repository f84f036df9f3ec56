"""Invokes one handler once, in this process: `python -m local.invoke <folder> <handler> <event json>`.

What the handler prints is its log; what it returns goes to `--result-fd`, or to stdout without one.
"""

import argparse
import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import dataclass
from uuid import uuid4

from local.events import Context


def main() -> int:
    """Returns 0 when the handler returned, 1 when it raised."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder")
    arguments.add_argument("handler")
    arguments.add_argument("event")
    arguments.add_argument("--name", default="function")
    arguments.add_argument("--timeout", type=float, default=900)
    arguments.add_argument("--result-fd", type=int, default=1)
    options = arguments.parse_args()
    invocation = Invocation(options.folder, options.handler, options.event, options.name, options.timeout)
    return invoke(invocation, options.result_fd)


@dataclass(frozen=True)
class Invocation:
    """One call of a handler."""

    folder: str
    handler: str
    event: str
    """As JSON."""
    name: str
    """The function's name, as its context has it."""
    timeout: float
    """How many seconds its context says that it has."""


def invoke(invocation: Invocation, result_fd: int) -> int:
    """Calls the handler and writes its outcome as JSON to `result_fd`, which it closes.

    Returns 0 when it returned, 1 when it raised: the outcome is then the error as Lambda words it.
    """
    context = Context(invocation.name, str(uuid4()), time.time() + invocation.timeout)
    sys.path.insert(0, invocation.folder)
    module, _, name = invocation.handler.rpartition(".")
    try:
        handler = getattr(importlib.import_module(module.replace("/", ".")), name)
        outcome = json.dumps(handler(json.loads(invocation.event), context))
        code = 0
    except Exception as error:  # noqa: BLE001  Lambda reports every exception
        traceback.print_exc()
        outcome = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
        code = 1
    sys.stdout.flush()
    with os.fdopen(result_fd, "w") as result:
        result.write(outcome)
    return code


if __name__ == "__main__":
    sys.exit(main())
