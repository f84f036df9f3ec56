"""The steps by which a document becomes ready, each under a lease: waiting → scanning → extracting → embedding → ready.

A step ends with one statement that checks its lease, so that an overtaken step changes nothing. A file may be deleted
or processed again at any moment.
"""

import json
from datetime import timedelta

from pydantic import ValidationError

from oneai import log, settings
from oneai.clients import s3
from oneai.clients.lambda_invoke import FunctionFailed
from oneai.documents import embedding, virus_scan
from oneai.documents.chunks import Chunk, Piece, cut
from oneai.documents.document import DocumentSettings, WordsOnly
from oneai.documents.extraction import Extraction, read_range
from oneai.documents.lease import STORE_SECONDS, Work, change, fail, wait
from oneai.documents.page_steps import read_pages
from oneai.documents.virus_scan import VirusScanSettings
from oneai.errors import NotFound, OneAIError, ServicePaused, StorageFull
from oneai.plans.ceiling import credit_spend_limit
from oneai.postgres import db

MAX_ATTEMPTS = 3
# How long the file's address, which a step passes on, is valid.
LINK_SECONDS = 300
# A file may arrive this much later than its address is valid, because S3 checks it when the request starts.
GRACE = timedelta(hours=1)
# Seconds until the next poll.
LOOK_AGAIN, SCAN_AGAIN, BUSY_AGAIN, EMBED_AGAIN = 20, 10, 30, 60
# The file is polled again after this share of the document's age.
LOOK_SHARE = 20
# Extraction's share of the progress; embedding is the rest.
EXTRACTING_SHARE = 0.5

EMPTY = "No text was found in this file."
# For a file with pages, which may be images.
NO_TEXT = (
    "No text was found in this file. If its pages are images, such as scans, a model with vision can read them, for "
    "one answer from your plan each."
)
INTERRUPTED = "This file could not be read. It took too much time or memory in three attempts."
GONE = "The file is missing in the storage. Please upload it again."
INFECTED = "A virus was found in this file. It was not read."
TOO_MANY_PAGES = "This file has {pages:,} pages. A document may have at most {most:,}."
OVER_STORAGE = "Your storage has no room for the text of this file. Free some space and read it again."
OVER_MEMBER_STORAGE = "Your share of the team's storage has no room for the text of this file. An admin can raise it."
OVER_MEMBER_PAGES = "Your share of the team's pages for this month is used up. An admin can raise it."
OVER_PAGES = "Your plan's pages for this month are used up. Try again next month, or choose a larger plan."
OVER_CREDITS = (
    "Your plan's pages for this month are used up, and your credits do not cover the pages of this file. Buy credits "
    "and read it again, or try again next month."
)
OVER_SPENDING_LIMIT = (
    "Your plan's pages for this month are used up, and a monthly limit of credits does not allow more. An owner or "
    "admin can raise it."
)

# What a document that was not stored says, by the reason.
_REFUSED = {
    "over_pages": OVER_PAGES,
    "over_credits": OVER_CREDITS,
    "over_spending_limit": OVER_SPENDING_LIMIT,
    "over_storage": OVER_STORAGE,
    "over_member_pages": OVER_MEMBER_PAGES,
    "over_member_storage": OVER_MEMBER_STORAGE,
}


async def take_step(work: Work) -> None:
    """Does the document's next step; after a temporary failure it waits for another one."""
    step = {"waiting": _await_file, "scanning": _scan, "extracting": _extract, "embedding": _embed}[work.status]
    if work.reading_model is not None:
        step = read_pages
    try:
        await step(work)
    except OneAIError as error:
        log.warning("a document has to wait", document_id=work.id, status=work.status, code=error.code)
        if step is not _embed:
            await wait(work, BUSY_AGAIN)
            return
        reason: WordsOnly = "service_paused" if isinstance(error, ServicePaused) else "unavailable"
        await wait(work, EMBED_AGAIN, words_only=reason)


async def _await_file(work: Work) -> None:
    try:
        await s3.head(work.key)
    except NotFound:
        await _is_missing(work)
        return
    scanned = settings.read(VirusScanSettings).virus_scan
    await change(
        work,
        "status = %s, arrived_at = coalesce(arrived_at, oneai.now())",
        ["scanning" if scanned else "extracting"],
    )


async def _is_missing(work: Work) -> None:
    if work.arrived_at is not None:
        await fail(work, GONE)
    elif work.now > work.upload_expires_at + GRACE:
        await db.as_service("delete from oneai.documents where id = %s and lease = %s", [work.id, work.lease], dict)
        log.info("a document whose file never arrived is removed", document_id=work.id)
    else:
        age = (work.now - work.created_at).total_seconds()
        await wait(work, max(LOOK_AGAIN, age / LOOK_SHARE))


async def _scan(work: Work) -> None:
    found = await virus_scan.scan_result(work.key)
    if found == "infected":
        await fail(work, INFECTED)
    elif found == "clean":
        await change(work, "status = 'extracting'", [])
    else:
        await wait(work, SCAN_AGAIN)


async def _extract(work: Work) -> None:
    if work.attempts > MAX_ATTEMPTS:  # the last attempt was killed
        await fail(work, INTERRUPTED)
        return
    url = await s3.download_url(work.key, now=work.now, seconds=LINK_SECONDS)
    try:
        found = await read_range(url, name=work.name, media_type=work.media_type, position=work.position)
    except (FunctionFailed, ValidationError) as error:
        log.warning("a file was not read", document_id=work.id, attempt=work.attempts, error=_kind(error))
        if isinstance(error, FunctionFailed) and error.throttled:
            await wait(work, BUSY_AGAIN, attempts=work.attempts - 1)
        elif work.attempts >= MAX_ATTEMPTS:
            await fail(work, INTERRUPTED)
        else:
            await wait(work, 0)
    else:
        await _store(work, found)


def _kind(error: FunctionFailed | ValidationError) -> str:
    """The error's description for logs, because pydantic's text quotes the file."""
    return error.code if isinstance(error, FunctionFailed) else "InvalidAnswer"


async def _store(work: Work, found: Extraction) -> None:
    most = settings.read(DocumentSettings).document_pages
    if found.problem is not None and found.problem.code != "no_text":
        await fail(work, found.problem.message)
    elif (found.pages or 0) > most:
        await fail(work, TOO_MANY_PAGES.format(pages=found.pages, most=most))
    elif found.position is not None and found.position == work.position:
        log.warning("a file was read without progress", document_id=work.id)
        await fail(work, INTERRUPTED)
    else:
        chunks = cut([Piece(each.text, each.page, each.heading) for each in found.pieces], name=work.name)
        try:
            outcome = await _store_chunks(work, found, chunks)
            if outcome == "over_pages":
                outcome = await _store_chunks(work, found, chunks, sells_pages=True)
        except StorageFull as refusal:
            outcome = "over_member_storage" if refusal.extra.get("of") == "member" else "over_storage"
        if outcome == "no_text":
            await fail(work, NO_TEXT if found.pages else EMPTY)
        elif outcome in _REFUSED:
            await fail(work, _REFUSED[outcome])


async def _store_chunks(work: Work, found: Extraction, chunks: list[Chunk], *, sells_pages: bool = False) -> str:
    """`sells_pages`: credits pay the pages that the plan's month does not have, where they pay in the workspace."""
    with_text = {piece.page for piece in found.pieces if piece.page and piece.text.strip()}
    (outcome,) = await db.call_long(
        "select oneai.store_document_chunks("
        "%s, %s, %s::jsonb, %s::jsonb, %s::real, %s, %s, %s, %s, %s, %s::real, %s, %s)",
        [
            *(work.id, work.lease, json.dumps([chunk._asdict() for chunk in chunks], ensure_ascii=False)),
            None if found.position is None else json.dumps(found.position),
            found.progress * EXTRACTING_SHARE if found.position is not None else EXTRACTING_SHARE,
            *(found.pages, found.pages_without_text, sum(len(piece.text) for piece in found.pieces)),
            sorted(with_text.difference(found.picture_pages)),
            sorted(found.picture_pages),
            found.letters.share if found.position is None else None,
            settings.read(embedding.EmbeddingSettings).embedding_model if sells_pages else None,
            credit_spend_limit(),
        ],
        seconds=STORE_SECONDS,
    )
    return str(outcome)


async def _embed(work: Work) -> None:
    """Embeds a batch. After a failure it waits; chunks without vectors are found by their words. They get no vectors
    if the credits that paid for the pages do not cover them."""
    left = await embedding.embed_batch(work.id)
    await db.as_service(
        """
        update oneai.documents as d set
          status = case when %s then 'embedding' else 'ready' end,
          progress = case when %s then greatest(d.progress, new.progress) else 1 end,
          ready_at = case when %s then null else oneai.now() end,
          words_only = case when not %s and new.progress < 1 then 'credits_exhausted' end,
          next_attempt_at = oneai.now() + case when %s and new.progress <= d.progress
            then make_interval(secs => %s) else interval '0' end,
          lease = null, updated_at = oneai.now()
        from (
          select (%s + (1 - %s) * (
            select count(*) from oneai.document_vectors as v where v.document_id = o.id) / greatest(o.chunks, 1)
          )::real as progress
          from oneai.documents as o where o.id = %s
        ) as new
        where d.id = %s and d.lease = %s and d.status = 'embedding'
        """,
        [left, left, left, left, left, EMBED_AGAIN, EXTRACTING_SHARE, EXTRACTING_SHARE, work.id, work.id, work.lease],
        dict,
    )
