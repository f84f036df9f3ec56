"""A stand-in for OpenAI: Responses, Chat Completions, embeddings and models."""

from stand_ins.openai.app import create

__all__ = ["create"]
