"""Whether Anthropic accepts a key."""

from oneai.clients.anthropic import failures
from oneai.clients.anthropic.completion import headers
from oneai.clients.model_streams import lookup
from oneai.errors import OneAIError
from oneai.models.endpoint import Endpoint, KeyCheck


async def check_key(endpoint: Endpoint) -> KeyCheck:
    """Asks for the list of models."""
    try:
        status, body, found = await lookup.get(endpoint, "/models?limit=1000", headers(endpoint))
        if status != 200:
            return KeyCheck(failures.from_response(status, body, found).error)
        return KeyCheck(models=lookup.names(body, "data", "id"))
    except OneAIError as error:
        return KeyCheck(error)
