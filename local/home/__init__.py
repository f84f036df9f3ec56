"""The page at `/local/`, which lists everything a stack has, and the response to browsers at a frontend's addresses.

`routes` are the page's own, for the app at `/local`; `frontend` serves a frontend's addresses while there is none: `/`
redirects to the page, and every other address explains where the frontend could be.
"""

from local.home.app import Home, frontend, routes

__all__ = ["Home", "frontend", "routes"]
