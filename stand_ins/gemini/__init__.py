"""A stand-in for Gemini's Developer API, with its rules for signatures and results of functions."""

from stand_ins.gemini.app import create

__all__ = ["create"]
