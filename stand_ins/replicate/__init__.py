"""A stand-in for Replicate: predictions with a stream, with a state to poll, and with files."""

from stand_ins.replicate.app import create

__all__ = ["create"]
