"""Our own runtime for AWS Lambda, because the managed Python runtime cannot stream a response.

The wrapper script `oneai/start` replaces the managed runtime process by `python -m oneai.lambda_stream`, which
imports the ASGI app that the function's handler names, asks the platform for one event after the other, calls the
app for each, and sends every piece of the answer on at once. The app stays an ordinary ASGI app and runs under
uvicorn as well. Standard library only: everything here is part of every cold start.

Told in order: `process` starts, restores, loops and stops; `events` turns an event into an ASGI scope; `exchange`
is one request and its response; `runtime_api` speaks to the platform; `faults` says what went wrong.
"""

from oneai.lambda_stream.events import Invocation, is_http, scope_from

__all__ = ["Invocation", "is_http", "scope_from"]
