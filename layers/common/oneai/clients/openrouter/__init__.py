"""The client of OpenRouter: its catalogue, streamed completions, the statistics of a generation, and our keys.

`embeddings`, `generation` and `management` are imported by who needs them: a question needs none of them.
"""

from oneai.clients.openrouter.completion import complete
from oneai.clients.openrouter.connection import base_url, close
from oneai.clients.openrouter.lookup import reach
from oneai.clients.openrouter.models import fetch_models

__all__ = ["base_url", "close", "complete", "fetch_models", "reach"]
