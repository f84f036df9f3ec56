"""The client for Lambda's Invoke API, over HTTP to the stack's stand-in."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from local import invoke_api, template
from local.data_folder import REPOSITORY
from local.jobs import Jobs
from local.limits import INVOCATION_BYTES
from local.metrics import Metrics
from oneai import settings
from oneai.clients import lambda_invoke
from oneai.clients.lambda_invoke import FunctionFailed
from tests.patience import PATIENCE, eventually
from tests.served import served

pytestmark = pytest.mark.sampled(0.34)

SAMPLE = template.read(REPOSITORY / "tests/local/sample/template.yaml")


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(Metrics(tmp_path / "metrics.jsonl"))


@pytest.fixture
async def address(jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The stand-in over the sample's functions, which the client is set to."""
    monkeypatch.setenv("SAMPLE_DIARY", str(tmp_path / "diary"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "local")
    hurried = tuple(dataclasses.replace(each, timeout=1) for each in SAMPLE.functions if each.name == "diary")
    renamed = tuple(dataclasses.replace(each, logical_id="HurriedFunction") for each in hurried)
    functions = dataclasses.replace(SAMPLE, functions=(*SAMPLE.functions, *renamed))
    async with served(lambda _: invoke_api.create(functions, jobs)) as url:
        monkeypatch.setenv("LAMBDA_ENDPOINT_URL", url)
        settings.reset_cache()
        lambda_invoke.reset_cache()
        yield url
    settings.reset_cache()
    lambda_invoke.reset_cache()


async def invoke(
    payload: dict[str, object], name: str = "DiaryFunction", seconds: float = PATIENCE
) -> dict[str, object]:
    return await lambda_invoke.invoke(name, payload, timeout_seconds=seconds)


@pytest.mark.parametrize(
    "name",
    [
        "DiaryFunction",
        "DiaryFunction:live",
        "arn:aws:lambda:ap-south-1:123456789012:function:DiaryFunction",
        "arn:aws:lambda:ap-south-1:123456789012:function:DiaryFunction:live",
    ],
)
async def test_a_function_answers_by_any_of_its_names(address: str, tmp_path: Path, name: str) -> None:
    answer = await invoke({"wrote": "a page"}, name)

    assert "knows" in answer
    assert (tmp_path / "diary").read_text() == "a page\n"


@pytest.mark.parametrize(
    ("payload", "name", "code"),
    [
        ({"wrote": "nothing"}, "DiaryFunction", "ValueError"),
        ({"wrote": "for ever"}, "HurriedFunction", "Sandbox.Timedout"),
        ({"wrote": "a page"}, "AbsentFunction", "ResourceNotFoundException"),
        ({"wrote": "x" * INVOCATION_BYTES}, "DiaryFunction", "RequestTooLargeException"),
    ],
)
async def test_a_failure_has_its_code_and_no_text(
    address: str, payload: dict[str, object], name: str, code: str
) -> None:
    with pytest.raises(FunctionFailed) as failed:
        await invoke(payload, name)

    assert (failed.value.code, str(failed.value), failed.value.throttled) == (code, code, False)


async def test_a_killed_function_has_failed(address: str, jobs: Jobs, tmp_path: Path) -> None:
    diary = SAMPLE.function("diary")
    assert diary is not None
    invoking = asyncio.create_task(invoke({"wrote": "for ever"}))
    await eventually(lambda: asyncio.to_thread((tmp_path / "diary").exists), bool)

    assert jobs.kill(diary) == 1

    with pytest.raises(FunctionFailed, match=r"Runtime\.ExitError"):
        await invoking


async def test_throttling_is_distinguished_from_a_failure(address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        assert (await client.post("/trouble", json={"trouble": "full"})).status_code == 422
        await client.post("/trouble", json={"trouble": "throttled"})
        with pytest.raises(FunctionFailed) as failed:
            await invoke({"wrote": "a page"})
        assert (failed.value.code, failed.value.throttled) == ("TooManyRequestsException", True)

        await client.post("/trouble", json={"trouble": None})
        assert "knows" in await invoke({"wrote": "a page"})


async def test_a_timeout_and_an_unreachable_endpoint_are_failures_with_their_reason(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FunctionFailed, match="ReadTimeoutError"):
        await invoke({"wrote": "for ever"}, seconds=0.5)

    monkeypatch.setenv("LAMBDA_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.reset_cache()
    with pytest.raises(FunctionFailed, match="EndpointConnectionError"):
        await invoke({"wrote": "a page"})


async def test_an_unsigned_call_invokes_nothing(address: str, tmp_path: Path) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        answer = await client.post("/2015-03-31/functions/DiaryFunction/invocations", json={"wrote": "a page"})

    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (403, "MissingAuthenticationTokenException")
    assert not (tmp_path / "diary").exists()
