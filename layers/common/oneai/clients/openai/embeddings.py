"""Embeddings of OpenAI and of compatible servers."""

from typing import Any

from oneai.clients.model_streams import embedding_request, vectors
from oneai.clients.model_streams.completion import stored_text
from oneai.clients.openai import connection, failures, usage
from oneai.errors import UpstreamError
from oneai.models import direct_prices
from oneai.models.embeddings import UpstreamBill, beside_the_loop
from oneai.models.endpoint import Endpoint


async def create_embeddings(request: dict[str, Any], endpoint: Endpoint, bill: UpstreamBill) -> list[str]:
    """A vector for each text of `request`, in the order of its input: base64 of 32-bit floats. Fills `bill`. Raises
    UpstreamError if the response lacks vectors, and other OneAIErrors."""
    body: dict[str, Any] = {name: request[name] for name in ("model", "input", "dimensions") if name in request}
    body["encoding_format"] = "base64"
    headers = connection.headers(endpoint)
    content = await embedding_request.send(endpoint, "/embeddings", headers, body, bill, refusal=failures.from_response)
    return await beside_the_loop(_parse, content, request, bill)


def _parse(content: bytes, request: dict[str, Any], bill: UpstreamBill) -> list[str]:
    try:
        body = vectors.parse(content)
        bill.model = stored_text(body.get("model"))
        counted = usage.of_chat(body.get("usage"))
        bill.usage = direct_prices.with_cost(counted, "openai", bill.model or str(request["model"]))
        return vectors.in_order(body, len(request["input"]))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UpstreamError from error
