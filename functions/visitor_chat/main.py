"""Visitors' questions to chatbots: ask, stop, resume. It streams as `chat_stream` does, in a function of its
own, so that a flood of visitors takes nothing from people."""

import os

import visitor_chat_routes

from oneai.clients import secrets_manager

secrets_manager.load()
app = visitor_chat_routes.application()

# SnapStart's snapshot contains the modules imported here, which the first request of each kind would import.
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
    import httpx  # noqa: F401

    from oneai.chat.turn import chatbot_answer  # noqa: F401
    from oneai.postgres import pool  # noqa: F401
