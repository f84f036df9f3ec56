"""Changes values of the deployment's secret for operators, only if it did not change in the meantime.

It runs with an operator's own credentials, which need `GetSecretValue`, `PutSecretValue` and
`UpdateSecretVersionStage`. Functions only read the secret (`oneai.clients.secrets_manager`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from oneai import settings
from oneai.clients.secrets_manager import SecretSettings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CURRENT = "AWSCURRENT"
# Holds a new version until it replaces the version from which it was made.
PENDING = "oneai-pending"


class SecretUnavailable(Exception):
    """The secret cannot be read or changed. The text is a sentence for the operator, and never quotes the secret."""


@dataclass(frozen=True)
class SecretVersion:
    """The secret's values, and the time of their last change."""

    id: str
    created_at: datetime
    values: dict[str, str]

    def value(self, name: str) -> str:
        """A value by its name, ignoring case; empty if there is none."""
        return next((value for key, value in self.values.items() if key.upper() == name), "")


def read() -> SecretVersion:
    """The current version. Raises SecretUnavailable."""
    return _translate(_read)


def replace(version: SecretVersion, **values: str) -> SecretVersion:
    """Sets values on the version that was read. Raises SecretUnavailable, also if that version is no longer current."""
    return _translate(lambda client, arn: _replace(client, arn, version, values))


def _read(client: "SecretsManagerClient", arn: str) -> SecretVersion:
    response = client.get_secret_value(SecretId=arn, VersionStage=CURRENT)
    values = json.loads(response["SecretString"])
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise SecretUnavailable("The secret is not a JSON object of texts.")
    return SecretVersion(response["VersionId"], response["CreatedDate"], values)


def _replace(
    client: "SecretsManagerClient", arn: str, version: SecretVersion, values: Mapping[str, str]
) -> SecretVersion:
    others = {key: other for key, other in version.values.items() if key.upper() not in values}
    text = json.dumps({**others, **values})
    pending = client.put_secret_value(SecretId=arn, SecretString=text, VersionStages=[PENDING])["VersionId"]
    try:
        client.update_secret_version_stage(
            SecretId=arn, VersionStage=CURRENT, RemoveFromVersionId=version.id, MoveToVersionId=pending
        )
    except (client.exceptions.InvalidParameterException, client.exceptions.InvalidRequestException):
        # The version that was read is no longer current.
        raise SecretUnavailable("The secret was changed elsewhere at the same time. Run this again.") from None
    return _read(client, arn)


def _translate[T](work: Callable[["SecretsManagerClient", str], T]) -> T:
    """Runs `work` with a client and the secret's ARN. AWS's errors, which may quote it, become sentences."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    arn = settings.read(SecretSettings).secret_arn
    if not arn:
        raise SecretUnavailable("SECRET_ARN is not a secret. Set it to the output SecretArn of the deployment.")
    try:
        # The Region comes from the ARN, because the operator's may be different.
        region = arn.split(":")[3] if arn.count(":") >= 6 else None
        client = boto3.client("secretsmanager", region_name=region)
        return work(client, arn)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise SecretUnavailable(f"Secrets Manager refuses: {code}.") from None
    except BotoCoreError as error:
        raise SecretUnavailable(f"Secrets Manager cannot be reached: {type(error).__name__}.") from None
    except (ValueError, KeyError):
        raise SecretUnavailable("The secret is not a JSON object of texts.") from None
