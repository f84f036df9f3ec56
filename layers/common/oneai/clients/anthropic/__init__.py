"""The client of Anthropic: streamed completions of the Messages API, and its models."""

from oneai.clients.anthropic.completion import complete
from oneai.clients.anthropic.models import check_key

__all__ = ["check_key", "complete"]
