"""What the function that streams imports when it starts: the first user after an idle hour waits for all of it."""

import os
import subprocess
import sys

from local.data_folder import REPOSITORY

NEEDED_LATER = (
    "fastapi",
    "boto3",
    "oneai.accounts",
    "oneai.api_keys.fields",
    "oneai.billing",
    "oneai.chat.jobs",
    "oneai.clients.openrouter.embeddings",
    "oneai.clients.openrouter.management",
    "oneai.openai_api",
    "oneai.ui_stream",
    "sentry_sdk",
)


def test_the_function_that_streams_imports_nothing_that_a_question_does_not_need() -> None:
    program = f"import sys, chat_routes; print(*(name for name in {NEEDED_LATER} if name in sys.modules))"
    folder = str(REPOSITORY / "functions" / "chat_stream")
    # Not even where an operator has named a project at Sentry: what is reported there imports it.
    reported = {"SENTRY_DSN": "https://0123456789abcdef@sentry.example/1"}
    env = {**os.environ, **reported, "PYTHONPATH": os.pathsep.join([folder, *sys.path])}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    assert ran.stdout.split() == []
