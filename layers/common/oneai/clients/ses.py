"""The one door to Amazon SES: hands over a finished message, once, and tells exactly what is known of it afterwards.

boto3 is imported and its client made on first use, after SnapStart has taken its photograph; it blocks, so every call
runs in a thread. It repeats nothing by itself: a request that was repeated after its answer was lost would be a
second mail.
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

# SES has read this message and will not take it, today or tomorrow.
PERMANENT_CODES = {"MessageRejected", "BadRequestException"}


@dataclass(frozen=True)
class MailSettings:
    """`mail_from` is the sender's plain address, empty where no mail is sent. `mail_endpoint_url` is an SES that is not
    AWS's, such as the local stack's. Through `mail_configuration_set` SES reports bounces and complaints."""

    mail_from: str = ""
    mail_endpoint_url: str | None = None
    mail_configuration_set: str = ""


class NotSent(Exception):
    """The message was certainly not sent. `permanent`: nor will it ever be, for it is the message that is refused.

    Otherwise the next one would meet the same: SES is away, wants us to slow down, or does not know us.
    """

    def __init__(self, code: str, *, permanent: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent


class OutcomeUnknown(Exception):
    """The message was handed over and no answer came back: it may have been sent."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _CachedClient(NamedTuple):
    settings: MailSettings
    client: "SESV2Client"


_cached: _CachedClient | None = None


def sender() -> str:
    """The address all mail comes from; empty where no mail is sent."""
    return settings.read(MailSettings).mail_from


async def ready() -> None:
    """Asks SES something harmless before mail is risked on it. Raises NotSent where it is away or refuses us."""
    await asyncio.to_thread(_ready)


async def send(message: bytes, *, to: str, mail_id: str) -> str:
    """Sends a whole MIME message to one address; SES's id of it. `mail_id` comes back with what SES reports.

    Raises NotSent and OutcomeUnknown.
    """
    try:
        Address(addr_spec=to)
        to.encode("ascii")
    except (MessageError, ValueError, IndexError) as error:
        raise NotSent("InvalidAddress", permanent=True) from error
    return await asyncio.to_thread(_send, message, to, mail_id)


def reset_cache() -> None:
    """Lets go of the client: the next message makes one of the settings and credentials of then."""
    global _cached
    _cached = None


def _ready() -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    config = settings.read(MailSettings)
    try:
        _client(config).get_email_identity(EmailIdentity=config.mail_from.rpartition("@")[2])
    except ClientError as error:
        if _code(error.response) != "NotFoundException":  # an address of its own may be verified, and not its domain
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
        # A certificate is looked at before anything is said; anything later may have been after the message.
        before = isinstance(_first_cause(error), ssl.SSLCertVerificationError)
        raise (NotSent if before else OutcomeUnknown)(type(error).__name__) from error
    except exceptions.HTTPClientError as error:
        raise OutcomeUnknown(type(error).__name__) from error
    except (
        exceptions.ConnectionError,  # none was made
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.ParamValidationError,
    ) as error:
        raise NotSent(type(error).__name__) from error
    except Exception as error:
        log.exception("SES answered something that nobody could read")
        raise OutcomeUnknown(type(error).__name__) from error


def _code(response: object) -> str:
    fields = response if isinstance(response, dict) else {}
    return str(fields.get("Error", {}).get("Code") or fields.get("ResponseMetadata", {}).get("HTTPStatusCode"))


def _first_cause(error: BaseException) -> BaseException:
    while inner := (error.__cause__ or error.__context__):
        error = inner
    return error


def _client(config: MailSettings) -> "SESV2Client":
    """The client this process keeps, made anew when the settings are others. Raises NotSent where there can be none."""
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
