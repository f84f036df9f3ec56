"""Whether Replicate accepts a key."""

from oneai.clients.model_streams import lookup
from oneai.clients.replicate import failures
from oneai.clients.replicate.prediction import headers
from oneai.errors import OneAIError
from oneai.models.endpoint import Endpoint, KeyCheck


async def check_key(endpoint: Endpoint) -> KeyCheck:
    """Asks for the account."""
    try:
        status, body, found = await lookup.get(endpoint, "/account", headers(endpoint))
    except OneAIError as error:
        return KeyCheck(error)
    return KeyCheck() if status == 200 else KeyCheck(failures.from_response(status, body, found).error)
