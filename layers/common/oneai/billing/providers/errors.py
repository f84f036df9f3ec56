"""Translates errors of a payment provider: no answer, a refusal, or an invalid answer. Alerts operators."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from oneai import alerts, log
from oneai.billing.providers.face import NotChangeable
from oneai.billing_errors import PaymentProviderUnavailable, ProviderError
from oneai.errors import OneAIError

# When a user may try again: after no answer, and after an unusable one.
SOON, LATER = 5, 60


class ProviderRefused(PaymentProviderUnavailable):
    """The provider refused this, or its answer could not be read; it answers other requests. `problem` is for
    operators."""

    def __init__(self, problem: str) -> None:
        super().__init__(retry_after=LATER)
        self.problem = problem


class KeyRefused(PaymentProviderUnavailable):
    """The provider rejects our key: the request is not at fault."""


@asynccontextmanager
async def translate_errors(
    payment_provider: str,
    about: str,
    *,
    seconds: float | None = None,
    throttled: bool = True,
    alerted: bool = True,
    **detail: Any,
) -> AsyncIterator[None]:
    """Translates errors of the provider in this block, which may take `seconds`; `about` is a subscription or a task.

    Raises PaymentProviderUnavailable if it does not answer, KeyRefused, and ProviderRefused if it refuses or its answer
    cannot be read. All but a missing answer alert operators, with `detail`, at most once a minute if `throttled`.
    Without `alerted`, the caller alerts about refusals. NotChangeable and our own errors propagate.
    """
    raise_alert = alerts.raise_alert_throttled if throttled else alerts.raise_alert
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise PaymentProviderUnavailable(retry_after=SOON) from error
    except (OneAIError, NotChangeable):
        raise
    except Exception as error:
        problem = error_text(error)
        if isinstance(error, ProviderError):
            log.warning("the payment provider refused", about=about, error=str(error))
            if error.status == 401:
                await raise_alert("provider_refused", payment_provider, error=problem)
                raise KeyRefused(retry_after=LATER) from error
        else:
            log.exception("the provider's answer could not be read", about=about)
            problem = f"The provider's answer could not be read: {type(error).__name__}: {problem}"
        if alerted:
            await raise_alert("provider_refused", about, error=problem, **detail)
        raise ProviderRefused(problem) from error


def error_text(error: Exception) -> str:
    """An error's text, safe to store."""
    return str(error).encode(errors="replace").decode().replace("\0", "\ufffd")[:1000]
