"""The client of Gemini's Developer API: streamed completions, embeddings and models."""

from oneai.clients.gemini.completion import complete
from oneai.clients.gemini.models import check_key

__all__ = ["check_key", "complete"]
