"""The OpenAPI document: what the FastAPI apps generate, the streaming routes, and every error.

`python -m local.openapi` writes it to `docs/openapi.json`, which `functions/health` serves, and the types made of it to
`clients/api.d.ts`; `--check` compares the document instead. Both are `make openapi` and part of `make test`.
"""

from local.openapi.document import FILE, document, written
from local.openapi.types import TYPES_FILE, TypesFailed, typescript

__all__ = ["FILE", "TYPES_FILE", "TypesFailed", "document", "typescript", "written"]
