"""Pages of a PDF become images for a model that sees, within what one answer holds."""

import base64
import io
from typing import Any

from PIL import Image

from tests.ingest_document import made
from tests.ingest_document.reader import Reader
from tests.ingest_document.test_bad_files import PNG


async def rendered(reader: Reader, content: bytes, *pages: int, **limits: int) -> dict[str, Any]:
    """The answer with the images of these pages."""
    reader.storage.files["stored"] = content
    event = {"url": f"{reader.address}/stored", "name": "scan.pdf", "media_type": "", "render": list(pages)}
    outcome = await reader.invoke(event, **limits)
    assert outcome.status == "succeeded", outcome
    answer: dict[str, Any] = outcome.output
    return answer


def image_of(fields: dict[str, Any]) -> Image.Image:
    """The image of an answer."""
    assert fields["media_type"] == "image/png"
    return Image.open(io.BytesIO(base64.b64decode(fields["data"])))


async def test_pages_are_rendered_as_displayed(reader: Reader) -> None:
    answer = await rendered(reader, made.pdf(["The lease runs", "", "It ends"]), 1, 2)

    assert answer["problem"] is None
    assert [each["page"] for each in answer["images"]] == [1, 2]
    written, blank = map(image_of, answer["images"])
    assert (written.mode, written.size) == ("L", (1132, 1600))
    assert (min(written.tobytes()) < 100, set(blank.tobytes())) == (True, {255})


async def test_an_answer_has_the_images_that_fit_and_at_least_one(reader: Reader) -> None:
    file = made.pdf(["One", "Two", "Three"])

    answer = await rendered(reader, file, 2, 3, answer_bytes=10)

    assert [each["page"] for each in answer["images"]] == [2]


async def test_a_page_that_cannot_be_rendered_states_why(reader: Reader) -> None:
    problems = {
        "encrypted": made.pdf(["A secret"], password="open sesame"),
        "unsupported": made.word(paragraphs=[("Normal", "One")]),
        "torn": made.pdf(["Only one"]),
    }
    for code, content in problems.items():
        answer = await rendered(reader, content, 2)
        assert (answer["images"], answer["problem"]["code"]) == ([], code)


async def test_a_picture_is_one_page_without_text(reader: Reader) -> None:
    for content in (PNG, b"\xff\xd8\xff\xe0" + bytes(100), b"RIFF\0\0\0\0WEBP" + bytes(100)):
        answer = await reader.range(content, "scan.png")
        assert (answer["pages"], answer["pages_without_text"], answer["problem"]["code"]) == (1, 1, "no_text")
