"""The OpenAPI document: what the FastAPI apps generate, the streaming routes, and every error.

`python -m local.openapi` writes it to `docs/openapi.json`, which `functions/health` serves; `--check` compares it
instead. The first is `make openapi`, the second part of `make test`.
"""

from local.openapi.document import FILE, document, written

__all__ = ["FILE", "document", "written"]
