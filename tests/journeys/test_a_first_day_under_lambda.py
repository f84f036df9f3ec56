"""The first day again, with chat in a process of its own that has 64 invocations at once."""

from collections.abc import Iterator

import pytest

from tests.journeys.lambda_runtime import MANY, under_lambda
from tests.journeys.test_a_first_day import (  # noqa: F401  collected here with another stack
    test_a_new_user_signs_up_asks_stops_and_sees_the_usage,
)
from tests.local.running import Stack

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def processes() -> Iterator[Stack]:
    """In place of the stack of the other journeys."""
    with under_lambda(MANY) as processes:
        yield processes
