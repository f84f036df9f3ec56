"""OpenAI's own client, against the stack over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from openai import AsyncOpenAI

from tests.patience import PATIENCE
from tests.world import World


@asynccontextmanager
async def openai_client(world: World, who: str, path: str = "/v1", retries: int = 0) -> AsyncIterator[AsyncOpenAI]:
    """The client with the access token of `who` as its key."""
    token = world.headers(who)["authorization"].removeprefix("Bearer ")
    async with AsyncOpenAI(
        api_key=token, base_url=f"{world.address}{path}", timeout=PATIENCE, max_retries=retries
    ) as client:
        yield client
