"""Names that were retired for the field's standard terms do not come back: `tests/retired_names.txt`."""

import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

from local.data_folder import REPOSITORY

LIST = Path(__file__).with_name("retired_names.txt")


def retired(kind: str) -> dict[str, str]:
    """The retired names of one kind, each with its successor."""
    lines = [line.split() for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    return {name: successor for of, name, successor in lines if of == kind}


def tracked(*patterns: str) -> list[Path]:
    """The repository's files of these patterns, but for samples of what other services send."""
    listed = subprocess.check_output(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=REPOSITORY, text=True
    )
    files = [REPOSITORY / line for line in listed.splitlines() if not line.startswith("tests/samples/")]
    return [file for file in files if file.exists()]


def names_in(file: Path) -> Iterator[tuple[str, int]]:
    """Every name in a Python file, with its line; strings and comments have none."""
    for token in tokenize.generate_tokens(io.StringIO(file.read_text()).readline):
        if token.type == tokenize.NAME:
            yield token.string, token.start[0]


def sql_names_in(text: str) -> set[str]:
    """The words of SQL outside of its comments, string literals and quoted names."""
    return set(re.findall(r"[a-z_][a-z0-9_]*", re.sub(r"--[^\n]*|'[^']*'|\"[^\"]*\"", "", text)))


def test_no_python_name_is_retired() -> None:
    names = retired("identifier")

    found = [
        f"{file.relative_to(REPOSITORY)}:{line}: {name} is {names[name]}"
        for file in tracked("*.py")
        for name, line in names_in(file)
        if name in names
    ]

    assert found == []


def test_no_file_or_folder_has_a_retired_name() -> None:
    names = retired("file")

    found = {
        f"{file.relative_to(REPOSITORY)}: {part} is {names[part]}"
        for file in tracked("*.py", "*.sql")
        for part in (*file.relative_to(REPOSITORY).parts[:-1], file.stem)
        if part in names
    }

    assert found == set()


def test_no_object_of_the_schema_has_a_retired_name() -> None:
    names = retired("sql")

    found = [
        f"{file.name}: {name} is {names[name]}"
        for file in tracked("supabase/schemas/*.sql")
        for name in sorted(sql_names_in(file.read_text()) & names.keys())
    ]

    assert found == []


def test_the_list_names_each_retired_name_once() -> None:
    lines = [line.split()[:2] for line in LIST.read_text().splitlines() if line and not line.startswith("#")]

    assert [line for line in lines if lines.count(line) > 1] == []
