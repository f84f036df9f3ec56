"""Text of an upstream made fit for storage."""


def repair(text: str) -> str:
    """Surrogate pairs joined; lone surrogates and U+0000, which Postgres cannot store, replaced."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "\ufffd")
