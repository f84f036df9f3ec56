"""Runs of the job that reads documents, and what became of one."""

from oneai.documents import processing
from tests.documents.library import shown
from tests.patience import PATIENCE
from tests.world import World

MINUTE, HOUR = 60, 3600


async def run() -> int:
    """One run of the job, until nothing is due; how many steps it took."""
    return (await processing.process_documents(PATIENCE))["steps"]


def chunks(world: World, document: str) -> list[str]:
    """The texts of its chunks, in order."""
    return world.database.rows(
        "select content from oneai.document_chunks where document_id = %s order by ordinal", document
    )


def counted_pages(world: World, who: str = "asha") -> int:
    """Pages of this month."""
    pages: int = world.database.one(
        "select coalesce(sum(pages), 0)::integer from oneai.document_page_counts where workspace_id = %s",
        world.people[who],
    )
    return pages


async def failed(world: World, document: str) -> str:
    """Why it failed; it has no text."""
    found = await shown(world, "asha", document)
    assert found["status"] == "failed", found
    assert (found["chunks"], chunks(world, document)) == (0, [])
    return str(found["problem"])
