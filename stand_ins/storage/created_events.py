"""The events of S3 that a file has been written, as EventBridge hands them to the function that reads documents."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

# The rule of the template has this prefix: other files wake no function.
DOCUMENTS = "documents/"


def created_event(bucket: str, key: str) -> dict[str, Any]:
    """The event that the object is there.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {"version": "0", "bucket": {"name": bucket}, "object": {"key": key}, "reason": "PutObject"},
    }


class CreatedEvents:
    """Runs `handle` with the event of each document's file, beside the requests that wrote them."""

    def __init__(self, bucket: str, handle: Callable[[dict[str, Any]], Awaitable[Any]]) -> None:
        self._bucket, self._handle = bucket, handle
        self._running: set[asyncio.Task[None]] = set()

    def announce(self, key: str) -> None:
        """Hands the event over, if the file is a document's. The schedule finds what a failed run leaves."""
        if key.startswith(DOCUMENTS):
            task = asyncio.ensure_future(self._run(created_event(self._bucket, key)))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _run(self, event: dict[str, Any]) -> None:
        await self._handle(event)

    def cancel(self) -> None:
        """Ends the runs that are under way."""
        for task in self._running:
            task.cancel()
