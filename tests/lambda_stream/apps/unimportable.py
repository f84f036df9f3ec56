"""Cannot be imported: one of its own imports is missing."""

import no_such_module_anywhere  # type: ignore[import-not-found]

app = no_such_module_anywhere.app
