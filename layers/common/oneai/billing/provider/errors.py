"""Where the payment provider gives no answer, refuses, or answers oddly: operators are alerted, and ours is raised."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from oneai import alerts, log
from oneai.billing.provider.requests import NotChangeable
from oneai.clients.razorpay import ProviderError
from oneai.errors import OneAIError, PaymentProviderUnavailable

# In every column `payment_provider`.
PROVIDER = "razorpay"
# A user may try again so soon after no answer, and after one that is no use.
SOON, LATER = 5, 60


class ProviderRefused(PaymentProviderUnavailable):
    """The provider refused this, or answered what cannot be understood: it answers other requests. `problem` is for
    operators."""

    def __init__(self, problem: str) -> None:
        super().__init__(retry_after=LATER)
        self.problem = problem


class KeyRefused(PaymentProviderUnavailable):
    """The provider does not know our key: no request is at fault."""


@asynccontextmanager
async def translate_errors(
    about: str, *, seconds: float | None = None, throttled: bool = True, alerted: bool = True, **detail: Any
) -> AsyncIterator[None]:
    """The provider is called in this block, for `seconds` at most, `about` a subscription or something to be done.

    Raises PaymentProviderUnavailable where it gives no answer, KeyRefused, and ProviderRefused where it refuses or
    cannot be understood; of all but no answer operators are alerted, with `detail`, at most once a minute if
    `throttled`. Without `alerted` the caller alerts of what is refused. NotChangeable and our own errors pass.
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
                await raise_alert("provider_refused", PROVIDER, error=problem)
                raise KeyRefused(retry_after=LATER) from error
        else:
            log.exception("the provider's answer could not be understood", about=about)
            problem = f"The provider's answer could not be understood: {type(error).__name__}: {problem}"
        if alerted:
            await raise_alert("provider_refused", about, error=problem, **detail)
        raise ProviderRefused(problem) from error


def error_text(error: Exception) -> str:
    """An error's text, fit to be stored."""
    return str(error).encode(errors="replace").decode().replace("\0", "\ufffd")[:1000]
