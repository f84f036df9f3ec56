"""The client for Amazon SES: sends a finished message once and reports exactly what is known about the outcome.

boto3 is imported and its client created on first use, after the SnapStart snapshot. It blocks, so every call runs in a
thread. There are no retries: a retry after a lost response would send a second mail.
"""

import asyncio
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from typing import TYPE_CHECKING, NamedTuple

from oneai import log, settings

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import SendEmailRequestTypeDef

# SES rejected the message itself: retrying cannot succeed.
PERMANENT_CODES = {"MessageRejected", "BadRequestException"}


@dataclass(frozen=True)
class MailSettings:
    """`mail_from` is the sender's plain address; empty disables mail. `mail_endpoint_url` replaces AWS's endpoint in
    the local stack. `mail_configuration_set` makes SES report bounces and complaints."""

    mail_from: str = ""
    mail_endpoint_url: str | None = None
    mail_configuration_set: str = ""


class NotSent(Exception):
    """The message was certainly not sent. `permanent`: SES refused this message.

    Otherwise the next message would fail too: SES is unreachable, throttles, or rejects the credentials.
    """

    def __init__(self, code: str, *, permanent: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent


class OutcomeUnknown(Exception):
    """The request was sent and no response arrived: the message may have been sent."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _CachedClient(NamedTuple):
    settings: MailSettings
    client: "SESV2Client"


_cached: _CachedClient | None = None


def sender() -> str:
    """The sender's address; empty if mail is disabled."""
    return settings.read(MailSettings).mail_from


async def ready() -> None:
    """Checks SES with a read before anything is sent. Raises NotSent if SES is unreachable or refuses."""
    await asyncio.to_thread(_ready)


async def send(message: bytes, *, to: str, mail_id: str) -> str:
    """Sends a MIME message to one address and returns SES's message id. SES's reports contain `mail_id`.

    Raises NotSent and OutcomeUnknown.
    """
    try:
        Address(addr_spec=to)
        to.encode("ascii")
    except (MessageError, ValueError, IndexError) as error:
        raise NotSent("InvalidAddress", permanent=True) from error
    return await asyncio.to_thread(_send, message, to, mail_id)


def reset_cache() -> None:
    """Drops the cached client: the next message creates one from the current settings and credentials."""
    global _cached
    _cached = None


def _ready() -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    config = settings.read(MailSettings)
    try:
        _client(config).get_email_identity(EmailIdentity=config.mail_from.rpartition("@")[2])
    except ClientError as error:
        if _code(error.response) != "NotFoundException":  # the address may be verified without its domain
            raise NotSent(_code(error.response)) from error
    except BotoCoreError as error:
        raise NotSent(type(error).__name__) from error


def _send(message: bytes, to: str, mail_id: str) -> str:
    from botocore import exceptions

    config = settings.read(MailSettings)
    client = _client(config)
    request: SendEmailRequestTypeDef = {
        "FromEmailAddress": config.mail_from,
        "Destination": {"ToAddresses": [to]},
        "Content": {"Raw": {"Data": message}},
        "EmailTags": [{"Name": "mail", "Value": mail_id}],
    }
    if config.mail_configuration_set:
        request["ConfigurationSetName"] = config.mail_configuration_set
    try:
        return client.send_email(**request)["MessageId"]
    except exceptions.ClientError as error:
        code = _code(error.response)
        raise NotSent(code, permanent=code in PERMANENT_CODES) from error
    except exceptions.SSLError as error:
        # Certificate errors happen before the request is sent; other TLS errors may happen after it.
        before = isinstance(_first_cause(error), ssl.SSLCertVerificationError)
        raise (NotSent if before else OutcomeUnknown)(type(error).__name__) from error
    except exceptions.HTTPClientError as error:
        raise OutcomeUnknown(type(error).__name__) from error
    except (
        exceptions.ConnectionError,  # never connected
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.ParamValidationError,
    ) as error:
        raise NotSent(type(error).__name__) from error
    except Exception as error:
        log.exception("the answer of SES could not be read")
        raise OutcomeUnknown(type(error).__name__) from error


def _code(response: object) -> str:
    fields = response if isinstance(response, dict) else {}
    return str(fields.get("Error", {}).get("Code") or fields.get("ResponseMetadata", {}).get("HTTPStatusCode"))


def _first_cause(error: BaseException) -> BaseException:
    while inner := (error.__cause__ or error.__context__):
        error = inner
    return error


def _client(config: MailSettings) -> "SESV2Client":
    """The cached client, recreated when the settings change. Raises NotSent if none can be created."""
    global _cached
    from botocore.exceptions import BotoCoreError

    if _cached is None or _cached.settings != config:
        try:
            _cached = _CachedClient(config, _make(config))
        except BotoCoreError as error:
            raise NotSent(type(error).__name__) from error
    return _cached.client


def _make(config: MailSettings) -> "SESV2Client":
    import boto3
    from botocore.config import Config

    return boto3.Session().client(
        "sesv2",
        endpoint_url=config.mail_endpoint_url,
        config=Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1}),
    )
