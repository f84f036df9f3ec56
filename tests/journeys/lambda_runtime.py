"""A stack whose chat runs in processes of its own under the Runtime API, for journeys that stand in other modules."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.local.running import Stack, running

# The concurrency of one environment: on demand, and on Managed Instances.
ONE, MANY = 1, 64


@contextmanager
def under_lambda(concurrency: int) -> Iterator[Stack]:
    """The whole system, with chat in environments of this concurrency."""
    with running(also={"CHAT_RUNTIME": "lambda", "AWS_LAMBDA_MAX_CONCURRENCY": str(concurrency)}) as processes:
        yield processes
