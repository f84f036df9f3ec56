"""Every curl command of the documents runs as it stands, against a stack as `make dev` starts it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from local.data_folder import REPOSITORY
from tests.canaries import CANARY
from tests.local.running import Stack, running
from tests.patience import PATIENCE

pytestmark = pytest.mark.sampled(0.25)

DOCUMENTS = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "clients/README.md")),
    *sorted((REPOSITORY / "docs").rglob("*.md")),
]
SCOPES = [
    *("chat", "models", "embeddings", "usage:read", "conversations:read", "conversations:write"),
    *("documents:read", "documents:write"),
]
# `make` would look whether packages are to be installed first; a failure of the server is one of the command, too.
PRELUDE = """
set -e
curl() { command curl --silent --show-error --fail-with-body "$@"; }
make() { shift 2; for setting; do export "$setting"; done
  "$PYTHON" -m local.sample_event "$ROUTE" ${TOKEN:+"--token=$TOKEN"}; }
"""


@dataclass(frozen=True)
class Example:
    """A command, and where it stands."""

    file: Path
    line: int
    command: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(REPOSITORY)}:{self.line}"


def commands(text: str) -> Iterator[tuple[int, str]]:
    """The commands with curl of a document by the line they begin in: of fenced blocks, and within a line of text."""
    in_code, whole, first = False, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif in_code:
            first, whole = (first, whole + line) if whole else (number, line)
            if whole.endswith("\\"):
                whole += "\n"
                continue
            if re.search(r"(^|\| *)curl ", whole):
                yield first, whole
            whole = ""
        else:
            yield from ((number, command) for command in re.findall(r"`(curl [^`]+)`", line))


EXAMPLES = [Example(file, *found) for file in DOCUMENTS for found in commands(file.read_text())]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running() as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    """An API key with every scope."""
    with stack.client() as asha:
        made = asha.post("/api/user/api-keys", json={"name": f"Examples {CANARY}", "scopes": SCOPES})
        return str(made.raise_for_status().json()["secret"])


def test_the_documents_have_an_example_of_each_common_use() -> None:
    text = "\n".join(example.command for example in EXAMPLES)

    for what in ("/v1/chat/completions", "/v1/models", "/chat/stream", "/search", "/user/usage", "/docs/search"):
        assert what in text


@pytest.mark.sampled(0.15)
@pytest.mark.timeout(600)  # one of them moves the clock by a month, which runs every due job
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_curl_command_of_the_documents_runs_as_written(stack: Stack, key: str, example: Example) -> None:
    assert shutil.which("curl"), "curl is not installed: this test runs the documents' commands."
    with stack.client() as asha:
        token = asha.headers["authorization"].removeprefix("Bearer ")
    host = httpx.URL(stack.url).netloc.decode()
    script = example.command.replace("127.0.0.1:8000", host).replace("APIURL", f"{stack.url}/api")
    settings = {"API": f"{stack.url}/api", "KEY": key, "TOKEN": token, "PYTHON": sys.executable}

    ended = subprocess.run(
        ["sh", "-c", PRELUDE + script],
        cwd=REPOSITORY,
        env=os.environ | settings | {"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE * 10,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.strip() or "-X POST" in script
    assert '"error"' not in ended.stdout
