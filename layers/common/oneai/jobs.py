"""Scheduled functions: their coroutines run on one event loop per process, and each run is reported."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from oneai import error_reports, metrics, request_context

_loop: asyncio.AbstractEventLoop | None = None


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to completion; its pools and clients remain usable for the next invocation."""
    global _loop
    if _loop is None:
        _loop = asyncio.new_event_loop()
    return _loop.run_until_complete(work)


def report[T](job: str, context: Any, work: Callable[[], T]) -> T:
    """Runs `work` as one run of a job: its log has the invocation's id, and a metric records whether it succeeded.

    `context` is Lambda's. Errors propagate. A run that Lambda ends at its timeout reports nothing: Lambda's own metric
    counts it.
    """
    request_context.begin(context.aws_request_id)
    began = time.monotonic()
    try:
        result = work()
    except Exception:
        error_reports.report(f"the job {job} failed")
        metrics.count(metrics.JOBS_FAILED, of=job, ms=_elapsed_ms(began))
        raise
    metrics.count(metrics.JOBS_SUCCEEDED, job=job, ms=_elapsed_ms(began))
    return result


def reported[E, T](job: str) -> Callable[[Callable[[E, Any], T]], Callable[[E, Any], T]]:
    """Decorates a handler so that its runs are reported for this job."""

    def decorate(handler: Callable[[E, Any], T]) -> Callable[[E, Any], T]:
        @wraps(handler)
        def run_once(event: E, context: Any) -> T:
            return report(job, context, lambda: handler(event, context))

        return run_once

    return decorate


def _elapsed_ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
