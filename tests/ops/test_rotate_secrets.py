"""`make rotate-database-password` and `make rotate-webhook-secret`, with a secret in Secrets Manager's own terms."""

import hmac
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from oneai import settings
from oneai.clients import razorpay, secret_versions
from oneai.clients.secret_versions import SecretUnavailable
from ops import rotate_database_password, rotate_webhook_secret
from ops.database_login import password_of
from tests.canaries import CANARY
from tests.scram import is_of
from tests.world import Database

pytestmark = pytest.mark.sampled(0.34)

OLD = f"old-{CANARY}"
NEW = f"new-webhook-secret-{CANARY}"
OTHERS = {"OPENROUTER_API_KEY": CANARY}

type Output = pytest.CaptureFixture[str]


class Secret:
    """The deployment's secret."""

    def __init__(self) -> None:
        self._client = boto3.client("secretsmanager", "ap-south-1")
        self.arn = self._client.create_secret(Name="oneai", SecretString="{}")["ARN"]

    def put(self, **values: str) -> None:
        """Has these values in it, beside others."""
        self._client.put_secret_value(SecretId=self.arn, SecretString=json.dumps(OTHERS | values))

    @property
    def values(self) -> dict[str, str]:
        """The current values of the secret."""
        current = self._client.get_secret_value(SecretId=self.arn, VersionStage="AWSCURRENT")
        found: dict[str, str] = json.loads(current["SecretString"])
        return found


@pytest.fixture
def secret(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secret]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("DATABASE_URL", database.url("postgres"))
    monkeypatch.setenv("OPERATOR", "maya")
    with mock_aws():
        secret = Secret()
        monkeypatch.setenv("SECRET_ARN", secret.arn)
        settings.reset_cache()
        yield secret
    settings.reset_cache()


def verifier(database: Database) -> str:
    """The stored verifier of the functions' password."""
    kept: str = database.one("select coalesce(rolpassword, '') from pg_authid where rolname = 'oneai_app'")
    return kept


def audited(database: Database) -> list[Any]:
    """The rows of rotations in the audit log."""
    return database.rows("select actor, action, target_id, reason from oneai.audit_log where action = 'secret.rotate'")


def address(database: Database) -> str:
    """The functions' address, with a password."""
    return database.url("oneai_app").replace("@", f":{OLD}@", 1)


def test_a_new_password_is_set_in_the_database_and_in_the_secret(
    database: Database, secret: Secret, capsys: Output
) -> None:
    secret.put(DATABASE_URL=address(database))

    assert rotate_database_password.main(["--reason", "every quarter"]) == 0

    rotated = secret.values["DATABASE_URL"]
    password = password_of(rotated)
    assert len(password) >= 40
    assert is_of(password, verifier(database))
    assert rotated.replace(password, OLD) == address(database)
    assert secret.values["OPENROUTER_API_KEY"] == CANARY
    assert audited(database) == [("maya", "secret.rotate", "DATABASE_URL", "every quarter")]
    printed = "".join(capsys.readouterr())
    assert password not in printed
    assert CANARY not in printed


def test_a_secret_that_cannot_be_written_leaves_the_old_password(
    database: Database, secret: Secret, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret.put(DATABASE_URL=address(database))
    before = verifier(database)

    def refuse(*_: object, **__: str) -> None:
        raise SecretUnavailable("The secret was changed elsewhere at the same time. Run this again.")

    monkeypatch.setattr(secret_versions, "replace", refuse)

    assert rotate_database_password.main([]) == 1

    assert verifier(database) == before
    assert secret.values["DATABASE_URL"] == address(database)
    assert audited(database) == []
    assert "The password is the old one" in capsys.readouterr().err


def test_a_secret_without_an_address_is_not_changed(database: Database, secret: Secret, capsys: Output) -> None:
    secret.put()

    assert rotate_database_password.main([]) == 1

    assert "has no DATABASE_URL with a password" in capsys.readouterr().err
    assert secret.values == OTHERS


def test_a_new_webhook_secret_is_added_beside_the_old_one(
    database: Database, secret: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret.put(RAZORPAY_WEBHOOK_SECRET=OLD)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NEW}\n"))

    assert rotate_webhook_secret.main([]) == 0

    assert audited(database) == [("maya", "secret.rotate", "RAZORPAY_WEBHOOK_SECRET", None)]
    for name, value in secret.values.items():
        monkeypatch.setenv(name, value)
    settings.reset_cache()
    for signed_by, matching in ((NEW, "current"), (OLD, "previous")):
        signature = hmac.digest(signed_by.encode(), b"{}", "sha256").hex()
        assert razorpay.matching_secret(b"{}", signature) == matching
    assert razorpay.previous_secret_problem(datetime.now(UTC)) is None


@pytest.mark.parametrize("typed", ["", "short", OLD])
def test_an_invalid_webhook_secret_is_refused(
    secret: Secret, capsys: Output, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    secret.put(RAZORPAY_WEBHOOK_SECRET=OLD)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))

    assert rotate_webhook_secret.main([]) == 1

    assert "Nothing was changed" in capsys.readouterr().err
    assert secret.values == OTHERS | {"RAZORPAY_WEBHOOK_SECRET": OLD}


def test_a_second_rotation_within_a_day_is_refused(
    secret: Secret, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    yesterday = (datetime.now(UTC) - timedelta(hours=23)).isoformat()
    names = ("RAZORPAY_WEBHOOK_SECRET", "RAZORPAY_WEBHOOK_SECRET_PREVIOUS", "RAZORPAY_WEBHOOK_SECRET_ROTATED_AT")
    before = dict(zip(names, (OLD, f"older-{CANARY}", yesterday), strict=True))
    secret.put(**before)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NEW}\n"))

    assert rotate_webhook_secret.main([]) == 1

    assert "counts for 24 hours" in capsys.readouterr().err
    assert secret.values == OTHERS | before
