"""Every quarter of an hour: deletes expired uploads and the files of deleted messages."""

from typing import Any

from oneai import documents, files, jobs, log
from oneai.clients import secrets_manager

secrets_manager.load()


@jobs.reported("remove_files")
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001
    """The event is not used; the result counts expired uploads and removed objects."""
    counts = jobs.run(_remove())
    log.info("files removed", **counts)
    return counts


async def _remove() -> dict[str, int]:
    expired = await documents.expire_uploads()
    counts = await files.remove_unreferenced()
    return counts | {"expired": counts["expired"] + expired}
