"""A check of schemathesis's: a refusal's code is one of those that the document states for its route and status.

All refusals share one schema, so the codes of each stand beside it, in `x-codes`.
"""

from typing import Any

import schemathesis


@schemathesis.check
def stated_code(_: Any, response: Any, case: Any) -> None:
    """Fails for a code that the document does not state."""
    document = case.operation.schema.raw_schema
    stated = document["paths"][case.operation.path][case.operation.method.lower()]["responses"]
    answer = stated.get(str(response.status_code))
    if response.status_code < 400 or answer is None:
        return  # whether the status is stated, schemathesis looks itself
    refusal = answer["$ref"].rpartition("/")[2]
    codes = document["components"]["responses"][refusal]["x-codes"]
    code = response.json()["error"]["code"]
    if code not in codes:
        raise AssertionError(f"{code} is not one of {codes}")
