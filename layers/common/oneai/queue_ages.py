"""How far behind the jobs are: a metric for each queue with something due, and none where nothing is."""

from oneai import log, metrics
from oneai.errors import OneAIError
from oneai.postgres import db


async def report() -> dict[str, int]:
    """Emits for how many seconds the oldest item of each queue has been due, and returns it by queue.

    Never fails: the job that reports has done its work.
    """
    try:
        (ages,) = await db.call("select oneai.queue_ages()", [], idempotent=True)
    except OneAIError as error:
        log.warning("the ages of the queues could not be read", code=error.code)
        return {}
    for queue, seconds in ages.items():
        metrics.count(metrics.QUEUE_AGE, seconds, of=queue)
    return dict(ages)
