"""The sources of external services' responses: the project's own samples, and recordings beside it."""

import os
from pathlib import Path

from local.data_folder import REPOSITORY

SAMPLES = Path(__file__).parent / "samples"
RECORDINGS = Path(os.environ.get("ONEAI_FIXTURES") or REPOSITORY.parent / "shared" / "fixtures")

# Tests run over every source. The second one is not part of this repository: without it there are fewer cases.
SOURCES = [SAMPLES, *([RECORDINGS] if RECORDINGS.is_dir() and not RECORDINGS.samefile(SAMPLES) else [])]


def found(*patterns: str) -> list[Path]:
    """The files of all sources that match; at least one must, or the pattern is wrong."""
    files = [file for source in SOURCES for pattern in patterns for file in sorted(source.glob(pattern))]
    if not files:
        raise FileNotFoundError(f"No sample in {', '.join(map(str, SOURCES))} matches {' or '.join(patterns)}.")
    return files
