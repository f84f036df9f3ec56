"""Whether a document's file was found to hold a virus: GuardDuty scans it in the bucket, and tags it with the result.

https://docs.aws.amazon.com/guardduty/latest/ug/monitor-enable-s3-object-tagging.html has the tag and its values. Only
GuardDuty may write it: no role of the template may tag, and no address that people upload to is signed for tags.
"""

from dataclasses import dataclass
from typing import Literal

from oneai import log
from oneai.clients import s3

type ScanResult = Literal["clean", "infected", "pending"]

TAG = "GuardDutyMalwareScanStatus"
# What GuardDuty cannot look into, such as an archive with a password, is taken apart where nothing is to be had, and no
# file is ever rendered.
_CLEAN = ("NO_THREATS_FOUND", "UNSUPPORTED")


@dataclass(frozen=True, slots=True)
class VirusScanSettings:
    """`virus_scan`: whether files are scanned in the bucket."""

    virus_scan: bool = False


async def scan_result(key: str) -> ScanResult:
    """What the scan of the object found so far. Raises NotFound where it is gone, Busy where S3 is unreachable.

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
