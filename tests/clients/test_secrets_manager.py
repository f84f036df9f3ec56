"""Settings come from the environment, and what it lacks from the deployment's secret."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import boto3
import pytest
from moto import mock_aws

from oneai import settings
from oneai.clients import secrets_manager

pytestmark = pytest.mark.sampled(0.34)

REGION = "ap-south-1"


@dataclass(frozen=True)
class SampleSettings:
    openrouter_api_key: str
    some_limit: Decimal | None = None
    some_patterns: tuple[str, ...] = ()
    some_switch: bool = False


class Vault:
    """The secret, as an operator changes it."""

    def __init__(self) -> None:
        self.client = boto3.client("secretsmanager", REGION)
        self.arn = self.client.create_secret(Name="oneai", SecretString="{}")["ARN"]

    def put(self, text: str) -> None:
        self.client.put_secret_value(SecretId=self.arn, SecretString=text)


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    with mock_aws():
        vault = Vault()
        monkeypatch.setenv("SECRET_ARN", vault.arn)
        settings.reset_cache()
        yield vault
    settings.use_secret({})
    settings.reset_cache()


def test_a_setting_missing_from_the_environment_comes_from_the_secret(vault: Vault) -> None:
    vault.put(json.dumps({"OPENROUTER_API_KEY": "sk-from-the-secret"}))

    secrets_manager.load()

    assert settings.read(SampleSettings).openrouter_api_key == "sk-from-the-secret"


def test_a_function_may_have_its_own_secret_beside_the_common_one(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.put(json.dumps({"OPENROUTER_API_KEY": "sk-of-all"}))
    own = vault.client.create_secret(Name="own", SecretString=json.dumps({"SOME_SWITCH": "true"}))["ARN"]
    monkeypatch.setenv("OWN_SECRET_ARN", own)
    settings.reset_cache()

    secrets_manager.load()

    assert settings.read(SampleSettings) == SampleSettings("sk-of-all", some_switch=True)


def test_the_environment_wins_over_the_secret(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.put(json.dumps({"OPENROUTER_API_KEY": "sk-from-the-secret"}))
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-from-the-environment")

    secrets_manager.load()

    assert settings.read(SampleSettings).openrouter_api_key == "sk-from-the-environment"


def test_a_refused_credential_is_reloaded_at_a_limited_rate(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.put(json.dumps({"OPENROUTER_API_KEY": "sk-old"}))
    secrets_manager.load()
    vault.put(json.dumps({"OPENROUTER_API_KEY": "sk-new"}))

    assert not secrets_manager.refresh(), "it was read a moment ago"
    monkeypatch.setattr(secrets_manager, "SECONDS_BETWEEN", 0)
    assert secrets_manager.refresh()
    assert settings.read(SampleSettings).openrouter_api_key == "sk-new"
    assert not secrets_manager.refresh(), "nothing has changed since"


@pytest.mark.parametrize("text", ["", "not json", "[]", "3"])
def test_an_empty_secret_prevents_no_function_from_starting(vault: Vault, text: str) -> None:
    if text:
        vault.put(text)

    secrets_manager.load()

    with pytest.raises(settings.SettingsError, match="OPENROUTER_API_KEY is missing"):
        settings.read(SampleSettings)


def test_an_unreadable_secret_is_logged_without_its_text(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    vault.put('{"OPENROUTER_API_KEY": "sk-half-written')

    secrets_manager.load()

    assert "sk-half" not in capsys.readouterr().out


def test_settings_are_parsed_by_their_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENROUTER_API_KEY": "k",
        "SOME_LIMIT": "0.5",
        "SOME_PATTERNS": "a/*, b",
        "SOME_SWITCH": "true",
    }.items():
        monkeypatch.setenv(name, value)
    settings.reset_cache()

    assert settings.read(SampleSettings) == SampleSettings("k", Decimal("0.5"), ("a/*", "b"), some_switch=True)

    monkeypatch.setenv("SOME_LIMIT", "a lot")
    settings.reset_cache()
    with pytest.raises(settings.SettingsError, match="SOME_LIMIT is not a number") as refused:
        settings.read(SampleSettings)
    assert "a lot" not in str(refused.value)
    settings.reset_cache()
