"""One clock decides about quota, period and lapse: `oneai.now()`, which the local stack can move."""

import ast
import re
from pathlib import Path

from local.data_folder import REPOSITORY
from local.migrations import migration_files

PACKAGE = REPOSITORY / "layers" / "common" / "oneai"
SQL_CLOCKS = re.compile(
    r"(?<!oneai\.)\b(now\s*\(\)|current_timestamp|current_date|current_time|localtime(stamp)?|"
    r"(clock|statement|transaction)_timestamp|timeofday)|'(now|today|tomorrow|yesterday)'",
    re.IGNORECASE,
)
PYTHON_CLOCKS = {"time", "time_ns", "gmtime", "localtime", "ctime", "now", "utcnow", "today", "strftime"}

# Where the package looks at its own clock, and what for: never quota, period or lapse. (Tokens expire by real time,
# inside PyJWT; durations are measured with time.monotonic.)
ALLOWED = {
    "chat/turn/generate.py": "the function's deadline",
    "chat/stream/resume.py": "the function's deadline",
    "chat/turn/settle.py": "the function's deadline",
    "chat/turn/answer.py": "the function's deadline",
    "chat/jobs/evaluations.py": "the deadline of an answer",
    "metrics.py": "the time stamp of a metric",
    "lambda_stream/faults.py": "the time stamp of a log line",
    "lambda_stream/workers.py": "the invocation's deadline",
    "http/streaming.py": "the function's deadline",
    "clients/supabase_auth.py": "whether a remembered token has expired, as PyJWT asks of a new one",
    "chatbots/identity.py": "whether the token of a visitor's website has expired",
    "chatbots/proof_of_work.py": "whether a challenge has expired",
    "chatbots/visitor.py": "whether the token of a visitor has expired, and the month in the hash of a network",
    "clients/stripe.py": "how long ago Stripe signed an event",
    "clients/openrouter/rotation.py": "how long ago AWS stored the secret",
    "workspaces/recent_sign_in.py": "how long ago Supabase Auth verified a credential",
    "openai_api/response_object.py": "when a response was completed, as its client is shown",
}


def code(text: str) -> str:
    """SQL without its comments."""
    return re.sub(r"--[^\n]*", "", text)


def test_migrations_use_only_the_clock_they_define() -> None:
    found = {
        (file.name, line.strip())
        for file in migration_files()
        for line in code(file.read_text()).splitlines()
        if SQL_CLOCKS.search(line)
    }

    assert {line for _, line in found} == {"as $$ select pg_catalog.now() $$;"}, found


def test_inline_sql_uses_the_same_clock() -> None:
    asked = [
        (file.name, text)
        for file in python_files()
        if SQL_CLOCKS.search(file.read_text())  # to parse all of them takes long
        for text in strings(file)
        if SQL_CLOCKS.search(text) and re.search(r"\b(select|insert|update|delete)\b", text)
    ]

    assert asked == []


def test_the_package_uses_its_own_clock_only_for_what_decides_nothing() -> None:
    asking = {str(file.relative_to(PACKAGE)) for file in python_files() if clocks(file)}

    assert asking == ALLOWED.keys()


def python_files() -> list[Path]:
    """The package and the functions."""
    return sorted([*PACKAGE.rglob("*.py"), *(REPOSITORY / "functions").rglob("*.py")])


def clocks(file: Path) -> list[str]:
    """The clocks this module asks: `time.time`, `datetime.now`, and what it imports from `time`."""
    found: list[str] = []
    text = file.read_text()
    if not any(clock in text for clock in PYTHON_CLOCKS):
        return found
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("time", "datetime", "date") and node.attr in PYTHON_CLOCKS:
                found.append(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            found += [name.name for name in node.names if name.name in PYTHON_CLOCKS]
    return found


def strings(file: Path) -> list[str]:
    """All text in quotes, SQL among it."""
    nodes = ast.walk(ast.parse(file.read_text()))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
