"""The OpenAPI document: the output of the FastAPI apps, the streaming routes, and all errors.

`python -m openapi` writes it to `docs/openapi.json`, which `functions/health` serves; `--check` compares it
instead. The first is `make openapi`, the second part of `make test`.
"""

from openapi.document import FILE, document, written

__all__ = ["FILE", "document", "written"]
