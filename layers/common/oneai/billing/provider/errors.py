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
    """The provider refused this, or answered what cannot be understood: it answers other requests."""


@asynccontextmanager
async def translate_errors(
    about: str, *, seconds: float | None = None, throttled: bool = True, **detail: Any
) -> AsyncIterator[None]:
    """The provider is called in this block, for `seconds` at most, `about` a subscription or something to be done.

    Raises PaymentProviderUnavailable where it gives no answer or does not know our key, ProviderRefused where it
    refuses or cannot be understood; of all but no answer operators are alerted, with `detail`, at most once a minute if
    `throttled`. NotChangeable and our own errors pass.
    """
    raise_alert = alerts.raise_alert_throttled if throttled else alerts.raise_alert
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise PaymentProviderUnavailable(retry_after=SOON) from error
    except (OneAIError, NotChangeable):
        raise
    except ProviderError as error:
        log.warning("the payment provider refused", about=about, error=str(error))
        if error.status == 401:
            await raise_alert("provider_refused", PROVIDER, error=error_text(error))
            raise PaymentProviderUnavailable(retry_after=LATER) from error
        await raise_alert("provider_refused", about, error=error_text(error), **detail)
        raise ProviderRefused(retry_after=LATER) from error
    except Exception as error:
        log.exception("the provider's answer could not be understood", about=about)
        await raise_alert("provider_refused", about, error=error_text(error), **detail)
        raise ProviderRefused(retry_after=LATER) from error


def error_text(error: Exception) -> str:
    """An error's text, fit to be stored."""
    return str(error).encode(errors="replace").decode().replace("\0", "\ufffd")[:1000]
