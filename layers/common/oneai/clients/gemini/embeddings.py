"""Embeddings of Gemini, which counts no tokens for them."""

import json
from typing import Any
from urllib.parse import quote

from oneai.clients.gemini import failures
from oneai.clients.gemini.completion import headers
from oneai.clients.model_streams import embedding_request, vectors
from oneai.errors import UpstreamError
from oneai.models.embeddings import UpstreamBill, beside_the_loop
from oneai.models.endpoint import Endpoint


async def create_embeddings(request: dict[str, Any], endpoint: Endpoint, bill: UpstreamBill) -> list[str]:
    """A vector for each text of `request`, in the order of its input: base64 of 32-bit floats. Fills `bill`. Raises
    UpstreamError if the response lacks vectors, and other OneAIErrors."""
    model = str(request["model"])
    size = {"outputDimensionality": request["dimensions"]} if request.get("dimensions") else {}
    each = [{"model": f"models/{model}", "content": {"parts": [{"text": text}]}, **size} for text in request["input"]]
    path = f"/models/{quote(model, safe='')}:batchEmbedContents"
    sent = headers(endpoint)
    content = await embedding_request.send(
        endpoint, path, sent, {"requests": each}, bill, refusal=failures.from_response
    )
    bill.model = model
    return await beside_the_loop(_parse, content, len(request["input"]))


def _parse(content: bytes, count: int) -> list[str]:
    try:
        found = [vectors.pack(each["values"]) for each in json.loads(content)["embeddings"]]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise UpstreamError from error
    if len(found) != count or not all(found):
        raise UpstreamError
    return found
