"""`python -m local.audit`, which is `make audit`: known vulnerabilities of the pinned packages, Python's and Node's.

pip-audit asks OSV about each requirements file, npm its registry about web/package-lock.json. Only a finding fails:
where an advisory service cannot be reached, a sentence says so. PIP_AUDIT_OSV_URL and npm_config_registry name other
addresses of them.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from local import node
from local.data_folder import REPOSITORY

REQUIREMENTS = (
    "requirements-dev.txt",
    "layers/common/requirements.txt",
    "functions/ingest_document/requirements.txt",
    "tests/openai_api/environments/langchain.txt",
    "tests/openai_api/environments/openai-1.txt",
)
LOCK_FILE = "web/package-lock.json"
TIMEOUT_SECONDS = 15
# The output of the tools if the service fails, and not the tool: errors of requests, pip-audit and npm.
SERVICE_ERRORS = ("requests.exceptions.", "pip_audit._service.interface.", "ERROR:pip_audit._cli:Could not connect")
NPM_SERVICE_ERROR = "audit endpoint returned an error"


@dataclass
class Audit:
    """The advisories for the packages of one file; `unavailable` states why they could not be read."""

    file: str
    findings: list[str] = field(default_factory=list)
    unavailable: str | None = None


class AuditFailed(Exception):
    """A tool failed for another reason than its service; the text is its output."""


def main() -> int:
    """Returns 0, or 1 if a package has a known vulnerability, or 2 if a tool failed."""
    try:
        audits = [*(audit_python(name) for name in REQUIREMENTS), audit_node()]
    except (AuditFailed, node.NodeMissing) as error:
        print(error, file=sys.stderr)
        return 2
    for audit in audits:
        if audit.unavailable is not None:
            print(f"{audit.file}: not audited, the advisory service cannot be reached: {audit.unavailable}")
        elif not audit.findings:
            print(f"{audit.file}: no known vulnerabilities")
        for finding in audit.findings:
            print(f"{audit.file}: {finding}", file=sys.stderr)
    return 1 if any(audit.findings for audit in audits) else 0


def audit_python(name: str) -> Audit:
    """Audits a requirements file with hashes, which pip-audit reads without pip or an index. Raises AuditFailed."""
    completed = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--requirement", str(REPOSITORY / name), "--disable-pip"),
            *("--vulnerability-service", "osv", "--timeout", str(TIMEOUT_SECONDS)),
            *("--format", "json", "--progress-spinner", "off"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if not completed.stdout:
        return Audit(name, unavailable=_service_error(completed.stderr))
    packages: list[dict[str, Any]] = json.loads(completed.stdout)["dependencies"]
    return Audit(name, [_python_finding(package, each) for package in packages for each in package.get("vulns", [])])


def _service_error(printed: str) -> str:
    """Why the service gave no answer. Raises AuditFailed for any other end of the tool."""
    last = next((line for line in printed.splitlines()[::-1] if line.startswith(SERVICE_ERRORS)), None)
    if last is None:
        raise AuditFailed(f"pip-audit failed:\n{printed}")
    return last


def _python_finding(package: dict[str, Any], vulnerability: dict[str, Any]) -> str:
    fixed = ", ".join(vulnerability["fix_versions"]) or "no version"
    what = f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}"
    return f"{what}: {vulnerability['description'][:200]}"


def audit_node() -> Audit:
    """Audits the lock file of Node's packages. Raises AuditFailed, NodeMissing."""
    completed = node.run(
        node.npm(),
        *("audit", "--json", "--package-lock-only", "--fetch-retries=0", f"--fetch-timeout={TIMEOUT_SECONDS * 1000}"),
    )
    try:
        report: dict[str, Any] = json.loads(completed.stdout)
    except ValueError:
        raise AuditFailed(f"npm audit failed:\n{completed.stderr}") from None
    if "vulnerabilities" not in report:
        if NPM_SERVICE_ERROR not in completed.stderr:
            raise AuditFailed(f"npm audit failed:\n{completed.stderr}")
        return Audit(LOCK_FILE, unavailable=str(report.get("message", "")))
    # A package that is affected only through another one has that one's name instead of an advisory.
    advisories = [each for package in report["vulnerabilities"].values() for each in package["via"]]
    return Audit(LOCK_FILE, [_node_finding(each) for each in advisories if isinstance(each, dict)])


def _node_finding(advisory: dict[str, Any]) -> str:
    return f"{advisory['name']} {advisory['range']}: {advisory['url']}: {advisory['title']} ({advisory['severity']})"


if __name__ == "__main__":
    sys.exit(main())
