"""Keeps the metrics that functions emit (CloudWatch's embedded metric format on stdout), for developers to read.

They are kept in a file, so that those of a killed gateway survive.
"""

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO, cast

_MARK = '{"_aws"'
_SHOWN = 1000


class Metrics:
    """The metrics of one stack."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def record(self, line: str) -> None:
        """Stores the line if it is a metric."""
        if line.startswith(_MARK):
            with self.file.open("a") as file:
                file.write(line.strip() + "\n")

    def newest(self) -> list[dict[str, Any]]:
        """The newest metrics, oldest first: name, value, unit, dimensions."""
        if not self.file.exists():
            return []
        lines = self.file.read_text().splitlines()[-_SHOWN:]
        return [one for line in lines for one in _unfold(json.loads(line))]

    def watch_stdout(self) -> None:
        """Records the metrics that this process prints from now on."""
        sys.stdout = self.tee(sys.stdout)

    def tee(self, out: TextIO) -> TextIO:
        """A stream that writes to `out` and records the metrics in it."""
        return cast("TextIO", _Tee(out, self))


class _Tee(io.TextIOBase):
    def __init__(self, out: TextIO, metrics: Metrics) -> None:
        self.out = out
        self.metrics = metrics
        self.line = ""

    def write(self, text: str) -> int:
        self.out.write(text)
        *lines, self.line = (self.line + text).split("\n")
        for line in lines:
            self.metrics.record(line)
        return len(text)

    def flush(self) -> None:
        self.out.flush()

    def isatty(self) -> bool:
        return self.out.isatty()

    def fileno(self) -> int:
        return self.out.fileno()


def _unfold(emitted: dict[str, Any]) -> list[dict[str, Any]]:
    metadata = emitted["_aws"]
    return [
        {
            "at": datetime.fromtimestamp(metadata["Timestamp"] / 1000, UTC).isoformat(),
            "namespace": group["Namespace"],
            "name": metric["Name"],
            "unit": metric.get("Unit"),
            "value": value,
            "dimensions": {name: emitted.get(name) for names in group["Dimensions"][:1] for name in names},
        }
        for group in metadata["CloudWatchMetrics"]
        for metric in group["Metrics"]
        for value in _values(emitted[metric["Name"]])
    ]


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
