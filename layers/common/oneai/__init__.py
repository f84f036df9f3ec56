"""OneAI: people talk to every model OpenRouter offers, within quotas that are exact."""

__version__ = "0.1.0"
