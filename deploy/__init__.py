"""Builds what is deployed."""
