"""Whether Gemini accepts a key."""

from oneai.clients.gemini import failures
from oneai.clients.gemini.completion import headers
from oneai.clients.model_streams import lookup
from oneai.errors import OneAIError
from oneai.models.endpoint import Endpoint, KeyCheck


async def check_key(endpoint: Endpoint) -> KeyCheck:
    """Asks for the list of models. A key that is not valid is refused with 400."""
    try:
        status, body, found = await lookup.get(endpoint, "/models?pageSize=1000", headers(endpoint))
        if status != 200:
            return KeyCheck(failures.from_response(status, body, found).error)
        models = lookup.names(body, "models", "name")
        return KeyCheck(models=tuple(each.removeprefix("models/") for each in models))
    except OneAIError as error:
        return KeyCheck(error)
