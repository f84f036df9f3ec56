"""The deployment's secret: a JSON object in Secrets Manager, whose keys are names of settings. A function that needs
further values has an additional secret of its own.

It is read during init, after a SnapStart restore, and when a credential was refused, at most every five minutes.
Without `SECRET_ARN`, as in development, there is none. Environment variables with the same names take precedence.
Lambda's runtime image contains boto3.
"""

import json
import threading
import time
from dataclasses import dataclass
from typing import Any

from oneai import log, settings

# A refused credential triggers a new read; one that remains wrong must not trigger it with every request.
SECONDS_BETWEEN = 300.0

_last_read = -SECONDS_BETWEEN
_refreshing = threading.Lock()


@dataclass(frozen=True)
class SecretSettings:
    """The location of the secret, and of the function's own one."""

    secret_arn: str = ""
    own_secret_arn: str = ""


def load() -> None:
    """During init: reads the secret, and registers a hook that reads it again after a SnapStart restore."""
    if settings.read(SecretSettings).secret_arn:
        _read_secret()
        _register_after_restore()


def refresh() -> bool:
    """After a refused credential: reads the secret again unless that was done recently. Returns True if it changed.

    A concurrent caller waits and gets False, although its credential may have changed.
    """
    if not settings.read(SecretSettings).secret_arn:
        return False
    with _refreshing:
        return time.monotonic() - _last_read >= SECONDS_BETWEEN and _read_secret()


def _read_secret() -> bool:
    global _last_read
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    _last_read = time.monotonic()
    # Closed immediately: a client in a SnapStart snapshot would be restored with a dead connection.
    client = boto3.client(
        "secretsmanager", config=Config(connect_timeout=2, read_timeout=3, retries={"max_attempts": 1})
    )
    config = settings.read(SecretSettings)
    values: dict[str, Any] = {}
    try:
        for arn in filter(None, (config.secret_arn, config.own_secret_arn)):
            values |= _parse(client.get_secret_value(SecretId=arn)["SecretString"])
    except (BotoCoreError, ClientError, KeyError, ValueError) as error:
        # The error's text may quote the secret; its type is enough.
        log.warning("the secret could not be read", error=type(error).__name__)
        return False
    finally:
        client.close()
    return settings.use_secret({name.upper(): value for name, value in values.items() if isinstance(value, str)})


def _parse(text: str) -> dict[str, Any]:
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError("a secret is a JSON object")
    return values


def _register_after_restore() -> None:
    try:
        from snapshot_restore_py import register_after_restore
    except ImportError:  # outside Lambda's image
        return
    register_after_restore(_read_secret)
