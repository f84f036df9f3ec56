"""Searching documents."""

from typing import Any

EXAMPLES: dict[str, Any] = {
    "DocumentSearchPage": {
        "items": [
            {
                "document_id": "0b6f2f1e-3c47-4a9b-9d53-7c1e5a9f8008",
                "name": "lease.pdf",
                "page": 3,
                "heading": "4. Rent",
                "snippet": "The tenant shall pay the monthly rent of 20,000 rupees on the first day of each month.",
            }
        ],
        "next_cursor": None,
    },
}
