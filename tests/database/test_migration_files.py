"""The migrations are files a Supabase project takes: named as its CLI wants, and nothing newer than its Postgres."""

import re
import tomllib
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY
from local.migrations import migration_files

SUPABASE = REPOSITORY / "supabase"
# Features of Postgres 18 that can be recognized by their keywords.
NEWER_THAN_17 = re.compile(
    r"uuidv[47]\s*\(|without overlaps|\bperiod\b\s+\w+|not enforced|\bvirtual\b|returning\s+with|"
    r"returning\s+(?:[\w,\s]*\b)?(?:old|new)\.|casefold\s*\(|array_(?:sort|reverse)\s*\(|crc32c?\s*\(|"
    r"\b(?:gamma|lgamma)\s*\(|json_strip_nulls\s*\([^()]*,|not null\s+\w+\s+not valid",
    re.IGNORECASE,
)


def test_migrations_have_the_names_and_the_order_of_the_cli() -> None:
    files = migration_files()

    versions = [re.fullmatch(r"(\d{14})_[a-z0-9_]+\.sql", file.name) for file in files]
    assert files
    assert all(versions), files
    assert len({version[1] for version in versions if version}) == len(files)
    assert [file.name for file in sorted((SUPABASE / "migrations").iterdir())] == [file.name for file in files]


@pytest.mark.parametrize("file", migration_files(), ids=lambda file: file.stem)
def test_a_migration_uses_only_postgres_17_and_states_its_purpose(file: Path) -> None:
    text = file.read_text()
    code = re.sub(r"--[^\n]*", "", text)

    assert not NEWER_THAN_17.search(code)
    assert text.startswith("-- ")
    # The CLI applies each file in one transaction of its own; logins and passwords come with a deploy step.
    assert not re.search(r"^\s*(begin|commit|rollback)\s*;", code, re.IGNORECASE | re.MULTILINE)
    # In quotes they are words, such as those that no slug may be.
    assert not re.search(r"\b(password|login)\b", re.sub("'[^'\n]*'", "''", code), re.IGNORECASE)


def test_a_feature_newer_than_postgres_17_is_found() -> None:
    for line in (
        "id uuid default uuidv7()",
        "update t set a = 1 returning old.a, new.a",
        "primary key (id, valid without overlaps)",
        "total int generated always as (a + b) virtual",
    ):
        assert NEWER_THAN_17.search(line), line
    assert not NEWER_THAN_17.search("insert into t (a) values (new.a) returning id, t.new")


def test_the_data_api_does_not_expose_our_schema() -> None:
    config = tomllib.loads((SUPABASE / "config.toml").read_text())

    assert "oneai" not in config["api"]["schemas"]
    assert "oneai" not in config["api"]["extra_search_path"]
    assert config["db"]["major_version"] == 17
    assert config["db"]["seed"]["enabled"] is False


def test_the_committed_configuration_is_safe_to_push() -> None:
    auth = tomllib.loads((SUPABASE / "config.toml").read_text())["auth"]

    assert auth["site_url"] == "env(SUPABASE_AUTH_SITE_URL)"
    assert auth["email"]["enable_confirmations"]


def test_the_configuration_contains_no_secret() -> None:
    config = tomllib.loads((SUPABASE / "config.toml").read_text())

    for provider in config["auth"]["external"].values():
        assert re.fullmatch(r"env\(\w+\)", provider["secret"])
