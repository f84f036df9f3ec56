"""Rows that operators write and every function reads often: cached, and served stale while Postgres is unavailable."""

import time
from collections.abc import Callable
from typing import Any, LiteralString

from oneai import log
from oneai.errors import OneAIError
from oneai.postgres import db, request_check

FRESH_SECONDS = 300.0
RETRY_SECONDS = 30.0  # after a failure


class CachedRows[T]:
    """The parsed answer of a statement without parameters that returns one value."""

    def __init__(self, statement: LiteralString, parse: Callable[[Any], T]) -> None:
        self._statement, self._parse = statement, parse
        self._cached: T | None = None
        self._fresh_until = 0.0

    async def read(self) -> T:
        """The rows, cached for FRESH_SECONDS. The last rows known if Postgres is unavailable; Busy if there are
        none."""
        if self._cached is not None and time.monotonic() < self._fresh_until:
            return self._cached
        # Other requests use what is known until this one has read.
        self._fresh_until = time.monotonic() + RETRY_SECONDS
        try:
            with request_check.not_of_the_request():
                (value,) = await db.call(self._statement, [], idempotent=True)
        except OneAIError:
            if self._cached is None:
                raise
            log.exception("cached rows could not be read", statement=self._statement)
            return self._cached
        self._cached, self._fresh_until = self._parse(value), time.monotonic() + FRESH_SECONDS
        return self._cached

    def reset(self) -> None:
        """Empties the cache: the next call reads the database."""
        self._cached, self._fresh_until = None, 0.0
