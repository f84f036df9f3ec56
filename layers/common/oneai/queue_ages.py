"""How far behind the jobs are: one metric for each queue with due items."""

from oneai import log, metrics
from oneai.errors import OneAIError
from oneai.postgres import db


async def report() -> dict[str, int]:
    """Emits the age in seconds of the oldest due item of each queue, and returns the ages by queue.

    Never fails, because the job that calls it has already done its work.
    """
    try:
        (ages,) = await db.call("select oneai.queue_ages()", [], idempotent=True)
    except OneAIError as error:
        log.warning("the ages of the queues could not be read", code=error.code)
        return {}
    for queue, seconds in ages.items():
        metrics.count(metrics.QUEUE_AGE, seconds, of=queue)
    return dict(ages)
