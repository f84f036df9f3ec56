"""The schema by topic: the files of supabase/schemas, which say what a database holds."""

from pathlib import Path

from local.data_folder import REPOSITORY

SCHEMAS = REPOSITORY / "supabase" / "schemas"


def schema_files() -> list[Path]:
    """The files in the order in which they can be applied to an empty database."""
    return sorted(SCHEMAS.glob("*.sql"))
