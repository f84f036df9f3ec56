"""The job that indexes what answers and their questions say: a chat does not wait for the search's index.

A search indexes what its user asked last (`oneai.index_own_answers`), so that nothing is found later than before.
"""

from oneai.postgres import db

# Answers of one statement: some 0.1 ms each.
BATCH = 200
# A run ends after so many statements, and the next one comes in a minute.
MOST_BATCHES = 100


async def index_queued_answers() -> int:
    """Indexes the answers of `oneai.search_queue` and their questions; how many answers. Concurrent runs are
    harmless."""
    indexed = 0
    for _ in range(MOST_BATCHES):
        (count,) = await db.call("select oneai.index_queued_answers(%s)", [BATCH], idempotent=True)
        indexed += count
        if count < BATCH:
            break
    return indexed
