"""The client of OpenAI: streamed completions by its Responses and its Chat Completions API, embeddings and models."""

from oneai.clients.openai.completion import complete
from oneai.clients.openai.models import check_key

__all__ = ["check_key", "complete"]
