"""The job that ends what conversations of the inbox wait for: a time, or a member who does not come."""

from oneai.postgres import db

AT_ONCE = 500


async def end_waits() -> dict[str, int]:
    """Ends the rest of conversations that were snoozed until now, and gives those back to their chatbots that no member
    took for as long as their rules say. Counts both; what is more than AT_ONCE is left for the next run."""
    (woken,) = await db.call("select oneai.wake_snoozed()", [])
    (returned,) = await db.call("select oneai.return_untaken_conversations(%s)", [AT_ONCE])
    return {"woken": woken, "returned": returned}
