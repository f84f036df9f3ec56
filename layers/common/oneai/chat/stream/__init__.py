"""Streams of an answer: server-sent events, followers, resuming and stopping."""
