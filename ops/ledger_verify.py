"""Verifies an exported ledger of credits: docs/ledger.md says what is verified. It shares no code with OneAI, and needs
Python and the package `cryptography`.

    python ops/ledger_verify.py [--key HEX]… [FILE…]    or from standard input; `make ledger-verify` passes all of it

A line is one JSON object, whose `kind` is a method of Verifier. The leaves of a day stand before its root, and a chain
is a run of lines. Prints each problem, and exits with 1 if there is one. `--key` is a public key that may sign; without
it any may.
"""

import argparse
import fileinput
import hashlib
import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

START = "0" * 64
type Row = dict[str, Any]


def joined(*fields: object) -> bytes:
    return "|".join(map(str, fields)).encode()


def sha256(*fields: object) -> str:
    return hashlib.sha256(joined(*fields)).hexdigest()


def micros(time: str) -> int:
    return (datetime.fromisoformat(time) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def tree(leaves: list[tuple[int, str]], bit: int = 127) -> str:
    if len(leaves) < 2:
        return leaves[0][1] if leaves else ""
    left, right = (tree([each for each in leaves if each[0] >> bit & 1 == side], bit - 1) for side in (0, 1))
    return sha256(1, "node", left, right) if left and right else left or right


class Verifier:
    def __init__(self, keys: list[str]) -> None:
        self.keys, self.problems, self.entries, self.chains = keys, 0, 0, 0
        self.roots, self.signed, self.newest = 0, START, "no root"
        self.leaves: dict[int, str] = {}
        self.under: dict[tuple[str, int], Row] = {}
        self.workspace = ""

    def expect(self, holds: bool, where: str, problem: str) -> None:
        if not holds:
            self.problems += 1
            print(f"{where}: {problem}")

    def leaf(self, row: Row) -> None:
        workspace, entries = row["workspace_id"], row["entries"]
        self.leaves[UUID(workspace).int] = sha256(1, "leaf", workspace, entries, row["hash"])
        self.under[workspace, entries] = row

    def root(self, row: Row) -> None:
        where = self.newest = f"root {row['number']} of {row['day']}"
        self.expect(row["number"] == self.roots + 1, where, f"root {self.roots + 1} is missing")
        self.expect(row["previous_hash"] == self.signed, where, "it does not have the hash of the root before")
        self.expect(row["root"] == (tree(list(self.leaves.items())) or START), where, "its chains have another root")
        fields = (1, "root", row["number"], row["day"], micros(row["at"]), row["root"], row["previous_hash"])
        self.roots, self.signed, key = row["number"], sha256(*fields), row["public_key"]
        self.expect(not self.keys or key in self.keys, where, f"{key} may not sign")
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
                bytes.fromhex(row["signature"]), joined(*fields)
            )
        except (InvalidSignature, ValueError):
            self.expect(False, where, "its signature is false")

    def chain(self, workspace: str) -> str:
        if workspace != self.workspace:
            self.expect(not self.workspace, f"workspace {self.workspace}", "its chain has no end")
            self.workspace, self.number, self.hash = workspace, 0, START
            self.booked: Counter[str] = Counter()
            self.open: dict[str, Counter[str]] = {}
        return f"workspace {workspace}"

    def entry(self, row: Row) -> None:
        where = f"{self.chain(row['workspace_id'])}, entry {row['id']}"
        self.expect(row["id"] == self.number + 1, where, f"it does not follow entry {self.number}")
        self.expect(row["previous_hash"] == self.hash, where, "it does not have the hash of the entry before")
        fields = (row["account"], row["amount_micro_usd"], row["cause"], micros(row["at"]), row["previous_hash"])
        hashed = sha256(1, row["id"], self.workspace, *fields)
        self.expect(row["hash"] == hashed, where, "it does not have the hash of its fields")
        leaf = self.under.pop((self.workspace, row["id"]), row)
        self.expect(row["hash"] == leaf["hash"], where, f"it had another hash under the root of {leaf.get('day')}")
        self.number, self.hash, self.entries = row["id"], row["hash"], self.entries + 1
        for booked in (self.booked, self.open.setdefault(row["cause"], Counter())):
            booked[row["account"]] += row["amount_micro_usd"]

    def movement(self, row: Row) -> None:
        where = f"{self.chain(row['workspace_id'])}, movement {row['cause']}"
        booked = self.open.pop(row["cause"], Counter())
        self.expect(booked.total() == 0, where, f"its entries sum to {booked.total()}")
        change, balance = (each["paid"] + each["promotional"] for each in (booked, self.booked))
        shown = (row["amount_micro_usd"], row["balance_micro_usd"])
        self.expect(shown == (change, balance), where, f"its entries change the credits by {change} to {balance}")

    def end(self, row: Row) -> None:
        where = f"{self.chain(row['workspace_id'])}, entry {row['entries']}"
        self.expect((row["entries"], row["hash"]) == (self.number, self.hash), where, "the chain has another end")
        for account, booked in row["accounts"].items():
            found = self.booked[account]
            self.expect(found == booked, where, f"the entries of {account} sum to {found}, not to {booked}")
        for cause in self.open:
            self.expect(False, where, f"the movement {cause} is missing")
        self.workspace, self.chains = "", self.chains + 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", action="append", default=[], help="a public key that may sign roots, in hexadecimal")
    parser.add_argument("files", nargs="*", help="exported ledgers")
    options = parser.parse_args()
    verifier = Verifier(options.key)
    for line in fileinput.input(options.files, encoding="utf-8"):  # noqa: SIM115  it closes each file
        row = json.loads(line)
        getattr(verifier, row["kind"])(row)
    verifier.expect(not verifier.workspace, f"workspace {verifier.workspace}", "its chain has no end")
    for (workspace, entries), leaf in verifier.under.items():
        where = f"workspace {workspace}, entry {entries}"
        verifier.expect(False, where, f"it is under the root of {leaf['day']}, and missing")
    count = f"{verifier.entries} entries in {verifier.chains} chains, {verifier.roots} roots"
    print(f"{count} (the newest is {verifier.newest}), {verifier.problems} problems")
    return 1 if verifier.problems else 0


if __name__ == "__main__":
    sys.exit(main())
