"""Replicate's errors: which of ours each is, and whether a retry helps."""

import json
import re
from collections.abc import Mapping

from oneai.clients.model_streams import waits
from oneai.clients.model_streams.failure import Failure
from oneai.errors import ModelBusy, OneAIError, UnknownModel, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import ContextTooLong, QuestionDeclined
from oneai.models.completion import ProviderAccessRefused, ProviderCreditExhausted, ProviderKeyRefused

BY_STATUS: dict[int, type[OneAIError]] = {
    401: ProviderKeyRefused,
    402: ProviderCreditExhausted,
    403: ProviderAccessRefused,
    404: UnknownModel,
    413: ContextTooLong,
    429: ModelBusy,
    503: UpstreamUnavailable,
    504: UpstreamTimeout,
}
_RESETS = re.compile(r"resets in ~?(\d+(?:\.\d+)?(?:ms|s|m|h))")
_TOO_LONG = re.compile(
    r"context.length|context.window|too many (input )?tokens|(prompt|input) is too long", re.IGNORECASE
)
_DECLINED = re.compile(r"nsfw|flagged as sensitive|safety|content polic", re.IGNORECASE)


def from_response(status: int, body: bytes, headers: Mapping[str, str]) -> Failure:
    """The failure of a response that is no prediction."""
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, LookupError, TypeError, RecursionError):
        detail = ""
    text = detail[:4000] if isinstance(detail, str) else ""
    if status == 422 and _TOO_LONG.search(text):
        return Failure(ContextTooLong())
    resets = _RESETS.search(text)
    kind = BY_STATUS.get(status, UpstreamError)
    wait = waits.parse_duration(resets[1]) if resets else None
    return waits.failure(kind, headers, retryable=status == 429 or status >= 500, wait=wait)


def from_prediction(error: object) -> Failure:
    """The failure of a prediction that was accepted."""
    text = str(error)[:4000]
    if _TOO_LONG.search(text):
        return Failure(ContextTooLong())
    return Failure(QuestionDeclined() if _DECLINED.search(text) else UpstreamError())
