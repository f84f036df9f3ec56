"""A stand-in for servers that are compatible with OpenAI's chat completions, in the ways in which they differ."""

from stand_ins.custom.app import create

__all__ = ["create"]
