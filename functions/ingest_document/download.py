"""Fetches the only file of an invocation from its signed address."""

from typing import IO

import httpx
from extraction.problems import ProblemFound

_TIMEOUT = httpx.Timeout(10, read=20)
_PIECE_BYTES = 1_048_576


class DownloadFailed(Exception):
    """The storage did not return the file; the text has neither its address nor its name."""


def fetch(url: str, target: IO[bytes], *, max_bytes: int) -> None:
    """Writes the file's bytes to `target`. Raises ProblemFound for more than `max_bytes`, DownloadFailed."""
    # httpx only supports http(s) addresses; proxies of the environment are not used.
    try:
        with httpx.Client(timeout=_TIMEOUT, trust_env=False) as client, client.stream("GET", url) as response:
            if response.status_code != 200:
                raise DownloadFailed(f"the storage answered {response.status_code}")
            received = 0
            for piece in response.iter_raw(_PIECE_BYTES):
                received += len(piece)
                if received > max_bytes:
                    raise ProblemFound("too_large")
                target.write(piece)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Its text may contain the address, which gives access to the file.
        raise DownloadFailed(type(error).__name__) from None
    target.flush()
