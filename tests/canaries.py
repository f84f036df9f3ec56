"""No log holds a secret: what functions log in a run of the suite is searched, and a run that finds one fails.

Secrets that tests choose, and what they ask, hold `CANARY`; others are known by their value or their shape. Searched is
what tests print and log, which pytest captured and reports, and the files that programs of their own log to.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

import pytest

from local.people import SEED
from stand_ins import midtrans, stripe
from stand_ins.razorpay import keys_of
from stand_ins.storage.signature import SECRET_KEY
from stand_ins.supabase_auth.secret_key import LOCAL_SECRET_KEY

# A part of secrets: letters alone, so that it is the same in an address and in a PKCE verifier.
CANARY = "CanaryThatNoLogHolds"

# Secrets that the local stack has chosen.
KNOWN = {
    "a canary": CANARY,
    "Supabase's secret key": LOCAL_SECRET_KEY,
    "the storage's secret key": SECRET_KEY,
    "an OpenRouter key": "sk-or-local",
    "what a model wrote": "A real model would now think about that",
    **{name: value for name, value in keys_of("").items() if "SECRET" in name and not name.endswith("_AT")},
    "Midtrans' server key": midtrans.keys_of("")["MIDTRANS_SERVER_KEY"],
    "Stripe's secret key": stripe.keys_of("")["STRIPE_SECRET_KEY"],
    **{f"the password of {user.email}": user.password for user in SEED},
}
# The shapes of random secrets and of addresses, which no line may contain either.
SHAPES = {
    "a token": re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}"),
    "an API key": re.compile(r"\boneai_sk_[0-9A-Za-z]{40}"),
    "a key of Supabase or Razorpay": re.compile(r"\b(?:sb_secret|whsec)_\w{8,}"),
    "a password in an address": re.compile(r"\w+://[^:/@\s\"]*:[^@/\s\"]+@"),
    "an e-mail address": re.compile(r"[\w.+-]+@(?:[\w-]+\.)*example\.(?:com|org)\b"),
}
# The beginnings of lines that functions log: messages and metrics.
LOGGED = ('{"level"', '{"_aws"')
FOLDER = "ONEAI_TEST_LOGS"


@dataclass(frozen=True)
class Finding:
    """A secret in a log."""

    file: str
    """Or the test during which it was logged."""
    line: int
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}: {self.text[:300]}"


def search(lines: Iterable[str], file: str, *, printed: bool = False) -> Iterator[Finding]:
    """Every line with a secret. Tests print more than functions log: `printed` lines may have the shape of a secret."""
    for number, line in enumerate(lines, 1):
        what = next((name for name, secret in KNOWN.items() if secret in line), None)
        if what is None and (not printed or line.startswith(LOGGED)):
            what = next((name for name, shape in SHAPES.items() if shape.search(line)), None)
        if what is not None:
            yield Finding(file, number, what, line.strip())


def search_folder(folder: Path) -> Iterator[Finding]:
    """Every line with a secret in the files of this folder."""
    for file in sorted(folder.iterdir()):
        with file.open(errors="replace") as lines:
            yield from search(lines, str(file))


def open_log(name: str) -> IO[bytes]:
    """A file for what a program writes; it is searched at the end of the run."""
    return (Path(os.environ[FOLDER]) / f"{name}-{uuid4().hex[:8]}.log").open("ab")


def keep_logs(*files: Path) -> None:
    """Copies these logs, which will be removed, to where they are searched at the end of the run."""
    for file in files:
        with file.open("rb") as log, open_log(file.stem) as copy:
            shutil.copyfileobj(log, copy)


def pytest_configure(config: pytest.Config) -> None:
    """One process searches: the only one, or the one that workers report to, which keep their logs in its folder."""
    if not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="oneai-logs-"))
        os.environ[FOLDER] = str(folder)
        config.pluginmanager.register(Search(folder), "canary search")


class Search:
    """Searches what a run has logged, and fails it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[Finding] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Searches what was captured in one phase of one test; sections of earlier phases come with it again."""
        for title, content in report.sections:
            if title.endswith(report.when):
                file = f"{report.nodeid} ({title})"
                self.findings += search(content.splitlines(), file, printed=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Searches the files, which stay if there is something in them."""
        found = [*search_folder(self.folder)]
        self.findings += found
        if not found:
            with suppress(OSError):
                shutil.rmtree(self.folder)
        if self.findings and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Names file and line of every secret."""
        if self.findings:
            terminalreporter.section("secrets in logs", red=True)
            for finding in self.findings:
                terminalreporter.write_line(str(finding), red=True)
