"""Cold starts under AWS's Runtime Interface Emulator: one process, one event, and the init time it reports."""

import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.programs import session_cpu_seconds
from local.processes import die_with_parent
from tests.deploy.sandbox import emulator, free_ports, image, interpreter

_INIT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")


@dataclass(frozen=True)
class Started:
    """One cold start in milliseconds: the init, and the time until the first answer is complete."""

    init: float
    answered: float
    cpu: float
    """Milliseconds of CPU of all its processes until then."""
    status: int
    body: bytes


@dataclass(frozen=True)
class Function:
    """A function to start: its folder, its handler and its layer."""

    code: Path
    handler: str
    layer: Path
    streams: bool = False

    def start(self, event: Any, **variables: str) -> Started:
        """Starts it in a new process and waits for its first answer."""
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            front, back = free_ports()
            with (place / "log").open("wb") as log:
                process = subprocess.Popen(
                    [
                        emulator(),
                        *("--runtime-interface-emulator-address", f"127.0.0.1:{front}"),
                        *("--runtime-api-address", f"127.0.0.1:{back}"),
                        *self._command(interpreter(place)),
                    ],
                    stdout=log,
                    stderr=log,
                    cwd=self.code,
                    env=self._environment(image(place)) | variables,
                    start_new_session=True,
                    preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  it only calls prctl
                )
            try:
                wire = _connect(front)
                started = time.perf_counter()
                wire.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
                body = wire.getresponse().read()
                answered = (time.perf_counter() - started) * 1000
                cpu = session_cpu_seconds(process.pid) * 1000
                wire.close()
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            output = (place / "log").read_text(errors="replace")
        match = _INIT.search(output)
        if match is None:
            raise RuntimeError(f"{self.handler} did not start:\n{output}")
        status = json.loads(body.partition(bytes(8))[0]).get("statusCode", 0)
        return Started(float(match[1]), answered, cpu, status, body)

    def _command(self, python: Path) -> list[str | Path]:
        if self.streams:
            return [self.layer / "python/oneai/start", python, "/var/runtime/bootstrap.py"]
        return [python, "-m", "awslambdaric", self.handler]

    def _environment(self, image: Path) -> dict[str, str]:
        paths = {} if self.streams else {"PYTHONPATH": f"{self.layer / 'python'}{os.pathsep}{image}"}
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",  # /opt and /var/task are read-only
            "_HANDLER": self.handler,
            "LAMBDA_TASK_ROOT": str(self.code),
            "LAMBDA_RUNTIME_DIR": str(image),
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
            **paths,
        }


def _connect(port: int) -> http.client.HTTPConnection:
    give_up = time.monotonic() + 10
    while True:
        try:
            wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            wire.connect()
        except ConnectionRefusedError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return wire
