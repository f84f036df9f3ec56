"""One bucket twice: at moto, the AWS reference, and at the stack's own stand-in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from local.clock import Reading
from oneai import settings
from stand_ins import storage as stand_in
from tests.served import served

BUCKET = stand_in.settings_of("")["STORAGE_BUCKET"]


@dataclass
class Clock:
    """A clock that a test moves."""

    ahead: timedelta = field(default_factory=timedelta)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def read(self) -> Reading:
        return Reading(self.now, self.ahead)


@dataclass
class Bucket:
    """Where objects are kept, its clock, and a user's browser."""

    address: str
    clock: Clock
    browser: httpx.AsyncClient
    folder: Path | None = None

    @property
    def now(self) -> datetime:
        return self.clock.now


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """moto's own server, which does not check signatures."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@contextmanager
def endpoint_at(address: str) -> Iterator[None]:
    """The environment of a function whose bucket is at `address`."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in stand_in.settings_of(address).items():
            environment.setenv(name, value)
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        settings.reset_cache()
        try:
            yield
        finally:
            settings.reset_cache()


@pytest.fixture
async def ours(tmp_path: Path) -> AsyncIterator[Bucket]:
    """The stand-in, which does check signatures."""
    clock = Clock()
    async with served(lambda _: stand_in.create(tmp_path, clock)) as address, httpx.AsyncClient() as browser:
        with endpoint_at(address):
            yield Bucket(address, clock, browser, tmp_path)


@pytest.fixture
async def theirs(moto: str) -> AsyncIterator[Bucket]:
    """A fresh bucket at moto."""
    with endpoint_at(moto):
        async with httpx.AsyncClient() as browser:
            await browser.post(f"{moto}/moto-api/reset")
            boto3.Session().client("s3", endpoint_url=moto).create_bucket(Bucket=BUCKET)
            yield Bucket(moto, Clock(), browser)


@pytest.fixture(params=["ours", "theirs"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    """Both, one after the other."""
    found: Bucket = request.getfixturevalue(request.param)
    return found
