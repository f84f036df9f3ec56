"""Called by the job that processes documents: reads a range of one user's file into pieces of text.

It has no secrets and no database connection, and may only write its log, so a malicious file that takes over its reader
gains nothing. The file comes from an address that is signed only for it.
"""

import os
import tempfile
from typing import Any

import download
import isolation
import limits
from extraction.problems import ProblemFound, failed, not_rendered

from oneai import jobs, log

isolation.close_to_others()

# The part of the invocation's time for the answer, after the reading process has been killed.
_SECONDS_TO_ANSWER = 5.0
# The fields of an event for the reading process.
_REQUEST = ("name", "media_type", "position", "render")


@jobs.reported("ingest_document")
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Converts `{url, name, media_type, position}` to `{pieces, position, progress, pages, pages_without_text,
    picture_pages, letters, problem}`, and with `render`, a list of pages, to `{images, problem}`:
    docs/operations/documents.md. Raises DownloadFailed, after which the caller may retry."""
    limit = limits.read()
    with tempfile.TemporaryFile() as file:
        try:
            download.fetch(event["url"], file, max_bytes=limit.ingest_file_bytes)
            os.lseek(file.fileno(), 0, os.SEEK_SET)
            remaining = context.get_remaining_time_in_millis() / 1000 - _SECONDS_TO_ANSWER
            request: dict[str, Any] = {name: event[name] for name in _REQUEST if name in event}
            answer = isolation.extract(file, request, limit, min(limit.ingest_hard_seconds, remaining))
        except ProblemFound as problem:
            answer = failed(problem.code) if event.get("render") is None else not_rendered(problem.code)
    code = answer["problem"]["code"] if answer["problem"] else None
    if "images" in answer:
        log.info("pages rendered", images=len(answer["images"]), problem=code)
    else:
        log.info("file read", pieces=len(answer["pieces"]), progress=answer["progress"], problem=code)
    return answer
