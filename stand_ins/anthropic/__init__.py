"""A stand-in for Anthropic: the Messages API with its rules for thoughts, results of tools and caches."""

from stand_ins.anthropic.app import create

__all__ = ["create"]
