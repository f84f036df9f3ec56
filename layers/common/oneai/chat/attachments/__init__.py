"""Attachments of a question, what the model is sent of them, and images a model generated."""
