"""What code of a hostile file can reach, where it has taken over the process that parses, or the whole function."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from local import invoke_api, template
from local.data_folder import REPOSITORY
from local.functions import variables
from oneai import settings
from oneai.clients import lambda_invoke
from tests.canaries import CANARY
from tests.ingest_document.reader import Reader
from tests.patience import PATIENCE
from tests.served import served

pytestmark = pytest.mark.sampled(0.4)

# What the stack has, and every one of its processes could hand on.
SECRETS = (
    *("DATABASE_URL", "OPENROUTER_API_KEY", "SUPABASE_JWT_SECRET", "SUPABASE_SECRET_KEY", "RAZORPAY_KEY_SECRET"),
    *("RAZORPAY_WEBHOOK_SECRET", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "SECRET_ARN", "SENTRY_DSN"),
)
# In place of the reader of plain text: what a file could make any parser do.
IN_THE_PARSER = """
import json, os, socket
from extraction.pieces import Piece, Reading

def attempt(action):
    try:
        return repr(action())
    except BaseException as error:
        return type(error).__name__

def read_text(file):
    found = {
        "environment": dict(os.environ),
        "own": attempt(lambda: open("/proc/self/environ").read()),
        "parents": attempt(lambda: open(f"/proc/{os.getppid()}/environ").read()),
        "file": attempt(lambda: open("/etc/hostname").read()),
        "written": attempt(lambda: open("/tmp/left-behind", "w")),
        "socket": attempt(lambda: socket.socket()),
        "pipe": attempt(lambda: os.pipe()),
        "descriptors": [number for number in range(3, 64) if attempt(lambda: os.fstat(number)) != "OSError"],
    }
    return Reading(1, lambda _: iter([Piece(json.dumps(found))]))
"""
# And in place of the function's own code.
IN_THE_FUNCTION = """
import os

def handler(event, context):
    return {"environment": dict(os.environ)}
"""


async def invoked(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, code: str
) -> dict[str, Any]:
    """What the function answers over the Invoke API with this code in place of its own, in a stack full of secrets."""
    for name in SECRETS:
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "local")
    folder = tmp_path / "taken_over"
    shutil.copytree(reader.function.folder, folder)
    (folder / file).write_text(code)
    function = dataclasses.replace(reader.function, folder=folder)
    stack = dataclasses.replace(template.read(REPOSITORY / "template.yaml"), functions=(function,))
    reader.storage.files["letter.txt"] = b"a letter"
    event = {"url": f"{reader.address}/letter.txt", "name": "letter.txt", "media_type": "", "position": None}
    async with served(lambda _: invoke_api.create(stack, reader.jobs)) as address:
        monkeypatch.setenv("LAMBDA_ENDPOINT_URL", address)
        settings.reset_cache()
        lambda_invoke.reset_cache()
        try:
            return await lambda_invoke.invoke("IngestDocumentFunction", event, timeout_seconds=PATIENCE)
        finally:
            settings.reset_cache()
            lambda_invoke.reset_cache()


async def test_the_parsing_process_has_no_environment_and_can_open_nothing(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = (reader.function.folder / "extraction/text/plain.py").read_text()

    answer = await invoked(reader, tmp_path, monkeypatch, "extraction/text/plain.py", plain + IN_THE_PARSER)

    assert CANARY not in json.dumps(answer)
    reached = json.loads(answer["pieces"][0]["text"])
    # Python sets this one itself where it finds no locale.
    assert reached.pop("environment").keys() <= {"LC_CTYPE"}
    assert reached.pop("descriptors") == []
    assert set(reached.values()) == {"OSError"}


async def test_the_function_itself_has_no_secrets_either(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await invoked(reader, tmp_path, monkeypatch, "main.py", IN_THE_FUNCTION)

    assert CANARY not in json.dumps(answer)
    environment = answer["environment"]
    assert (environment["SECRET_ARN"], environment["SENTRY_DSN"]) == ("", "")
    assert not [name for name in environment if name.startswith("AWS_") and name != "AWS_LAMBDA_FUNCTION_NAME"]


@pytest.mark.parametrize(
    "output",
    ["no JSON", "[]", '{"pieces": []}', '{"pieces": [{"text": 1}], "position": null}', '"' + "x" * 5_000_000 + '"'],
    ids=["text", "list", "little", "wrong", "much"],
)
async def test_an_invalid_answer_becomes_a_problem(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    program = f"import sys\ndef main():\n    sys.stdout.write({output!r})\n"

    answer = await invoked(reader, tmp_path, monkeypatch, "extraction/process.py", program)

    assert answer["problem"]["code"] == ("too_large" if len(output) > 1_000_000 else "torn")


def test_a_job_gets_exactly_the_secrets_that_its_role_may_read() -> None:
    functions = {each.name: each for each in template.read(REPOSITORY / "template.yaml").functions}

    assert functions["maintenance"].secrets == {"Secret", "SupabaseSecret"}
    assert functions["settle_answers"].secrets == {"Secret"}
    assert functions["send_mail"].services >= {"ses", "logs"}
    assert "s3" not in functions["send_mail"].services
    assert "s3" in functions["remove_files"].services
    document = functions["ingest_document"]
    assert not document.secrets
    assert document.services == {"logs"}
    assert variables(document)["SECRET_ARN"] == ""
