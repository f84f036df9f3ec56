"""The step in which a model reads pages of a document: some are rendered, then each is reserved, read and settled.

A run that is killed repeats one page at most, and its unit is charged once.
"""

import base64
import json
from dataclasses import dataclass

from pydantic import ValidationError

from oneai import files, log, plans
from oneai.clients import openrouter, s3
from oneai.clients.lambda_invoke import FunctionFailed
from oneai.clients.openrouter import Model
from oneai.documents.chunks import Piece, cut
from oneai.documents.extraction import render_pages
from oneai.documents.lease import LEASE_SECONDS, Work, wait
from oneai.documents.page_reading import sql_arguments
from oneai.documents.page_request import PageText, request_page
from oneai.errors import (
    BodyTooLarge,
    EmailNotConfirmed,
    InsufficientQuota,
    InvalidApiKey,
    ModelNotAllowed,
    ModelNotInPlan,
    NotFound,
    QuotaExceeded,
    RateLimited,
    UnknownModel,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from oneai.postgres import db

# As many as one answer of the function holds, and one step reads.
PAGES_AT_ONCE = 4
MAX_ATTEMPTS = 3
LINK_SECONDS = 300
AGAIN_SECONDS = 30

STOPPED = "Page {page}, and those after it without text, were not read. {reason}"
NO_MODEL = "The model is no longer offered."
FAILED = "The model could not read it, three times."
NO_IMAGE = "The file could not be shown to the model."
BLANK = "A model has read the pages of this file and found no text on them."
# What ends the reading, with what was read so far. A limit of the minute is waited for.
REFUSALS = (
    *(QuotaExceeded, RateLimited, InsufficientQuota, ModelNotInPlan, ModelNotAllowed, InvalidApiKey),
    EmailNotConfirmed,
)


@dataclass(frozen=True)
class _Page:
    """A page, and the data URL of its image; None for a damaged one, which is not read."""

    number: int
    url: str | None


async def read_pages(work: Work) -> None:
    """Reads the next pages. Raises OneAIError where the storage or Postgres is away."""
    (numbers,) = await db.call("select oneai.next_unread_pages(%s, %s)", [work.id, PAGES_AT_ONCE])
    if not numbers:
        await _end(work, None)
        return
    try:
        model = plans.resolve_models(await openrouter.list_models(), work.reading_model, [])[0]
    except UnknownModel:
        await _end(work, STOPPED.format(page=numbers[0], reason=NO_MODEL))
        return
    if work.attempts > MAX_ATTEMPTS:
        await _end(work, STOPPED.format(page=numbers[0], reason=FAILED))
        return
    try:
        pages = await _images(work, numbers)
    except (FunctionFailed, ValidationError, NotFound, BodyTooLarge) as error:
        log.warning("pages were not rendered", document_id=work.id, error=type(error).__name__)
        if isinstance(error, FunctionFailed) and error.throttled:
            await wait(work, AGAIN_SECONDS, attempts=work.attempts - 1)
            return
        await wait(work, 0)
        return
    if not pages:
        await _end(work, STOPPED.format(page=numbers[0], reason=NO_IMAGE))
        return
    for page in pages:
        if not await _read_page(work, model, page):
            return
    await wait(work, 0, attempts=0)


async def _images(work: Work, numbers: list[int]) -> list[_Page]:
    """The first of these pages and as many more as there are images of; none where the file cannot be rendered."""
    if work.media_type.startswith("image/"):
        data = await s3.get(work.key, max_bytes=files.IMAGE_BYTES)
        media_type = files.image_type(data)
        return [_Page(1, f"data:{media_type};base64,{base64.b64encode(data).decode()}")] if media_type else []
    url = await s3.download_url(work.key, now=work.now, seconds=LINK_SECONDS)
    rendered = await render_pages(url, name=work.name, media_type=work.media_type, pages=numbers)
    return [
        _Page(each.page, None if each.data is None else f"data:{each.media_type};base64,{each.data}")
        for each in rendered.images
        if each.page in numbers
    ]


async def _read_page(work: Work, model: Model, page: _Page) -> bool:
    """Whether the next page can be read; if not, the lease has ended or is another's."""
    if page.url is None:
        return await _settle(work, model, None, page.number, PageText())
    try:
        (reservation,) = await db.call(
            "select oneai.hold_page(%s, %s, %s, %s, %s)", [work.id, work.lease, *sql_arguments(model), LEASE_SECONDS]
        )
    except REFUSALS as refusal:
        if "limit_name" in refusal.extra:  # of the API key, in a minute
            await wait(work, AGAIN_SECONDS, attempts=work.attempts - 1)
        else:
            await _end(work, STOPPED.format(page=page.number, reason=refusal.message))
        return False
    if reservation is None:
        return False
    text = await request_page(model, page.url)
    has_lease = await _settle(work, model, reservation, page.number, text)
    if has_lease and text.failure is not None:
        is_away = isinstance(text.failure, UpstreamUnavailable | UpstreamTimeout)
        log.warning("a page was not read", document_id=work.id, attempt=work.attempts, code=text.failure.code)
        await wait(work, AGAIN_SECONDS, attempts=work.attempts - 1 if is_away else None)
    return has_lease and text.failure is None


async def _settle(work: Work, model: Model, reservation: str | None, page: int, text: PageText) -> bool:
    """Stores and settles a page; whether the lease was there."""
    chunks = [] if text.failure else cut([Piece(text.text, page)], name=work.name)
    (has_lease,) = await db.call(
        "select oneai.settle_page(%s, %s, %s, %s, %s, %s)",
        [
            *(work.id, work.lease, reservation, page),
            json.dumps([chunk._asdict() for chunk in chunks], ensure_ascii=False),
            text.outcome(model).to_json(),
        ],
        idempotent=True,
    )
    return bool(has_lease)


async def _end(work: Work, problem: str | None) -> None:
    await db.call("select oneai.end_page_reading(%s, %s, %s, %s)", [work.id, work.lease, problem, BLANK])
