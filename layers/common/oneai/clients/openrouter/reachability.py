"""Whether OpenRouter answers at all. It is asked without a key, which it has to refuse."""

from oneai.clients.http import ConnectionLost
from oneai.clients.openrouter import connection
from oneai.errors import UpstreamUnavailable

SECONDS = 3.0


async def reach() -> None:
    """Raises UpstreamUnavailable where no answer comes, or one with a 5xx status."""
    try:
        response = await connection.request("GET", "/key", "", seconds=SECONDS)
    except ConnectionLost as error:
        raise UpstreamUnavailable from error
    if response.status_code >= 500:
        raise UpstreamUnavailable
