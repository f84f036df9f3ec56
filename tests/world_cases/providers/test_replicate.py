"""Replicate: see README.md."""

from oneai.errors import EmptyAnswer, UpstreamTimeout
from tests.clients.direct.stand_in_servers import running


async def test_a_prediction_that_starts_slowly_is_waited_for() -> None:
    async with running("replicate") as provider:
        answered = await provider.ask(model="example/unstreamed")
        asked = await provider.requests()

    assert answered.error is None
    assert answered.text.startswith("You asked")
    looks = [each for each in asked if each["method"] == "GET" and "predictions" in each["path"]]
    assert len(looks) == 2


async def test_a_start_without_a_token_ends_with_words() -> None:
    async with running("replicate") as provider:
        answered = await provider.ask(model="example/fault-silent", endpoint=provider.endpoint(piece_seconds=0.3))

    assert isinstance(answered.error, UpstreamTimeout)


async def test_a_stream_begins_with_nothing_of_the_one_before() -> None:
    async with running("replicate") as provider:
        texts = [(await provider.ask("Hi")).text for _ in range(3)]

    assert len(set(texts)) == 1


async def test_a_model_by_its_version_has_its_own_path() -> None:
    async with running("replicate") as provider:
        answered = await provider.ask(model="example/llm:0123456789abcdef")
        asked = next(each for each in await provider.requests() if each["method"] == "POST")

    assert answered.error is None
    assert asked["path"] == "/v1/predictions"
    assert asked["body"]["version"] == "0123456789abcdef"


async def test_a_prediction_without_an_output_is_an_empty_answer() -> None:
    async with running("replicate") as provider:
        answered = await provider.ask(model="example/unstreamed-empty")

    assert isinstance(answered.error, EmptyAnswer)
