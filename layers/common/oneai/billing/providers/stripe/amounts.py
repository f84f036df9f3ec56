"""Amounts at the edge: Stripe counts rupiah in hundredths, and we store whole ones."""

# By how much Stripe's smallest unit is smaller than ours.
_SMALLER = {"IDR": 100}


def sent(amount: int, currency: str) -> int:
    """Our amount as Stripe's API takes it."""
    return amount * _SMALLER.get(currency, 1)


def read(amount: int, currency: str) -> int:
    """An amount of Stripe's API in our unit. Raises ValueError for a fraction of it."""
    whole, rest = divmod(amount, _SMALLER.get(currency, 1))
    if rest:
        raise ValueError("an amount that is no whole number of our unit")
    return whole
