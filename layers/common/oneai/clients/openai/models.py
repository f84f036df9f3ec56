"""Whether OpenAI accepts a key."""

from oneai.clients.model_streams import lookup
from oneai.clients.openai import connection, failures
from oneai.errors import OneAIError
from oneai.models.endpoint import Endpoint, KeyCheck


async def check_key(endpoint: Endpoint) -> KeyCheck:
    """Asks for the list of models. A restricted key may not see it (403), and may still answer questions."""
    try:
        status, body, headers = await lookup.get(endpoint, "/models", connection.headers(endpoint))
        if status == 403:
            return KeyCheck()
        if status != 200:
            return KeyCheck(failures.from_response(status, body, headers).error)
        return KeyCheck(models=lookup.names(body, "data", "id"))
    except OneAIError as error:
        return KeyCheck(error)
