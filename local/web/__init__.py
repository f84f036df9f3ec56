"""The web app: built from `web/` once per state of its sources, and served at `/` as CloudFront serves it.

`python -m local.web` builds; `app.WebApp` is the ASGI app. Headers come from `template.yaml`, so that a page
that breaks them breaks here first.
"""
