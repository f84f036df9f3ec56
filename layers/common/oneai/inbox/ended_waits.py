"""The job that ends the waits of conversations: until a time, or for a member who does not come."""

from oneai.postgres import db

AT_ONCE = 500


async def end_waits() -> dict[str, int]:
    """Wakes snoozed conversations whose time has come. Returns conversations to their chatbots if no member took them
    within the time of their rules. Counts both. The next run handles what exceeds AT_ONCE."""
    (woken,) = await db.call("select oneai.wake_snoozed()", [])
    (returned,) = await db.call("select oneai.return_untaken_conversations(%s)", [AT_ONCE])
    return {"woken": woken, "returned": returned}
