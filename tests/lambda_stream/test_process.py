"""The life of the process: how it starts, is snapshotted and restored, and stops."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.lambda_stream.sandbox import LAYER, function, rest_event

pytestmark = pytest.mark.sampled(0.4)


async def test_the_wrapper_script_starts_from_any_folder_with_the_layer_beside_it(tmp_path: Path) -> None:
    layer = tmp_path / "a built layer"
    shutil.copytree(LAYER / "oneai", layer / "oneai")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "json.py").write_text("raise SystemExit('the current folder is no place to import from')")
    async with function("plain.echo", tmp_path, start=layer / "oneai" / "start", folder=elsewhere) as chat:
        assert (await chat.api.invoke(rest_event()).prelude())["statusCode"] == 200


async def test_the_paths_set_by_lambda_remain_importable(tmp_path: Path) -> None:
    for folder in ("given", "runtime"):
        (tmp_path / folder).mkdir()
    (tmp_path / "given" / "from_the_path.py").write_text("from from_the_runtime import app")
    (tmp_path / "runtime" / "from_the_runtime.py").write_text("from plain import echo as app")
    paths = {"PYTHONPATH": str(tmp_path / "given"), "LAMBDA_RUNTIME_DIR": str(tmp_path / "runtime")}
    async with function("from_the_path.app", tmp_path, paths) as chat:
        assert (await chat.api.invoke(rest_event()).prelude())["statusCode"] == 200


async def test_the_app_gets_its_request_id_deadline_and_trace(tmp_path: Path) -> None:
    async with function("plain.echo", tmp_path, {"_X_AMZN_TRACE_ID": "left over"}) as chat:
        traced = chat.api.invoke(rest_event(), timeout_s=7, extra_headers={"Lambda-Runtime-Trace-Id": "Root=1-2-3"})
        await traced.prelude()
        seen = json.loads(await traced.rest())
        assert (seen["request_id"], seen["deadline_ms"]) == (traced.request_id, traced.deadline_ms)
        assert seen["trace_id"] == "Root=1-2-3"

        untraced = chat.api.invoke(rest_event())
        await untraced.prelude()
        assert json.loads(await untraced.rest())["trace_id"] is None


async def test_the_state_of_the_lifespan_is_available_to_every_request(tmp_path: Path) -> None:
    async with function("plain.with_lifespan", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event())
        await invocation.prelude()
        assert json.loads(await invocation.rest())["state"] == {"greeting": "hello"}


async def test_a_failing_lifespan_is_an_init_error(tmp_path: Path) -> None:
    async with function("plain.with_lifespan", tmp_path, {"STARTUP": "fails"}) as chat:
        failure = await chat.api.failures.get()
        assert (failure.path, failure.body["errorMessage"]) == ("/init/error", "no key")
        assert await chat.exit_code() == 1
        assert chat.api.calls == ["/init/error"]


async def test_a_snapshot_is_taken_between_the_hooks(tmp_path: Path) -> None:
    async with function("snapshots.app", tmp_path, {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}) as chat:
        await chat.api.called("/restore/next")
        before = ["startup", "before snapshot, registered second", "before snapshot, registered first"]
        assert (tmp_path / "hooks").read_text().splitlines() == before
        chat.api.may_restore.set()
        await chat.api.called("/next")
        after = ["after restore, awaited", "after restore, registered second"]
        assert (tmp_path / "hooks").read_text().splitlines() == before + after

        assert (await chat.api.invoke(rest_event()).prelude())["statusCode"] == 200
        assert chat.api.calls[:2] == ["/restore/next", "/next"]


async def test_no_hook_runs_without_snapstart(tmp_path: Path) -> None:
    async with function("snapshots.app", tmp_path, {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}) as chat:
        await chat.api.called("/next")
        assert (tmp_path / "hooks").read_text().splitlines() == ["startup"]
        assert chat.api.calls == ["/next"]


@pytest.mark.parametrize(
    ("hook", "path", "error_type", "exit_code"),
    [
        ("before snapshot, registered first", "/init/error", "Runtime.BeforeSnapshotError", 64),
        ("after restore, awaited", "/restore/error", "Runtime.AfterRestoreError", 65),
        ("after restore, registered second", "/restore/error", "Runtime.AfterRestoreError", 65),
    ],
)
async def test_a_failing_hook_is_reported_with_its_own_error_and_exit_code(
    tmp_path: Path, hook: str, path: str, error_type: str, exit_code: int
) -> None:
    variables = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start", "FAILING_HOOK": hook}
    async with function("snapshots.app", tmp_path, variables) as chat:
        chat.api.may_restore.set()
        failure = await chat.api.failures.get()
        assert (failure.path, failure.body["errorType"]) == (path, error_type)
        assert failure.headers["lambda-runtime-function-error-type"] == error_type
        assert failure.body["errorMessage"] == f"LookupError: {hook} failed"
        assert await chat.exit_code() == exit_code
        assert "/next" not in chat.api.calls


async def test_sigterm_shuts_down_an_idle_app(tmp_path: Path) -> None:
    async with function("plain.with_lifespan", tmp_path) as chat:
        await chat.api.called("/next")
        os.kill(chat.process.pid, signal.SIGTERM)
        assert await chat.exit_code() == 0
        assert (tmp_path / "shut down").exists()


async def test_sigterm_during_a_response_lets_the_app_finish_it(tmp_path: Path) -> None:
    async with function("plain.with_lifespan", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event("/until-shutdown"))
        await invocation.prelude()
        assert await invocation.chunk() == b"data: one\n\n"
        os.kill(chat.process.pid, signal.SIGTERM)
        assert await invocation.rest() == b"data: cut short\n\n"
        assert not invocation.truncated
        assert await chat.exit_code() == 0
        assert chat.api.calls == ["/next", "/response"]


async def test_sigterm_ends_an_app_that_does_not_end_itself(tmp_path: Path) -> None:
    async with function("plain.two_chunks", tmp_path) as chat:
        invocation = chat.api.invoke(rest_event())
        await invocation.prelude()
        os.kill(chat.process.pid, signal.SIGTERM)
        assert await chat.exit_code() == 0
        await invocation.ended.wait()
        assert invocation.truncated
