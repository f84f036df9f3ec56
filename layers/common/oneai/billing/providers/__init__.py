"""Payment providers: each is a package here, found by its name and imported when it is first needed.

Only a provider's package and its client in `oneai/clients/` use the provider's own names. All other code calls the
face (`face.py`) and uses `oneai/billing/facts.py`.
"""

import pkgutil
import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from oneai.billing.providers.face import DebitsOrders, ListsPayments, PaymentProvider

_NAME = re.compile("[a-z][a-z_]{0,29}")


class UnknownProvider(LookupError):
    """No payment provider has this name."""


@cache
def of(name: str) -> PaymentProvider:
    """The provider with this name, a value of the columns `payment_provider`. Raises UnknownProvider."""
    found = find_spec(f"{__name__}.{name}") if _NAME.fullmatch(name) else None
    if found is None or found.submodule_search_locations is None:
        raise UnknownProvider(name)
    return cast(PaymentProvider, import_module(f"{__name__}.{name}"))


def that_debits(name: str) -> DebitsOrders:
    """The provider with this name, which debits orders. Raises UnknownProvider, also for one that does not."""
    found = of(name)
    if not found.CAPABILITIES.debits_orders:
        raise UnknownProvider(name)
    return cast(DebitsOrders, found)


def names() -> tuple[str, ...]:
    """The names of all providers, configured or not."""
    return tuple(sorted(each.name for each in pkgutil.iter_modules(__path__) if each.ispkg))


def configured() -> tuple[str, ...]:
    """The names of the providers whose secrets are set. Imports all providers: not for the webhook."""
    return tuple(each for each in names() if of(each).is_configured())


def that_list_payments() -> tuple[ListsPayments, ...]:
    """The configured providers whose payments, refunds and disputes can be listed."""
    found = (of(each) for each in configured())
    return tuple(cast(ListsPayments, each) for each in found if each.CAPABILITIES.lists_payments)
