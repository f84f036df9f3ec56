"""The prose of the repository: names of tests, docstrings and comments.

`python -m tests.prose` lists every test name, and the ten longest docstrings of each package, to be read in one go.
"""

import ast
import io
import re
import subprocess
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from local.data_folder import REPOSITORY

LONGEST = 10
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_TEST = re.compile(r"^[ \t]*(?:async )?def (test_\w+)", re.MULTILINE)
_OF_SCRIPTS = re.compile(r"/\*.*?\*/|(?:^|(?<=\s))//[^\n]*|<!--.*?-->", re.DOTALL | re.MULTILINE)
_COMMENTS = {
    ".md": re.compile(r"^.+$", re.MULTILINE),
    ".sql": re.compile(r"--[^\n]*"),
    **dict.fromkeys((".toml", ".yaml", ".yml", ".sh", ""), re.compile(r"(?:^|(?<=\s))#[^\n]*", re.MULTILINE)),
    **dict.fromkeys((".ts", ".js", ".mjs", ".cjs", ".svelte", ".css", ".html"), _OF_SCRIPTS),
}
SUFFIXES = {".py", *_COMMENTS}


def tracked(*patterns: str) -> list[Path]:
    """The repository's files of these patterns, except samples of what other services send."""
    listed = subprocess.check_output(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=REPOSITORY, text=True
    )
    files = [REPOSITORY / line for line in listed.splitlines() if not line.startswith("tests/samples/")]
    return [file for file in files if file.exists()]


def names_of_tests(source: str) -> Iterator[tuple[int, str]]:
    """The names of the tests that a Python source defines, each with its line."""
    for found in _TEST.finditer(source):
        yield source.count("\n", 0, found.start(1)) + 1, found[1]


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings of a Python source, each with the line of what it documents; a module's has line 1."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _DOCUMENTED) and (text := ast.get_docstring(node)):
            yield getattr(node, "lineno", 1), text


def comments(source: str, suffix: str) -> Iterator[tuple[int, str]]:
    """The comments of a source, each with its first line; lines of comments that follow each other are one.

    Of a Markdown file it is the whole text. `suffix` is that of the file's name; of an unknown kind there is none.
    """
    last, block = 0, ""
    for line, text in _lines_of_comments(source, suffix):
        if block and line != last + 1:
            yield last - block.count("\n"), block
            block = ""
        block = f"{block}\n{text}" if block else text
        last = line + text.count("\n")
    if block:
        yield last - block.count("\n"), block


def prose(source: str, suffix: str) -> Iterator[tuple[int, str]]:
    """Docstrings and comments, each with its line; `…` stands for the code that they quote."""
    found = [*comments(source, suffix), *(docstrings(source) if suffix == ".py" else ())]
    for line, text in found:
        yield line, re.sub(r"`[^`]*`", "`…`", text)


def _lines_of_comments(source: str, suffix: str) -> Iterator[tuple[int, str]]:
    if suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    elif pattern := _COMMENTS.get(suffix):
        for found in pattern.finditer(source):
            yield source.count("\n", 0, found.start()) + 1, found[0]


def _package(file: Path) -> str:
    parts = file.relative_to(REPOSITORY).parts[:-1]
    return "/".join(parts[: 4 if parts[:1] == ("layers",) else 2])


def main() -> None:
    longest: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for file in tracked("*.py"):
        source, place = file.read_text(), file.relative_to(REPOSITORY)
        if names := [name for _, name in names_of_tests(source)]:
            print(f"# {place}", *names, sep="\n")
        longest[_package(file)] += [(len(text), f"{place}:{line}\n{text}") for line, text in docstrings(source)]
    for package, found in sorted(longest.items()):
        print(f"\n# The longest docstrings of {package or 'the root'}")
        print(*(text for _, text in sorted(found, reverse=True)[:LONGEST]), sep="\n\n")


if __name__ == "__main__":
    main()
