"""The page at `/local/`, where a person finds everything a stack has, and what browsers get at the app's addresses.

`routes` are the page's own, for the app at `/local`; `frontend` serves what belongs to a frontend, as long as there is
none: `/` leads to the page, and every other address says where the frontend could be.
"""

from local.home.app import Home, frontend, routes

__all__ = ["Home", "frontend", "routes"]
