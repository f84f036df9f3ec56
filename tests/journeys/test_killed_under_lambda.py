"""The journeys of chat and the killed processes again, with chat in environments of one and of 64 invocations."""

from collections.abc import Iterator

import pytest

from tests.journeys.lambda_runtime import MANY, ONE, under_lambda
from tests.journeys.test_a_conversation_travels import *  # noqa: F403  collected here with other stacks
from tests.journeys.test_a_first_day import *  # noqa: F403
from tests.journeys.test_a_quota_used_up import *  # noqa: F403
from tests.journeys.test_killed_at_any_moment import *  # noqa: F403
from tests.local.running import Stack

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module", params=[ONE, MANY])
def processes(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """In place of the stack of the other journeys."""
    with under_lambda(request.param) as processes:
        yield processes
