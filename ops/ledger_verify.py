"""Verifies an exported ledger of credits, with nothing but Python: docs/ledger.md says what is verified.

    python ops/ledger_verify.py FILE…      or from standard input; `make ledger-verify` passes the whole ledger

A line is one JSON object: an entry, or the end of a chain {"workspace_id", "entries", "hash"}. Prints each problem with
its workspace and entry, and exits with 1 if there is one.
"""

import fileinput
import hashlib
import json
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta

START = "0" * 64


def main() -> int:
    """Reads all lines; returns the exit code."""
    last: dict[str, tuple[int, str]] = {}
    sums: dict[tuple[str, str], int] = defaultdict(int)
    problems, count = 0, 0
    for line in fileinput.input(encoding="utf-8"):  # noqa: SIM115  it closes each file
        row = json.loads(line)
        workspace = row["workspace_id"]
        number, previous = last.get(workspace, (0, START))
        if "entries" in row:
            found = [] if (row["entries"], row["hash"]) == (number, previous) else ["the chain has another end"]
            number = row["entries"]
        else:
            count += 1
            since = datetime.fromisoformat(row["at"]).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
            fields = [1, row["id"], workspace, row["account"], row["amount_micro_usd"], row["cause"]]
            fields += [since // timedelta(microseconds=1), row["previous_hash"]]
            hashed = hashlib.sha256("|".join(map(str, fields)).encode()).hexdigest()
            checks = {
                f"follows entry {number}": row["id"] == number + 1,
                "has the hash of the entry before": row["previous_hash"] == previous,
                "has the hash of its own fields": row["hash"] == hashed,
            }
            found = [f"it is false that it {check}" for check, holds in checks.items() if not holds]
            last[workspace] = number, _ = row["id"], row["hash"]
            sums[workspace, row["cause"]] += row["amount_micro_usd"]
        for problem in found:
            print(f"workspace {workspace}, entry {number}: {problem}")
        problems += len(found)
    for (workspace, cause), total in sums.items():
        if total != 0:
            print(f"workspace {workspace}, movement {cause}: its entries sum to {total}")
            problems += 1
    print(f"{count} entries of {len(last)} workspaces, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
