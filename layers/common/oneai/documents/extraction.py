"""The answers of the function that reads files: the pieces of a range, and the position of the next one.

A malicious file may control that function, so its answers are only trusted as far as they are validated here.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from oneai import settings
from oneai.clients import lambda_invoke
from oneai.documents.document import DocumentSettings

MAX_LETTERS = 10**12
# A range has fewer pieces.
MAX_RANGE_PAGES = 10_000
# Lambda's answers have at most 6 MB; the function limits itself to 4 MB of text.
# Longer than the function's own time.
INVOKE_SECONDS = 130
POSITION_BYTES = 10_000
MAX_PAGES = 10_000_000
# More than the function returns.
IMAGE_CHARACTERS = 6_000_000


def _storable(text: str) -> str:
    """The text in a form that Postgres can store: without U+0000 and lone surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _short(position: Any) -> Any:
    if len(json.dumps(position)) > POSITION_BYTES:
        raise ValueError("a position must not contain text")
    return position


type Text = Annotated[str, AfterValidator(_storable)]
type PageNumber = Annotated[int, Field(ge=0, le=MAX_PAGES)]
type LetterCount = Annotated[int, Field(ge=0, le=MAX_LETTERS)]


class Piece(BaseModel):
    """A text with its page (from 1) and its heading."""

    text: Text
    page: PageNumber | None = None
    heading: Text | None = None


class Problem(BaseModel):
    """Why the file cannot be read: a code, and a sentence for users."""

    code: str
    message: Annotated[Text, Field(min_length=1, max_length=1000)]


class Letters(BaseModel):
    """Letters and digits up to the end of a range: those that the file shows, and those that its pieces contain."""

    in_file: LetterCount = 0
    read: LetterCount = 0

    @property
    def share(self) -> float | None:
        """The share that was read, from 0 to 1; None if the format's letters are not counted."""
        return min(1.0, self.read / self.in_file) if self.in_file else None


class Extraction(BaseModel):
    """One answer. `position` None: the file was read to its end. `pages` are those of the file, `pages_without_text`
    those of this range. `picture_pages` are the numbers, from 1, of those that are pictures with few words or none.
    `letters` are those of the file from its beginning to the end of this range."""

    pieces: list[Piece]
    position: Annotated[Any, AfterValidator(_short)]
    progress: Annotated[float, Field(ge=0, le=1)]
    pages: PageNumber | None = None
    pages_without_text: PageNumber = 0
    picture_pages: Annotated[list[PageNumber], Field(max_length=MAX_RANGE_PAGES)] = []
    letters: Letters = Letters()
    problem: Problem | None = None


class PageImage(BaseModel):
    """A page as an image in base64; None for one that is damaged."""

    page: PageNumber
    media_type: Literal["image/png"]
    data: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=IMAGE_CHARACTERS)] | None


class PageImages(BaseModel):
    """The images of the first of the requested pages."""

    images: list[PageImage]
    problem: Problem | None


async def render_pages(url: str, *, name: str, media_type: str, pages: list[int]) -> PageImages:
    """Renders pages of the PDF at `url`, as many as one answer can hold. Raises as `read_range`."""
    answer = await lambda_invoke.invoke(
        settings.read(DocumentSettings).ingest_function,
        {"url": url, "name": name, "media_type": media_type, "render": pages},
        timeout_seconds=INVOKE_SECONDS,
    )
    return PageImages.model_validate(answer)


async def read_range(url: str, *, name: str, media_type: str, position: Any) -> Extraction:
    """Reads the file at `url` from `position` on, None for its start.

    Raises FunctionFailed, and pydantic's ValidationError for an invalid answer.
    """
    answer = await lambda_invoke.invoke(
        settings.read(DocumentSettings).ingest_function,
        {"url": url, "name": name, "media_type": media_type, "position": position},
        timeout_seconds=INVOKE_SECONDS,
    )
    return Extraction.model_validate(answer)
