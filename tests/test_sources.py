"""A clone with nothing beside it runs every test: on our own samples."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY
from tests.sources import SAMPLES, found


def sources_with(recordings: Path) -> str:
    """The sources if the recordings are in this folder."""
    environment = {**os.environ, "ONEAI_FIXTURES": str(recordings)}
    program = "from tests.sources import SOURCES; print(*(source.name for source in SOURCES))"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def test_the_samples_are_the_only_source_without_recordings(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()

    assert sources_with(tmp_path / "nothing") == "samples"
    assert sources_with(tmp_path / "recordings") == "samples recordings"
    assert sources_with(SAMPLES) == "samples"


def test_a_pattern_without_samples_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match="of-no-service"):
        found("of-no-service/*.json")


def test_stream_body_and_refusal_names_are_unique() -> None:
    files = found("openrouter/sse/*.sse", "openrouter/json/*.json", "openrouter/errors/*")

    names = Counter((file.parent.name, file.name.removesuffix(".raw.txt").removesuffix(".json")) for file in files)
    assert [name for name, times in names.items() if times > 1] == []


def test_every_stream_is_documented() -> None:
    listed = (SAMPLES / "openrouter" / "README.md").read_text()
    streams = [file.stem for file in sorted((SAMPLES / "openrouter" / "sse").iterdir())]

    assert [stream for stream in streams if f"| `{stream}` |" not in listed] == []
