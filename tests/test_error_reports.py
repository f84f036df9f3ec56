"""A defect is reported to Sentry where a project is named, without a word of what users wrote."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.data_folder import REPOSITORY

WRITTEN = "asha@example.com asked for her diagnosis"
FAILS = f"""
import sys
from oneai import log, request_context
request_context.begin("JKJaXmPLvHcESHA=")
question = {WRITTEN!r}
try:
    raise ValueError(question)
except ValueError:
    log.exception("a request failed", question_length=len(question))
print("imported" if "sentry_sdk" in sys.modules else "not imported")
"""


@dataclass
class Project:
    """A project at Sentry: its DSN, and what it was sent."""

    dsn: str
    bodies: list[bytes] = field(default_factory=list)

    def events(self) -> list[dict[str, Any]]:
        """The events in the envelopes (develop.sentry.dev, "Envelopes"): lines of JSON, an item's after its header."""
        return [
            json.loads(payload)
            for body in self.bodies
            for header, payload in zip(body.splitlines()[1::2], body.splitlines()[2::2], strict=True)
            if json.loads(header)["type"] == "event"
        ]


@pytest.fixture
def project() -> Iterator[Project]:
    """A server that takes envelopes over HTTP."""
    project = Project("")

    class Intake(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            project.bodies.append(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Intake)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    project.dsn = f"http://0123456789abcdef@127.0.0.1:{server.server_port}/1"
    yield project
    server.shutdown()
    server.server_close()


def run(program: str, **variables: str) -> str:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    return done.stdout


def test_a_defect_is_reported_with_its_type_location_and_request(project: Project) -> None:
    run(FAILS, SENTRY_DSN=project.dsn)

    (event,) = project.events()
    (exception,) = event["exception"]["values"]
    assert exception["type"] == "ValueError"
    assert exception["stacktrace"]["frames"]
    assert event["tags"] == {"event": "a request failed", "request_id": "JKJaXmPLvHcESHA="}
    assert not [word for word in ("asha", "diagnosis") if any(word.encode() in body for body in project.bodies)]


def test_nothing_is_imported_without_a_project() -> None:
    assert run(FAILS, SENTRY_DSN="").splitlines()[-1] == "not imported"


def test_an_unreachable_project_does_no_harm() -> None:
    assert run(FAILS, SENTRY_DSN="http://0123456789abcdef@127.0.0.1:9/1").splitlines()[-1] == "imported"


def test_a_missing_layer_does_no_harm() -> None:
    hidden = "import sys\nsys.modules['sentry_sdk'] = None\n"
    assert run(hidden + FAILS, SENTRY_DSN="http://0123456789abcdef@127.0.0.1:9/1")


def test_the_library_is_in_its_own_layer() -> None:
    layers = {each.name: (each / "requirements.txt").read_text() for each in (REPOSITORY / "layers").iterdir()}
    assert "sentry-sdk==" in layers["sentry"]
    assert "sentry" not in layers["common"]
