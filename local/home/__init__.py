"""The page at `/local/`, which lists everything a stack has, and the response while the web app is not built.

`routes` are the page's own, for the app at `/local`; `frontend` serves the web app's addresses while it is not built:
`/` redirects to the page, and every other address says how it is built.
"""

from local.home.app import Home, frontend, routes

__all__ = ["Home", "frontend", "routes"]
