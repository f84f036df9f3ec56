"""OneAI: chat with every model that OpenRouter offers, within exact quotas."""

__version__ = "0.1.0"
