"""The one connection to OpenRouter of this process: address, key, headers, timeouts."""


async def close() -> None:
    """Closes the connections of the running loop; the next call opens new ones."""
    raise NotImplementedError
