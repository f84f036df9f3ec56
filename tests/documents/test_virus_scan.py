"""What the scan of a document's file found, at moto and at the stand-in, which scans."""

from collections.abc import AsyncIterator
from pathlib import Path

import boto3
import pytest

from oneai.clients import s3
from oneai.documents.virus_scan import TAG, scan_result
from oneai.errors import NotFound
from stand_ins import storage as stand_in
from stand_ins.storage.virus_scan import EICAR
from tests.clients.s3.conftest import BUCKET, Clock, endpoint_at, moto, theirs
from tests.served import served

pytestmark = pytest.mark.sampled(0.4)

__all__ = ["moto", "theirs"]

KEY = "documents/asha/lease"


@pytest.fixture
async def scanning(tmp_path: Path) -> AsyncIterator[None]:
    """The stand-in with the option on."""
    async with served(lambda _: stand_in.create(tmp_path, Clock(), scans=True)) as address:
        with endpoint_at(address):
            yield


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("NO_THREATS_FOUND", "clean"),
        ("UNSUPPORTED", "clean"),
        ("THREATS_FOUND", "infected"),
        ("FAILED", "pending"),
        ("ACCESS_DENIED", "pending"),
    ],
)
async def test_the_tag_decides_the_scan_result(theirs: object, moto: str, status: str, result: str) -> None:
    await s3.put(KEY, b"a lease", "application/pdf")
    assert await scan_result(KEY) == "pending"

    tagging = {"TagSet": [{"Key": TAG, "Value": status}]}
    client = boto3.Session().client("s3", endpoint_url=moto)
    client.put_object_tagging(Bucket=BUCKET, Key=KEY, Tagging=tagging)  # type: ignore[arg-type]

    assert await scan_result(KEY) == result


async def test_the_local_storage_reports_the_eicar_test_file_as_a_virus(scanning: None) -> None:
    await s3.put(KEY, b"a lease", "application/pdf")
    assert await scan_result(KEY) == "clean"

    await s3.put(KEY, b"a lease with " + EICAR, "application/pdf")
    assert await scan_result(KEY) == "infected"


async def test_only_documents_are_scanned_and_a_deleted_one_is_not_found(scanning: None) -> None:
    await s3.put("uploads/asha/lease", EICAR, "application/pdf")
    assert await s3.tags("uploads/asha/lease") == {}

    with pytest.raises(NotFound):
        await scan_result("documents/asha/gone")


async def test_nothing_is_scanned_without_the_option(tmp_path: Path) -> None:
    async with served(lambda _: stand_in.create(tmp_path, Clock())) as address:
        with endpoint_at(address):
            await s3.put(KEY, EICAR, "application/pdf")
            assert await scan_result(KEY) == "pending"
