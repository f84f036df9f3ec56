"""The documentation's search, and readers' feedback."""

from typing import Any

EXAMPLES: dict[str, Any] = {
    "DocsResults": {
        "items": [
            {
                "slug": "quotas",
                "anchor": "held-and-used",
                "title": "Quotas",
                "heading": "Held and used",
                "snippet": "When you ask, one unit is held.",
                "highlights": [[18, 22]],
            }
        ],
        "suggestions": ["quotas"],
    },
    "DocsFeedback": {"slug": "quotas", "helpful": False, "note": "What does a window mean?"},
    "DocsReport": {
        "pages": [
            {
                "slug": "quotas",
                "helpful": 40,
                "not_helpful": 2,
                "notes": [
                    {"helpful": False, "note": "What does a window mean?", "created_at": "2026-11-21T06:30:00Z"},
                ],
            }
        ],
        "missed_searches": [{"words": "dark mode", "searches": 12, "last_at": "2026-11-21T06:30:00Z"}],
    },
}
