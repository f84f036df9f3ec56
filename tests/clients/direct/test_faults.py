"""Servers that never answer, that send bytes without pieces, or something that is no answer."""

from dataclasses import replace

import pytest

from oneai.clients.custom import completion as custom_completion
from oneai.clients.model_streams import direct
from oneai.errors import OneAIError, UpstreamError, UpstreamTimeout
from tests.clients.direct.stand_in_servers import PROVIDERS, Running, running

ALL = list(PROVIDERS)


async def failure(provider: Running, fault: str) -> OneAIError | None:
    """What a fault becomes."""
    prefix = "example/" if provider.provider.name == "replicate" else ""
    return (await provider.ask(model=f"{prefix}fault-{fault}", endpoint=provider.endpoint(piece_seconds=0.3))).error


@pytest.mark.parametrize("name", ALL)
async def test_a_server_that_never_answers_times_out(name: str) -> None:
    async with running(name) as provider:
        assert isinstance(await failure(provider, "silent"), UpstreamTimeout)


@pytest.mark.parametrize("name", ALL)
async def test_bytes_without_a_piece_do_not_extend_the_wait(name: str) -> None:
    async with running(name) as provider:
        assert isinstance(await failure(provider, "drips"), UpstreamTimeout)


@pytest.mark.parametrize("name", ALL)
async def test_a_page_in_place_of_an_answer_is_an_error(name: str) -> None:
    async with running(name) as provider:
        error = await failure(provider, "html")

    assert isinstance(error, OneAIError)
    assert type(error).__name__ in ("UpstreamError", "UpstreamUnavailable")


@pytest.mark.parametrize("name", ALL)
async def test_a_hundred_megabytes_are_not_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "MAX_BODY_BYTES", 2_000_000)
    monkeypatch.setattr(custom_completion, "MAX_BODY_BYTES", 2_000_000)
    async with running(name) as provider:
        prefix = "example/" if name == "replicate" else ""
        error = (await provider.ask(model=f"{prefix}fault-large")).error

    assert isinstance(error, OneAIError)


@pytest.mark.parametrize("name", ALL)
async def test_a_redirect_is_not_followed(name: str) -> None:
    async with running(name) as provider:
        error = await failure(provider, "redirects")
        paths = [each["path"] for each in await provider.requests()]

    assert isinstance(error, UpstreamError)
    assert not any("local" in path for path in paths)


@pytest.mark.parametrize("name", ALL)
async def test_an_unreachable_server_is_unavailable(name: str) -> None:
    async with running(name) as provider:
        endpoint = replace(provider.endpoint(), base_url="http://127.0.0.1:9/v1")
        error = (await provider.ask(endpoint=endpoint)).error

    assert error is not None
    assert error.code == "upstream_unavailable"


async def test_counts_beyond_what_was_sent_are_not_believed() -> None:
    async with running("custom") as provider:
        answered = await provider.ask(model="lies")

    assert answered.error is None
    assert answered.said.usage is None


async def test_a_key_that_is_revoked_between_two_questions_is_refused() -> None:
    async with running("anthropic") as provider:
        first = await provider.ask()
        second = await provider.ask(endpoint=provider.endpoint(key="revoked"))

    assert first.error is None
    assert type(second.error).__name__ == "ProviderKeyRefused"


@pytest.mark.parametrize(("sample", "times"), [("overloaded_at_once", 3), ("overloaded_after_text", 1)])
async def test_an_overload_is_asked_again_before_the_first_piece_alone(sample: str, times: int) -> None:
    async with running("anthropic") as provider:
        answered = await provider.ask(model=f"replay-{sample}")
        asked = [each for each in await provider.requests() if each["method"] == "POST"]

    assert type(answered.error).__name__ == "ModelBusy"
    assert len(asked) == times


async def test_a_refusal_is_logged_with_the_providers_name_of_the_request(caplog: pytest.LogCaptureFixture) -> None:
    async with running("openai") as provider:
        answered = await provider.ask(endpoint=provider.endpoint(key="wrong"))

    assert "req_stand_in" not in str(vars(answered.error))
    (line,) = [vars(record) for record in caplog.records if record.message == "a provider failed"]
    assert (line["provider"], line["provider_request"]) == ("openai", "req_stand_in")


@pytest.mark.parametrize("is_operators", [False, True])
@pytest.mark.parametrize("name", ALL)
async def test_only_a_failure_of_the_operators_key_is_counted(
    name: str, *, is_operators: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A workspace's key that is refused is a matter of its owner, not of operators."""
    async with running(name) as provider:
        answered = await provider.ask(endpoint=provider.endpoint(key="wrong", is_operators=is_operators))

    assert type(answered.error).__name__ == "ProviderKeyRefused"
    assert ("UpstreamFailures" in capsys.readouterr().out) is is_operators


async def test_leaving_a_prediction_cancels_it() -> None:
    async with running("replicate") as provider:
        question = [{"role": "user", "content": "Hi"}]
        prediction = {"model": "example/hangs", "messages": question}
        async with provider.provider.client.complete(prediction, provider.endpoint()) as left:
            await anext(left)
        paths = [each["path"] for each in await provider.requests()]

    assert paths[-1].endswith("/cancel")


async def test_an_ended_prediction_is_not_cancelled() -> None:
    async with running("replicate") as provider:
        await provider.ask()
        paths = [each["path"] for each in await provider.requests()]

    assert not any(path.endswith("/cancel") for path in paths)


async def test_the_key_goes_to_no_other_host() -> None:
    async with running("replicate") as provider:
        answered = await provider.ask(model="example/elsewhere")

    # The stream is at another host, so the state is polled.
    assert answered.error is None
    assert answered.text.startswith("You asked")
