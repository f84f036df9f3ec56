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
    context = Context(options.name, str(uuid4()), time.time() + options.timeout)
    sys.path.insert(0, options.folder)
    module, _, name = options.handler.rpartition(".")
    try:
        handler = getattr(importlib.import_module(module.replace("/", ".")), name)
        outcome = json.dumps(handler(json.loads(options.event), context))
        code = 0
    except Exception as error:  # noqa: BLE001  Lambda reports whatever is raised
        traceback.print_exc()
        outcome = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
        code = 1
    sys.stdout.flush()
    with os.fdopen(options.result_fd, "w") as result:
        result.write(outcome)
    return code


if __name__ == "__main__":
    sys.exit(main())
