"""Whether a compatible server answers with a key."""

from oneai.clients.custom.completion import complete, headers
from oneai.clients.model_streams import lookup
from oneai.clients.openai import failures
from oneai.errors import OneAIError, UpstreamError
from oneai.models.endpoint import Endpoint, KeyCheck


async def check_key(endpoint: Endpoint, model: str | None = None) -> KeyCheck:
    """Asks for the list of models; where the server has none (404), `model` for one token. A public server accepts any
    key."""
    try:
        status, body, found = await lookup.get(endpoint, "/models", headers(endpoint))
        if status == 200:
            return KeyCheck(models=lookup.names(body, "data", "id"))
        if 300 <= status < 400:
            return KeyCheck(UpstreamError("The address redirects to another one. Please use that one."))
        if status != 404 or model is None:
            return KeyCheck(failures.from_response(status, body, found).error)
        request = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
        async with complete(request, endpoint, retries=0) as completion:
            async for _ in completion:
                break
    except OneAIError as error:
        return KeyCheck(error)
    return KeyCheck()
