"""One key of KMS twice: at moto, the AWS reference, and at the stack's own stand-in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto.server import ThreadedMotoServer

from oneai import settings
from oneai.clients import kms_data_keys as kms
from stand_ins import kms as stand_in
from tests.served import served


@contextmanager
def endpoint_at(values: dict[str, str]) -> Iterator[None]:
    """The environment of a function with these settings of KMS."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        for name, value in values.items():
            environment.setenv(name, value)
        settings.reset_cache()
        kms.reset_cache()
        try:
            yield
        finally:
            settings.reset_cache()
            kms.reset_cache()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """moto's own server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
async def ours() -> AsyncIterator[str]:
    """The stand-in's address."""
    async with served(lambda _: stand_in.create()) as address:
        with endpoint_at(stand_in.settings_of(address)):
            yield address


@pytest.fixture
def theirs(moto: str) -> Iterator[str]:
    """moto's address, with a key of its own."""
    with endpoint_at({"KMS_ENDPOINT_URL": moto}):
        key = boto3.Session().client("kms", endpoint_url=moto).create_key()["KeyMetadata"]["Arn"]
        with endpoint_at({"KMS_ENDPOINT_URL": moto, "PROVIDER_KEYS_KMS_KEY": key}):
            yield moto


@pytest.fixture(params=["ours", "theirs"])
def either(request: pytest.FixtureRequest) -> str:
    """Both, one after the other."""
    address: str = request.getfixturevalue(request.param)
    return address
