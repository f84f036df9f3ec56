"""The job that adds answers and their questions to the search index, so that a chat does not wait for it.

A search first indexes its user's newest answers (`oneai.index_own_answers`), so that it finds everything.
"""

from oneai.postgres import db

# Answers per statement; each takes about 0.1 ms.
BATCH = 200
# The maximum number of statements of a run; the next run starts a minute later.
MAX_BATCHES = 100


async def index_queued_answers() -> int:
    """Indexes the answers in `oneai.search_queue` and their questions, and returns the number of answers. Concurrent
    runs are harmless."""
    indexed = 0
    for _ in range(MAX_BATCHES):
        (count,) = await db.call("select oneai.index_queued_answers(%s)", [BATCH], idempotent=True)
        indexed += count
        if count < BATCH:
            break
    return indexed
