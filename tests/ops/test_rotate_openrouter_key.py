"""`make rotate-openrouter-key`, with the stand-in's keys and a secret in Secrets Manager's own terms."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import boto3
import psycopg
import pytest
from moto import mock_aws

from oneai import settings
from oneai.clients.openrouter import management, rotation
from oneai.clients.openrouter.management import KeyInfo
from oneai.clients.secret_versions import SecretUnavailable
from ops import rotate_openrouter_key
from stand_ins.openrouter.keys import MANAGEMENT_KEY
from tests.patience import eventually
from tests.world import World

pytestmark = pytest.mark.sampled(0.34)

REGION = "ap-south-1"
OTHERS = {"DATABASE_URL": "postgresql://oneai_app:pa55word@host/postgres", "RAZORPAY_KEY_SECRET": "rzp"}
MODEL = "openai/gpt-4.1-mini"


class Deployment:
    """The secret as the functions see it, and the account's keys."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = boto3.client("secretsmanager", REGION)
        self.arn = self.client.create_secret(Name="oneai", SecretString="{}")["ARN"]

    def put(self, keys: str, **others: str) -> None:
        """Has these keys in the secret."""
        values = {**OTHERS, "OPENROUTER_API_KEY": keys, **others}
        self.client.put_secret_value(SecretId=self.arn, SecretString=json.dumps(values))

    def values(self) -> dict[str, str]:
        """The current version of the secret."""
        found: dict[str, str] = json.loads(
            self.client.get_secret_value(SecretId=self.arn, VersionStage="AWSCURRENT")["SecretString"]
        )
        return found

    def api_keys(self) -> list[str]:
        """Our keys, as a function that starts now reads them."""
        return self.values()["OPENROUTER_API_KEY"].split(",")

    async def key(self, name: str = "first", **limits: Any) -> tuple[KeyInfo, str]:
        """A new key of the account."""
        return await management.create_key(MANAGEMENT_KEY, name, limits)

    async def states(self) -> dict[str, bool]:
        """By its name, whether a key of the account is enabled."""
        listed = await management.list_keys(MANAGEMENT_KEY)
        return {each.name: not each.disabled for each in listed if each.name != "made in the dashboard"}

    async def rotate(self, *arguments: str) -> int:
        """Runs the command to its end."""
        return await asyncio.to_thread(rotate_openrouter_key.main, list(arguments))


@pytest.fixture
def deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")  # an operator's own; the secret is in another
    monkeypatch.setattr(rotation, "WAIT_SECONDS", 0)
    monkeypatch.setattr(rotation, "SECONDS_BETWEEN_ATTEMPTS", 0)
    monkeypatch.setenv("DATABASE_URL", world.database.url("postgres"))
    monkeypatch.setenv("OPENROUTER_MANAGEMENT_KEY", MANAGEMENT_KEY)
    monkeypatch.setenv("OPERATOR", "maya")
    with mock_aws():
        deployment = Deployment(world)
        monkeypatch.setenv("SECRET_ARN", deployment.arn)
        settings.reset_cache()
        yield deployment
    settings.reset_cache()


async def test_a_new_key_replaces_the_old_one_which_is_disabled(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    old, old_key = await deployment.key(limit=50, limit_reset="monthly")
    deployment.put(old_key)

    assert await deployment.rotate("--reason", "was in a screenshot") == 0

    (new_key,) = deployment.api_keys()
    listed = {each.name: each for each in await management.list_keys(MANAGEMENT_KEY)}
    new = listed[f"OneAI, replaces {old.label}"]
    assert (new.is_of(new_key), new.disabled, new.limits) == (True, False, old.limits)
    assert listed["first"].disabled
    assert {name: value for name, value in deployment.values().items() if name in OTHERS} == OTHERS
    spent = await management.fetch_spend(new_key)
    assert spent.usage_micro_usd > 0, "it answered a question"
    output = capsys.readouterr()
    assert [line.split(" ", 1)[0] for line in output.out.splitlines()] == [new.label] * 3 + [old.label] * 2
    assert output.err == ""
    rows = deployment.world.database.rows(
        "select actor, action, target_kind, target_id, reason from oneai.audit_log order by id"
    )
    assert rows == [
        ("maya", "openrouter_key.create", "openrouter_key", new.label, "was in a screenshot"),
        ("maya", "openrouter_key.disable", "openrouter_key", old.label, "was in a screenshot"),
    ]
    for secret in (old_key, new_key, MANAGEMENT_KEY, "pa55word"):
        assert secret not in output.out + str(rows)
    assert MANAGEMENT_KEY not in str(deployment.values())


async def test_a_key_can_be_rotated_repeatedly(deployment: Deployment) -> None:
    _, key = await deployment.key()
    deployment.put(key)
    seen = {key}
    for _ in range(3):
        assert await deployment.rotate() == 0
        seen |= set(deployment.api_keys())

    assert len(seen) == 4
    assert sorted((await deployment.states()).values()) == [False, False, False, True]


@pytest.mark.parametrize("steps", range(7))
async def test_a_rotation_killed_after_any_step_is_completed_by_the_next(deployment: Deployment, steps: int) -> None:
    _, old_key = await deployment.key()
    deployment.put(old_key)
    killed = rotation.rotate(MANAGEMENT_KEY, MODEL, wait_seconds=0)
    for _ in range(steps):
        await anext(killed, None)
    await killed.aclose()  # type: ignore[attr-defined]
    assert old_key in deployment.api_keys() or steps >= 5

    assert await deployment.rotate() == 0

    (new_key,) = deployment.api_keys()
    assert new_key != old_key
    await management.fetch_spend(new_key)
    states = await deployment.states()
    assert states["first"] is False
    assert list(states.values()).count(True) == 1, states


async def test_functions_have_both_keys_until_the_old_one_is_disabled(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "WAIT_SECONDS", 3600)
    waits: list[float] = []
    _, old_key = await deployment.key()
    deployment.put(old_key)

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        first, second = deployment.api_keys()
        assert second == old_key
        assert (await management.fetch_spend(first)).label != (await management.fetch_spend(old_key)).label
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        async for _ in rotation.rotate(MANAGEMENT_KEY, MODEL, wait_seconds=3600, pause=pause):
            pass

    assert 3500 < waits[0] <= 3600
    assert len(deployment.api_keys()) == 2
    assert set((await deployment.states()).values()) == {True}


async def test_a_second_concurrent_rotation_is_refused_and_changes_nothing(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    _, key = await deployment.key()
    deployment.put(key)
    with psycopg.connect(deployment.world.database.url("postgres"), autocommit=True) as first:
        first.execute(rotate_openrouter_key.LOCK)

        assert await deployment.rotate() == 1
        first.execute(rotate_openrouter_key.UNLOCK)

    assert capsys.readouterr().err == (
        "Another rotation of this deployment's keys is under way. Run this again when it has ended.\n"
    )
    assert deployment.api_keys() == [key]
    assert await deployment.rotate() == 0


async def test_a_rotation_holds_a_lock_and_stops_if_it_loses_the_database(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rotation, "WAIT_SECONDS", 3600)
    monkeypatch.setattr(rotate_openrouter_key, "KEEP_ALIVE_SECONDS", 0.05)
    _, key = await deployment.key()
    deployment.put(key)
    rotating = asyncio.create_task(deployment.rotate())
    await eventually(lambda: asyncio.to_thread(deployment.api_keys), lambda keys: len(keys) == 2)
    with psycopg.connect(deployment.world.database.url("postgres"), autocommit=True) as second:
        assert second.execute(rotate_openrouter_key.LOCK).fetchone() == (False,)

    deployment.world.database.rows(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted"
    )

    assert await rotating == 1
    assert "The database broke off" in capsys.readouterr().err
    assert (await deployment.states())["first"] is True
    assert len(deployment.api_keys()) == 2


async def test_a_refused_new_key_is_deleted_and_the_secret_kept(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    _, key = await deployment.key(limit=0)
    deployment.put(key)

    assert await deployment.rotate() == 1

    assert capsys.readouterr().err == (
        "OpenRouter does not accept the new key. It is deleted again, and the secret is as it was.\n"
    )
    assert deployment.api_keys() == [key]
    assert list(await deployment.states()) == ["first"]


async def test_a_model_that_does_not_answer_keeps_the_old_key(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENROUTER_RETRY_SECONDS", "0")
    settings.reset_cache()
    _, key = await deployment.key()
    deployment.put(key)

    assert await deployment.rotate("--model", "local/error-503") == 1

    assert "local/error-503 did not answer to the new key (upstream_unavailable)" in capsys.readouterr().err
    assert (deployment.api_keys(), list(await deployment.states())) == ([key], ["first"])


async def test_a_concurrent_change_of_the_secret_is_kept(deployment: Deployment) -> None:
    _, key = await deployment.key()
    deployment.put(key)
    rotating = rotation.rotate(MANAGEMENT_KEY, MODEL, wait_seconds=0)
    assert [(await anext(rotating)).action for _ in range(2)] == ["created", "verified"]
    deployment.put(key, RAZORPAY_KEY_SECRET="another")

    with pytest.raises(SecretUnavailable, match=r"changed elsewhere at the same time\. Run this again\."):
        await anext(rotating)

    assert (deployment.api_keys(), deployment.values()["RAZORPAY_KEY_SECRET"]) == ([key], "another")
    assert await deployment.rotate() == 0
    assert deployment.values()["RAZORPAY_KEY_SECRET"] == "another"
    assert list((await deployment.states()).values()).count(True) == 1


async def test_the_named_one_of_several_keys_is_replaced_in_its_position(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = [await deployment.key(name) for name in "abc"]
    texts = [key for _, key in pairs]
    deployment.put(", ".join(texts))

    assert await deployment.rotate() == 1
    endings = ", ".join(f"…{key[-4:]}" for key in texts)
    assert capsys.readouterr().err.startswith(f"The secret has several keys: {endings}.")
    assert await deployment.rotate("--key", "nothing") == 1
    assert f"0 of the secret's keys end with nothing: {endings}." in capsys.readouterr().err

    assert await deployment.rotate("--key", texts[1][-6:]) == 0

    first, second, third = deployment.api_keys()
    assert (first, third) == (texts[0], texts[2])
    assert second not in texts
    assert [(await deployment.states())[name] for name in "abc"] == [True, False, True]


async def test_a_missing_setting_is_reported_in_a_sentence(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, key = await deployment.key()

    async def error() -> str:
        settings.reset_cache()
        assert await deployment.rotate() == 1
        return capsys.readouterr().err

    deployment.put("")
    assert await error() == ("The secret has no OPENROUTER_API_KEY: create the first key in OpenRouter's dashboard.\n")
    deployment.put("sk-or-v1-of-another-account")
    assert await error() == "The key …ount is not of the account that the management key is for.\n"
    deployment.client.put_secret_value(SecretId=deployment.arn, SecretString="[sk-canary")
    assert await error() == "The secret is not a JSON object of texts.\n"
    monkeypatch.setenv("SECRET_ARN", deployment.arn.replace("oneai", "nothing"))
    assert await error() == "Secrets Manager refuses: ResourceNotFoundException.\n"
    monkeypatch.setenv("SECRET_ARN", "")
    assert (await error()).startswith("SECRET_ARN is not a secret")
    monkeypatch.setenv("OPENROUTER_MANAGEMENT_KEY", key)
    assert await error() == "OpenRouter does not accept this management key. Run this again: it goes on from here.\n"
    monkeypatch.setenv("OPENROUTER_MANAGEMENT_KEY", "")
    assert (await error()).startswith("OPENROUTER_MANAGEMENT_KEY is not set")
    assert list((await deployment.states()).values()) == [True]
