"""The audit of dependencies, against a stand-in of the services it asks."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local import audit, node
from local.data_folder import REPOSITORY
from tests.served import served

pytestmark = pytest.mark.exhaustive


class Advisories:
    """OSV and the audit of npm's registry: answers by what `python` and `node` have, and keeps the queries."""

    def __init__(self) -> None:
        self.python: dict[str, dict[str, Any]] = {}
        self.node: dict[str, dict[str, Any]] = {}
        self.queries: dict[str, str] = {}
        self.status = 200

    def app(self) -> Starlette:
        """The HTTP interface of both."""
        return Starlette(
            routes=[
                Route("/v1/query", self._osv, methods=["POST"]),
                Route("/-/npm/v1/security/advisories/bulk", self._npm, methods=["POST"]),
            ]
        )

    async def _osv(self, request: Request) -> Response:
        query = json.loads(await request.body())
        name = query["package"]["name"]
        self.queries[name] = query["version"]
        return JSONResponse({"vulns": [self.python[name]]} if name in self.python else {}, self.status)

    async def _npm(self, request: Request) -> Response:
        self.queries |= {name: versions[0] for name, versions in json.loads(await _unzipped(request)).items()}
        return JSONResponse({name: [advisory] for name, advisory in self.node.items()}, self.status)


async def _unzipped(request: Request) -> bytes:
    body = await request.body()
    return gzip.decompress(body) if request.headers.get("content-encoding") == "gzip" else body


@pytest.fixture
async def advisories(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Advisories]:
    """Both services on this machine, which the tools ask."""
    stand_in = Advisories()
    async with served(lambda _: stand_in.app()) as address:
        point_to(address, monkeypatch)
        yield stand_in


def point_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the tools ask this address."""
    monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"{address}/v1/query")
    monkeypatch.setenv("npm_config_registry", f"{address}/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


async def run_audit() -> int:
    """Runs the command in a thread, for the stand-in answers in this loop."""
    return await asyncio.to_thread(audit.main)


def pinned(name: str) -> str:
    """The version of a package of Python."""
    lines = (REPOSITORY / "requirements-dev.txt").read_text().splitlines()
    return next(line.split("==")[1].split(" ")[0] for line in lines if line.startswith(f"{name}=="))


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One small requirements file to audit, for the real ones have a query for each of hundreds of packages."""
    file = tmp_path / "requirements.txt"
    file.write_text(f"httpx==0.28.1 --hash=sha256:{'0' * 64}\nidna==3.10 --hash=sha256:{'1' * 64}\n")
    monkeypatch.setattr(audit, "REQUIREMENTS", (str(file),))
    return str(file)


@pytest.mark.exhaustive
async def test_packages_without_advisories_pass_and_every_pinned_version_is_checked(
    advisories: Advisories, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run_audit() == 0

    assert capsys.readouterr().out.splitlines() == [
        f"{file}: no known vulnerabilities" for file in (*audit.REQUIREMENTS, audit.LOCK_FILE)
    ]
    lock = json.loads((REPOSITORY / audit.LOCK_FILE).read_text())["packages"]
    for name in ("fastapi", "psycopg", "pytest"):
        assert advisories.queries[name] == pinned(name)
    assert advisories.queries["typescript"] == lock["node_modules/typescript"]["version"]


@pytest.mark.exhaustive
async def test_vulnerabilities_in_python_and_node_fail_with_a_remedy(
    requirements: str, advisories: Advisories, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [{"introduced": "0"}, {"fixed": "999.1"}]
    package = {"name": "httpx", "ecosystem": "PyPI"}
    advisories.python["httpx"] = {
        "id": "GHSA-test-1",
        "summary": "Headers leak.",
        "affected": [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
    }
    advisories.node["typescript"] = {
        "id": 1,
        "url": "https://advisories.example/GHSA-test-2",
        "title": "Types lie",
        "severity": "high",
        "vulnerable_versions": "<999",
        "cwe": [],
        "cvss": {"score": 7},
    }

    assert await run_audit() == 1

    assert capsys.readouterr().err.splitlines() == [
        f"{requirements}: httpx 0.28.1: GHSA-test-1, fixed in 999.1: Headers leak.",
        f"{audit.LOCK_FILE}: typescript <999: https://advisories.example/GHSA-test-2: Types lie (high)",
    ]


async def test_a_failing_service_is_named_and_fails_nothing(
    requirements: str, advisories: Advisories, capsys: pytest.CaptureFixture[str]
) -> None:
    advisories.status = 503

    assert await run_audit() == 0

    assert_unavailable(capsys.readouterr().out, requirements, audit.LOCK_FILE)


@pytest.mark.exhaustive
async def test_an_unreachable_service_is_named_and_fails_nothing(
    requirements: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point_to("http://127.0.0.1:9", monkeypatch)

    assert await run_audit() == 0

    assert_unavailable(capsys.readouterr().out, requirements, audit.LOCK_FILE)


def assert_unavailable(printed: str, *files: str) -> None:
    """A line for each file says that it was not audited, and why."""
    lines = printed.splitlines()
    assert len(lines) == len(files)
    for line, file in zip(lines, files, strict=True):
        assert line.startswith(f"{file}: not audited, the advisory service cannot be reached: ")


@pytest.mark.exhaustive
async def test_a_tool_that_fails_otherwise_is_not_reported_as_an_unavailable_service(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "REQUIREMENTS", ("nowhere.txt",))

    assert await run_audit() == 2

    assert "pip-audit failed" in capsys.readouterr().err


async def test_a_missing_node_is_reported_with_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "REQUIREMENTS", ())
    monkeypatch.setattr(node, "npm", lambda: REPOSITORY / "web" / "nowhere.js")

    assert await run_audit() == 2

    assert capsys.readouterr().err == "web/nowhere.js is missing; `make setup` installs the packages of web/.\n"
