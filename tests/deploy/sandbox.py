"""A built function under AWS's own Runtime Interface Emulator, with its artefact and the layer and nothing else.

The emulator ships in the aws-sam-cli wheel and needs no container. The interpreter is the one the virtual environment
was made from, without its site-packages; of Lambda's image there are only the runtime interface client and boto3.
"""

import asyncio
import importlib.util
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.canaries import keep_logs
from tests.deploy.artefacts import ARCHITECTURE, layer
from tests.deploy.transformed import of_type
from tests.patience import PATIENCE

# What the managed image has besides Python, as far as the runtime interface client and boto3 need it.
IMAGE = (
    *("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py"),
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six"),
)


@dataclass
class Answer:
    """What a caller of the API would get."""

    status: int
    headers: dict[str, str]
    body: str


class Function:
    """One function in the emulator, which starts it with the first event."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: Path) -> None:
        self._process = process
        self._client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)
        self._log = log

    async def invoke(self, event: Any) -> httpx.Response:
        """Lambda's own answer. Until the emulator listens, it is asked again."""
        while True:
            try:
                return await self._client.post("/2015-03-31/functions/function/invocations", json=event)
            except httpx.ConnectError:
                await asyncio.sleep(0.02)

    async def answer(self, event: Any) -> Answer:
        """The HTTP answer inside Lambda's, which is an object, or the streaming format's prelude and payload."""
        content = (await self.invoke(event)).content
        prelude, streamed, payload = content.partition(bytes(8))
        response = json.loads(prelude)
        assert "statusCode" in response, f"{response}\n{self.log()}"
        body = payload.decode() if streamed else response["body"]
        headers = {name: values[0] for name, values in response.get("multiValueHeaders", {}).items()}
        return Answer(response["statusCode"], {**response.get("headers", {}), **headers}, body)

    def log(self) -> str:
        """Everything the emulator and the function wrote."""
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
        """Ends the emulator and the function in it, so that neither answers or writes any more."""
        # The emulator gives the function a process group of its own.
        for process in (self._process.pid, *_descendants(self._process.pid)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    async def end(self) -> None:
        """Lets both end in good order, for ten seconds."""
        await self._client.aclose()
        if self._process.returncode is None:
            self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 10)
        self.kill()
        await self._process.wait()


@asynccontextmanager
async def started(artefacts: Path, name: str, place: Path, **variables: str) -> AsyncIterator[Function]:
    """Function `name` as its artefact has it, with these variables; `place` is an empty folder."""
    front, back = free_ports()
    log = place / "log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            emulator(),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{front}"),
            *("--runtime-api-address", f"127.0.0.1:{back}"),
            *_command(artefacts, name, interpreter(place)),
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            cwd=artefacts / name,
            env=_environment(artefacts, name, image(place), variables),
            start_new_session=True,
        )
    function = Function(process, front, log)
    try:
        yield function
    finally:
        await function.end()
        keep_logs(log)


def deployed(name: str) -> dict[str, Any]:
    """A function's properties in CloudFormation."""
    properties: dict[str, Any] = of_type("AWS::Lambda::Function")[name]["Properties"]
    return properties


def _command(artefacts: Path, name: str, python: Path) -> list[str]:
    """What the managed image runs: its interface client, or the wrapper script with the client's command."""
    handler = deployed(name)["Handler"]
    wrapper = deployed(name)["Environment"]["Variables"].get("AWS_LAMBDA_EXEC_WRAPPER")
    client = [str(python), "-m", "awslambdaric", handler]
    if wrapper is None:
        return client
    return [str(layer(artefacts)) + wrapper.removeprefix("/opt"), str(python), "/var/runtime/bootstrap.py"]


def _environment(artefacts: Path, name: str, image: Path, variables: dict[str, str]) -> dict[str, str]:
    """Lambda's variables, and only those."""
    packages = layer(artefacts) / "python"
    own = (
        {}
        if "AWS_LAMBDA_EXEC_WRAPPER" in deployed(name)["Environment"]["Variables"]
        else {"PYTHONPATH": f"{packages}{os.pathsep}{image}"}
    )
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",  # /opt and /var/task are read-only
        "_HANDLER": deployed(name)["Handler"],
        "LAMBDA_TASK_ROOT": str(artefacts / name),
        "LAMBDA_RUNTIME_DIR": str(image),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(deployed(name)["Timeout"]),
        **own,
        **variables,
    }


def interpreter(place: Path) -> Path:
    """A command in `place` that runs Python without anything installed here."""
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    script = place / "python"
    script.write_text(f'#!/bin/sh\nexec "{base}" -S "$@"\n')
    script.chmod(0o755)
    return script


def image(place: Path) -> Path:
    """A folder in `place` with what the managed image adds to Python."""
    image = place / "image"
    image.mkdir()
    for module in IMAGE:
        spec = importlib.util.find_spec(module)
        assert spec is not None
        assert spec.origin is not None
        found = Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
        (image / found.name).symlink_to(found)
    return image


def emulator() -> Path:
    """AWS's own emulator, for this machine."""
    spec = importlib.util.find_spec("samcli")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "local" / "rapid" / f"aws-lambda-rie-{ARCHITECTURE}"


def free_ports() -> tuple[int, int]:
    """Two ports without a listener."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _descendants(process: int) -> list[int]:
    """All that `process` started, and what those started."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(stat.parent.name))
    found: list[int] = []
    waiting = parents.get(process, [])
    while waiting:
        found += waiting
        waiting = [child for each in waiting for child in parents.get(each, [])]
    return found
