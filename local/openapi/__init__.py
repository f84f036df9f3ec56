"""The OpenAPI document: the output of the FastAPI apps, the streaming routes, and all errors.

`python -m local.openapi` writes it to `docs/openapi.json`, which `functions/health` serves, and its types to
`clients/api.d.ts`; `--check` compares the document instead. `make openapi` does the former, `make test` the latter.
"""

from local.openapi.document import FILE, document, written
from local.openapi.types import TYPES_FILE, TypesFailed, typescript

__all__ = ["FILE", "TYPES_FILE", "TypesFailed", "document", "typescript", "written"]
