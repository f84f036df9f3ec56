"""Every sample and recording of a direct provider, read byte by byte, says what it says as a whole."""

from pathlib import Path
from typing import Any

import pytest

from oneai.clients.http import StreamedResponse
from tests.clients.direct.stand_in_servers import running
from tests.clients.direct.test_samples import EXPECTED, asked_model, outcome, samples

pytestmark = pytest.mark.sampled(0.1)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all reads of responses; each returns a single byte."""
    sizes: list[int] = []
    waiting: dict[int, bytearray] = {}
    whole = StreamedResponse.read

    async def read(self: Any) -> bytes | None:
        left = waiting.setdefault(id(self), bytearray())
        if not left:
            data = await whole(self)
            if data is None:
                return None
            left += data
        sizes.append(1)
        return bytes([left.pop(0)])

    monkeypatch.setattr(StreamedResponse, "read", read)
    return sizes


@pytest.mark.parametrize(("name", "path"), samples("sse", "sse"))
async def test_a_stream_read_byte_by_byte_has_the_same_content(name: str, path: Path, reads: list[int]) -> None:
    async with running(name) as provider:
        answered = await provider.ask(**asked_model(name, path, "replay"))

    assert outcome(answered) == EXPECTED[name][path.stem]
    assert len(reads) > 100
