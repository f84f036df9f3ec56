"""The project's settings as they are deployed: `supabase/config.toml`."""

import tomllib
from typing import Any

from local.data_folder import REPOSITORY

CONFIG: dict[str, Any] = tomllib.loads((REPOSITORY / "supabase" / "config.toml").read_text())
