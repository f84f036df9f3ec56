"""A stand-in for OpenRouter that speaks its real HTTP: a catalogue, streamed answers, and every way they go wrong."""

from local.openrouter.app import create

__all__ = ["create"]
