"""The examples of clients/ that use libraries run as they stand."""

import sys
from typing import Any

import pytest

from tests.api_keys.keys import create
from tests.http.test_client_examples import CLIENTS, NODE, Ended, run, sign_up
from tests.world import World

pytestmark = pytest.mark.sampled(0.25)

MODULES = str(CLIENTS.parent / "web" / "node_modules")


async def run_with_key(world: World, *command: str, **fields: Any) -> Ended:
    """Runs an example with an API key that is made with these fields."""
    key = (await create(world, world.newcomer(), **fields))["secret"]
    return await run(
        *command, OPENAI_BASE_URL=f"{world.address}/v1", OPENAI_API_KEY=key, NODE_PATH=MODULES, PYTHONUTF8="1"
    )


def assert_answered_and_called(ended: Ended) -> None:
    """The answer to "What is a monsoon?" with its tokens, and the one that a function's result led to."""
    assert (ended.code, ended.err) == (0, "")
    *answer, tokens, called = ended.out.splitlines()
    assert "What is a monsoon?" in "\n".join(answer)
    assert int(tokens.removesuffix(" tokens")) > 10
    assert called == "The tools say rain in Pune."


async def test_openais_library_streams_and_calls_a_function(shared: World) -> None:
    assert_answered_and_called(
        await run_with_key(shared, sys.executable, str(CLIENTS / "openai_chat.py"), "What is a monsoon?")
    )


async def test_the_ai_sdk_streams_and_calls_a_function(shared: World) -> None:
    assert_answered_and_called(await run_with_key(shared, NODE, str(CLIENTS / "ai_sdk.cjs"), "What is a monsoon?"))


async def test_both_libraries_report_a_used_up_budget(shared: World) -> None:
    budget = {"micro_usd": 1, "window": "day"}
    for command in ((sys.executable, str(CLIENTS / "openai_chat.py")), (NODE, str(CLIENTS / "ai_sdk.cjs"))):
        ended = await run_with_key(shared, *command, "Hello", budget=budget)

        assert ended.code == 1
        assert ended.err.startswith("insufficient_quota: ")


async def test_supabases_library_signs_in_refreshes_and_signs_out(shared: World) -> None:
    user = await sign_up(shared, "anika", "anika-password")

    ended = await run(sys.executable, str(CLIENTS / "sign_in.py"), **user)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == ["anika@example.com has the plan free", "unauthenticated"]
