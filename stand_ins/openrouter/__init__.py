"""A stand-in for OpenRouter with its HTTP API: a catalogue, streamed answers, and every way they fail."""

from stand_ins.openrouter.app import create

__all__ = ["create"]
