"""The client of servers that are compatible with OpenAI's chat completions, at an address that a person chose."""

from oneai.clients.custom.completion import complete
from oneai.clients.custom.models import check_key

__all__ = ["check_key", "complete"]
