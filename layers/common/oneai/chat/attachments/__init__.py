"""Attachments of a question, their form in the prompt, and images that a model generated."""
