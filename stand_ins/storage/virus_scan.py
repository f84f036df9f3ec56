"""A stand-in for GuardDuty's scan of documents: the tag it would set, by the file that scanners take for a virus."""

from pathlib import Path

TAG = "GuardDutyMalwareScanStatus"
PREFIX = "documents/"
# https://www.eicar.org/download-anti-malware-testfile/. In two parts, or a scanner would take this file for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def tags_of(key: str, file: Path) -> dict[str, str]:
    """The tags of an object that has been scanned: none of one that is no document."""
    if not key.startswith(PREFIX):
        return {}
    return {TAG: "THREATS_FOUND" if EICAR in file.read_bytes() else "NO_THREATS_FOUND"}
