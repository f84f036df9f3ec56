"""The one OpenAPI document: what the FastAPI apps say of themselves, the streaming routes, and every refusal.

`python -m local.openapi` writes it to `docs/openapi.json` and `functions/health/openapi.json`, which is served;
`--check` compares instead. Both are `make openapi` and part of `make test`.
"""

from local.openapi.document import COPIES, document, written

__all__ = ["COPIES", "document", "written"]
