"""A stand-in for OpenRouter with its HTTP API: a catalogue, streamed answers, and every way they fail."""

from local.openrouter.app import create

__all__ = ["create"]
