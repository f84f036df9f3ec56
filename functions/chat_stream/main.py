"""Ask, stop, resume: the one function that streams. Started by `oneai/start`; any ASGI server runs it as well."""

import os

import chat_routes

from oneai.clients import secrets_manager

secrets_manager.load()
app = chat_routes.application()

# An import during a request would delay every other answer of a process that has many. SnapStart's snapshot contains
# the modules imported here, which the first request of each kind would import.
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start" or os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY"):
    import httpx  # noqa: F401
    import jwt  # noqa: F401

    from oneai.chat.turn import admit_preview, chatbot_answer  # noqa: F401
    from oneai.http import draft_routes, openai_routes, ui_stream_routes  # noqa: F401
    from oneai.openai_api import chat_request, chunks, completion  # noqa: F401
    from oneai.postgres import pool  # noqa: F401
