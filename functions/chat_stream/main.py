"""Ask, stop, resume: the one function that streams. Started by `oneai/start`; any ASGI server runs it as well."""

import os

import chat_routes

from oneai.clients import secrets_manager
from oneai.http import streaming

secrets_manager.load()
app = chat_routes.application()

# An import during a request would delay every other answer of a process that has many.
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start" or os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY"):
    streaming.preload()
