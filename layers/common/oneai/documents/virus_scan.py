"""The result of a virus scan: GuardDuty scans a document's file in the bucket, and tags it with the result.

https://docs.aws.amazon.com/guardduty/latest/ug/monitor-enable-s3-object-tagging.html has the tag and its values. Only
GuardDuty may write it: no role of the template may tag, and addresses for uploads are not signed for tags.
"""

from dataclasses import dataclass
from typing import Literal

from oneai import log
from oneai.clients import s3

type ScanResult = Literal["clean", "infected", "pending"]

TAG = "GuardDutyMalwareScanStatus"
# A file that GuardDuty cannot scan, such as an archive with a password, cannot be unpacked by the readers either, and
# no file is ever rendered.
_CLEAN = ("NO_THREATS_FOUND", "UNSUPPORTED")


@dataclass(frozen=True, slots=True)
class VirusScanSettings:
    """`virus_scan`: whether files are scanned in the bucket."""

    virus_scan: bool = False


async def scan_result(key: str) -> ScanResult:
    """Returns the result of the object's scan. Raises NotFound if it was deleted, Busy if S3 is unreachable.

    A scan that could not be made (`FAILED`, `ACCESS_DENIED`) is pending, and logged: its role or the bucket has to be
    put right, or the scan asked for again.
    """
    status = (await s3.tags(key)).get(TAG)
    if status == "THREATS_FOUND":
        return "infected"
    if status in _CLEAN:
        return "clean"
    if status is not None:
        log.warning("a file could not be scanned for viruses", status=status)
    return "pending"
