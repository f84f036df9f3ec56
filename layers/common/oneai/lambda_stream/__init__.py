"""Our own runtime for AWS Lambda, because the managed Python runtime cannot stream a response.

The wrapper script `oneai/start` replaces the managed runtime process by `python -m oneai.lambda_stream`, which
imports the ASGI app that the function's handler names, polls the platform for events, calls the app for each, and
sends every part of the response at once. The app stays an ordinary ASGI app and runs under uvicorn as well. Standard
library only: everything here is part of every cold start.

In reading order: `process` starts, restores and stops; `workers` poll for events and handle them, one at a time or many
at once; `events` converts an event into an ASGI scope; `exchange` is one request and its response; `runtime_api` is the
platform's client; `faults` reports failures.
"""

from oneai.lambda_stream.events import InvocationContext, is_http, scope_from

__all__ = ["InvocationContext", "is_http", "scope_from"]
