"""Accounts: preferences."""

from typing import Any

PREFERENCES: dict[str, Any] = {
    "notifications": {"quota": True, "summary": True, "product": False},
    "language": "en",
    "theme": "system",
    "default_model": "openai/gpt-4.1-mini",
    "custom_instructions": "I am a nurse. Answer briefly, and in metric units.",
    "version": 3,
}

EXAMPLES: dict[str, Any] = {
    "Preferences": PREFERENCES,
    "PreferenceChanges": {"theme": "dark", "notifications": {"summary": False}},
}
