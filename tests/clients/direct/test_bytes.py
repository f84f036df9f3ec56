"""The events of direct providers' streams, split at each byte and with each end of a line."""

from collections.abc import Callable
from typing import Any

import pytest

from oneai.clients.model_streams.frames import FrameParser
from oneai.clients.replicate.events import EventParser
from tests.sources import found

PARSERS: dict[str, Callable[[], Any]] = dict.fromkeys(("anthropic", "gemini", "openai"), FrameParser)
STREAMS = [(name, path) for name in (*PARSERS, "replicate") for path in found(f"{name}/sse/*.sse")]


def events(name: str, reads: list[bytes]) -> list[dict[str, Any]]:
    """What these reads say together."""
    parser = PARSERS.get(name, EventParser)()
    return [*(each for read in reads for each in parser.feed(read)), *parser.finish()]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_stream_read_byte_by_byte_has_the_same_events(end: bytes) -> None:
    for name, path in STREAMS:
        whole = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", end)

        found_events = events(name, [whole[at : at + 1] for at in range(len(whole))])

        assert found_events == events(name, [path.read_bytes()]), path.stem
        assert found_events, path.stem


def test_an_event_that_the_end_cuts_off_is_read_and_ends_nothing() -> None:
    parser = EventParser()

    assert parser.feed(b"event: output\r\ndata: Hel\r\ndata:\r\ndata: lo") == []
    assert parser.finish() == [{"event": "output", "data": "Hel\n\nlo"}]
    assert not parser.done


def test_an_event_of_replicate_that_never_ends_is_an_error() -> None:
    parser = EventParser()

    event = next(each for _ in range(70) for each in parser.feed(b"data: " + b"x" * 16_000))

    assert event["event"] == "error"
