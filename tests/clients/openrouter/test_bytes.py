"""Bytes arrive in any form: broken anywhere, in any script, in lines of any length."""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneai.clients.model_streams import frames
from oneai.clients.model_streams.frames import Frame, FrameParser
from oneai.clients.model_streams.pieces import PieceBuffer
from stand_ins.openrouter.scenarios import SCRIPTS
from tests.clients.openrouter.conftest import recordings
from tests.clients.openrouter.upstream import Upstream, Wire, ask
from tests.effort import rng, sample

pytestmark = pytest.mark.sampled(0.34)


def frame(text: str, *, ascii: bool = False, finish: str | None = None) -> bytes:
    """One event with some text."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'id': 'gen-1-a', 'choices': [choice]}, ensure_ascii=ascii)}\n\n".encode()


END = frame("", finish="stop") + b"data: [DONE]\n\n"


def objects_of(reads: Sequence[bytes]) -> list[Frame]:
    """What the reads say together."""
    parser = FrameParser()
    return [one for read in reads for one in parser.feed(read)] + parser.finish()


@pytest.fixture
def hello(request: pytest.FixtureRequest) -> bytes:
    """A short recorded stream."""
    path: Path = request.param
    return path.read_bytes()


@pytest.mark.parametrize("hello", recordings("sse/*stream_usage_empty_choices*.sse"), indirect=True)
async def test_a_stream_split_at_any_byte_has_the_same_content(hello: bytes, wire: Wire) -> None:
    whole = hello
    (text, _), (cost,) = (re.findall(rb'"%s":"?([^",]*)' % key, whole) for key in (b"content", b"cost"))
    # Within a character and beside the end of a line everywhere; elsewhere a sample is enough by day.
    delicate = [at for at in range(1, len(whole)) if whole[at] & 0xC0 == 0x80 or b"\n" in whole[at - 1 : at + 1]]
    anywhere = rng("broken in two").sample(range(1, len(whole)), min(sample(100, len(whole)), len(whole) - 1))
    for offset in sorted({*delicate, *anywhere}):
        wire.reads = [whole[:offset], whole[offset:]]

        heard = await ask("any/model")

        assert (heard.text, heard.error) == (text.decode(), None), offset
        assert heard.said.usage is not None
        assert heard.said.usage.cost_micro_usd == Decimal(cost.decode()) * 1_000_000, offset


@pytest.mark.parametrize("path", recordings("sse/*.sse"))
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_recording_read_byte_by_byte_has_the_same_frames(path: Path, end: bytes) -> None:
    whole = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", end)

    assert objects_of([whole[at : at + 1] for at in range(len(whole))]) == objects_of([whole])


@given(texts=st.lists(st.text(max_size=30), max_size=8), cuts=st.lists(st.integers(0, 4000), max_size=40), crlf=...)
def test_any_text_survives_any_split(texts: list[str], cuts: list[int], crlf: bool) -> None:
    whole = b": OPENROUTER PROCESSING\n\n".join([b"", *map(frame, texts), END])
    whole = whole.replace(b"\n", b"\r\n") if crlf else whole
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]

    objects = objects_of([whole[a:b] for a, b in pairwise(edges)])

    assert [one["choices"][0]["delta"]["content"] for one in objects] == [*texts, ""]


@given(text=st.text(max_size=20), sizes=st.lists(st.integers(1, 3), min_size=1))
def test_surrogates_escaped_in_halves_are_joined(text: str, sizes: list[int]) -> None:
    # UTF-16 units, dealt out to deltas without regard for pairs, as some tokenizers do.
    units = text.encode("utf-16-le", "surrogatepass")
    buffer, heard, at = PieceBuffer(), "", 0
    for turn in range(len(units)):
        size = 2 * sizes[turn % len(sizes)]
        buffer.repairs_text = True
        buffer.add({"content": units[at : at + size].decode("utf-16-le", "surrogatepass")})
        heard += "".join(piece.text for piece in buffer.take())
        at += size
    heard += "".join(piece.text for piece in buffer.take(last=True))

    assert heard == text.replace("\0", "\ufffd")


async def test_emoji_and_devanagari_survive_crlf_and_odd_splits(upstream: Upstream) -> None:
    assert (await ask("local/crlf-split")).text == SCRIPTS


async def test_nul_and_lone_surrogates_are_replaced(upstream: Upstream) -> None:
    assert (await ask("local/nul-and-surrogates")).text == "<>a\ufffdb 😀 lonely \ufffd"


async def test_an_image_of_a_megabyte_and_a_half_is_one_line_and_one_piece(upstream: Upstream) -> None:
    heard = await ask("local/big-line")

    assert (heard.text, heard.error) == ("Here is your picture.", None)
    assert [len(image) > 1_500_000 for image in heard.images] == [True]


async def test_a_line_of_eight_megabytes_in_small_reads_takes_linear_time(wire: Wire) -> None:
    text = "x" * 8_000_000
    whole = frame(text) + END
    # Joining again at each of these reads would copy 30 GB.
    wire.reads = [whole[at : at + 1024] for at in range(0, len(whole), 1024)]

    assert (await ask("any/model")).text == text


async def test_a_megabyte_of_text_arrives_complete(upstream: Upstream) -> None:
    assert len((await ask("local/1mb")).text) == 1_048_576


async def test_adjacent_words_of_one_read_are_one_piece(wire: Wire) -> None:
    wire.reads = [frame("one ") + frame("two ") + frame("three") + END]

    heard = await ask("any/model")

    assert (heard.text, heard.pieces) == ("one two three", 1)


@pytest.mark.parametrize("padding", [b"", b" \n", b"\n         \n\n         \n" * 100])
async def test_a_body_that_is_not_a_stream_is_read_despite_padding(padding: bytes, wire: Wire) -> None:
    message = {"role": "assistant", "content": "not streamed"}
    body = {"id": "gen-1-b", "model": "m", "choices": [{"message": message, "finish_reason": "stop"}]}
    wire.reads = [*(bytes([byte]) for byte in padding), json.dumps(body, indent=1).encode()]

    heard = await ask("any/model")

    assert (heard.text, heard.error, heard.said.generation_id) == ("not streamed", None, "gen-1-b")


@pytest.mark.parametrize(
    "strange",
    [
        b"data: {broken\n\n",
        b'data: "a string"\n\n',
        b'data: {"choices": "none"}\n\n',
        b'data: {"choices": [null]}\n\n',
        b'data: {"choices": [{"delta": null}], "usage": []}\n\n',
        b'data: {"choices": [{"delta": {"content": 5, "images": [null, {}], "reasoning_details": [1]}}]}\n\n',
        b'data: {"usage": {"prompt_tokens": "many", "cost": 1e999999}, "error": null}\n\n',
        b"data:\n\nevent: message\nid: 7\nretry: 10\n\n",
        b"\xff\xfe\n\n",
    ],
)
async def test_a_malformed_frame_breaks_only_its_own_answer(strange: bytes, wire: Wire) -> None:
    wire.reads = [frame("before "), strange, frame("after") + END]

    heard = await ask("any/model")

    assert heard.text == "before after"
    assert heard.error is None or heard.error.code == "upstream_error"


async def test_names_and_addresses_that_cannot_be_stored_are_repaired_or_dropped(wire: Wire) -> None:
    urls = ["https://example.com/a.png", "https://example.com/\0", "data:image/png;base64,\ud83d"]
    images = [{"image_url": {"url": url}} for url in urls]
    choice = {"delta": {"content": "text", "images": images}, "finish_reason": None}
    odd = {"id": "gen\0", "model": "half \ud83d", "provider": "\0", "choices": [choice]}
    wire.reads = [f"data: {json.dumps(odd)}\n\n".encode() + END]

    heard = await ask("any/model")

    assert heard.error is None
    assert (heard.said.generation_id, heard.said.model, heard.said.provider) == ("gen\ufffd", "half \ufffd", "\ufffd")
    assert heard.images == urls[:1]


def test_there_are_recordings_of_every_kind(fixtures: Path) -> None:
    kinds = ("sse/*.sse", "json/*.json", "errors/*.json", "models/*.json")

    assert [kind for kind in kinds if not list((fixtures / "openrouter").glob(kind))] == []


@pytest.mark.parametrize("first", [b"data: {", b"{"])
def test_an_absurdly_large_event_is_given_up(monkeypatch: pytest.MonkeyPatch, first: bytes) -> None:
    monkeypatch.setattr(frames, "MAX_BYTES", 1000)
    parser = FrameParser()
    read = [parser.feed(first), *(parser.feed(b"x" * 400) for _ in range(3))]
    assert read == [[], [], [], [frames.TOO_LARGE]]
