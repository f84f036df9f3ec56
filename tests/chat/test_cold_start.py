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
    "oneai.chat.turn.own_key",
    "oneai.chat.turn.own_key_fallback",
    "oneai.clients.anthropic",
    "oneai.clients.custom",
    "oneai.clients.gemini",
    "oneai.clients.model_streams.direct",
    "oneai.clients.openai",
    "oneai.clients.openrouter.embeddings",
    "oneai.clients.openrouter.generation",
    "oneai.clients.openrouter.management",
    "oneai.clients.replicate",
    "oneai.models.direct_prices",
    "oneai.models.embeddings",
    "oneai.models.endpoint",
    "oneai.models.own_key_routes",
    "oneai.models.provider_addresses",
    "oneai.models.route",
    "oneai.openai_api",
    "oneai.provider_keys",
    "oneai.ui_stream",
    "sentry_sdk",
)


# A model's validator takes milliseconds to build: when its class is defined, or with `defer_build` at its first use.
VALIDATED_BY_QUESTIONS = {"Adjustment", "Attachment", "Question", "Reasoning", "StopRequest"}
# FastAPI warns of bodies whose validator is not built when their route is defined.
OTHER_BODIES = {"CheckRequest", "NewUpload"}
NAMES_OF_BUILT_MODELS = """
def built(model):
    for each in model.__subclasses__():
        if each.__module__.startswith("oneai.") and each.__pydantic_complete__ and each.model_fields:
            yield each.__name__
        yield from built(each)
"""


def test_the_streaming_function_imports_only_what_a_question_needs() -> None:
    assert _after_the_start(f"print(*(name for name in {NEEDED_LATER} if name in sys.modules))") == []


def test_the_streaming_function_builds_only_the_validators_that_a_question_needs() -> None:
    program = f"{NAMES_OF_BUILT_MODELS}\nfrom pydantic import BaseModel\nprint(*built(BaseModel))"
    assert set(_after_the_start(program)) == VALIDATED_BY_QUESTIONS | OTHER_BODIES


def _after_the_start(program: str) -> list[str]:
    """The words that the program prints in a process that has imported the function's routes."""
    folder = str(REPOSITORY / "functions" / "chat_stream")
    # Not even where an operator has named a project at Sentry: what is reported there imports it.
    reported = {"SENTRY_DSN": "https://0123456789abcdef@sentry.example/1"}
    env = {**os.environ, **reported, "PYTHONPATH": os.pathsep.join([folder, *sys.path])}
    command = [sys.executable, "-c", f"import sys, chat_routes\n{program}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.split()
