"""The client of servers that are compatible with OpenAI's chat completions, at an address that a person chose."""

from oneai.clients.custom.completion import complete, headers
from oneai.clients.custom.one_token import ask_for_a_token

__all__ = ["ask_for_a_token", "complete", "headers"]
