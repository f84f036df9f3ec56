"""How long providers ask to wait before the next request, and whether it helps."""

import math
import re
from collections.abc import Mapping

from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.numbers import parse_decimal
from oneai.errors import OneAIError, UnknownModel
from oneai.models.completion import ContextTooLong, ProviderCreditExhausted, ProviderKeyRefused, QuestionDeclined

MAX_WAIT_SECONDS = 10.0  # the longest wait for a rate limit before the first token
DAY_SECONDS = 86_400

# These refusals of a key or a question are final, even if `x-should-retry` says otherwise.
FINAL = (ProviderKeyRefused, ProviderCreditExhausted, ContextTooLong, QuestionDeclined, UnknownModel)

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_RESETS = ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens")


def parse_duration(text: object) -> float | None:
    """The seconds of a duration such as `6m0s`, `6.4s`, `250ms` or `34s`; None for anything else."""
    if not isinstance(text, str) or not text:
        return None
    parts = _PART.findall(text)
    if "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def stated_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds that the headers ask to wait; None where they ask for none. Of several limits
    the one that resets last counts, where there is no `retry-after`."""
    milliseconds = parse_decimal(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(float(milliseconds) / 1000, 0.0)
    retry_after = headers.get("retry-after")
    if (seconds := parse_decimal(retry_after)) is not None:
        return max(float(seconds), 0.0)
    if retry_after:
        return _until(retry_after, headers.get("date"))
    resets = [wait for name in _RESETS if (wait := parse_duration(headers.get(name))) is not None]
    return max(resets, default=None)


def failure(
    kind: type[OneAIError], headers: Mapping[str, str], *, retryable: bool, wait: float | None = None
) -> Failure:
    """The failure with this error. It is retried only after a short wait and never if the error is final. Otherwise
    `x-should-retry` decides, if the provider sends it. `wait` is what its body states."""
    seconds = stated_wait(headers) if wait is None else wait
    says = headers.get("x-should-retry")
    may_retry = says == "true" if says in ("true", "false") else retryable
    retry_after = min(math.ceil(seconds), DAY_SECONDS) if seconds else None
    may_retry = may_retry and not issubclass(kind, FINAL)
    is_short = seconds is None or seconds <= MAX_WAIT_SECONDS
    return Failure(kind(retry_after=retry_after), may_retry and is_short, seconds or 0.0)


def _until(http_date: str, now: str | None) -> float:
    """The seconds until a date, by the provider's own clock; a day where that is not known."""
    from email.utils import parsedate_to_datetime  # an import of ten milliseconds that few cold starts need

    try:
        later, sooner = parsedate_to_datetime(http_date), parsedate_to_datetime(now or "")
        return max((later - sooner).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return float(DAY_SECONDS)
