"""Keeps the metrics that functions emit (CloudWatch's embedded metric format on stdout), for developers to read.

They are kept in a file, so that those of a killed gateway survive.
"""

import io
import json
import sys
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO, cast

_MARK = '{"_aws"'
_SHOWN = 5000


@dataclass(frozen=True)
class Sample:
    """One value of a metric; `properties` are what else its line says."""

    at: datetime
    namespace: str
    name: str
    unit: str | None
    value: float
    dimensions: dict[str, str]
    properties: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As `GET /local/metrics` lists it."""
        return {**vars(self), "at": self.at.isoformat()}


class Metrics:
    """The metrics of one stack: each as a sample, the newest of them in `newest`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.newest: deque[Sample] = deque(maxlen=_SHOWN)
        self.all: dict[tuple[str, tuple[tuple[str, str], ...]], Series] = {}
        if file.exists():
            for line in file.read_text().splitlines():
                self._add(line)

    def record(self, line: str) -> None:
        """Stores the line if it is a metric."""
        if line.startswith(_MARK):
            with self.file.open("a") as file:
                file.write(line.strip() + "\n")
            self._add(line)

    def watch_stdout(self) -> None:
        """Records the metrics that this process prints from now on."""
        sys.stdout = self.tee(sys.stdout)

    def tee(self, out: TextIO) -> TextIO:
        """A stream that writes to `out` and records the metrics in it."""
        return cast("TextIO", _Tee(out, self))

    def _add(self, line: str) -> None:
        for sample in _samples(json.loads(line)):
            self.newest.append(sample)
            key = (sample.name, tuple(sorted(sample.dimensions.items())))
            self.all.setdefault(key, Series()).add(sample)


# Upper bounds of a histogram's buckets, in its metric's unit made seconds.
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0)
_SECONDS = {"Milliseconds": 0.001, "Seconds": 1.0}


class Series:
    """All values of a metric with one value of its dimension: their sum and number, how many were at most each of
    BOUNDS, and the newest."""

    def __init__(self) -> None:
        self.sum, self.count = 0.0, 0
        self.at_most = [0] * len(BOUNDS)
        self.last: Sample | None = None

    def add(self, sample: Sample) -> None:
        """Counts the sample in. Times are counted in seconds."""
        value = in_seconds(sample)
        self.sum += value
        self.count += 1
        self.last = sample
        for at, bound in enumerate(BOUNDS):
            self.at_most[at] += value <= bound


def in_seconds(sample: Sample) -> float:
    """The value of the metric, with times in seconds."""
    return sample.value * _SECONDS.get(sample.unit or "", 1.0)


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


def _samples(line: dict[str, Any]) -> list[Sample]:
    metadata = line["_aws"]
    groups = metadata["CloudWatchMetrics"]
    named = {each["Name"] for group in groups for each in group["Metrics"]}
    labels = {name for group in groups for names in group["Dimensions"] for name in names}
    properties = {name: value for name, value in line.items() if name not in {"_aws", *named, *labels}}
    return [
        Sample(
            at=datetime.fromtimestamp(metadata["Timestamp"] / 1000, UTC),
            namespace=group["Namespace"],
            name=metric["Name"],
            unit=metric.get("Unit"),
            value=value,
            dimensions={name: line[name] for names in group["Dimensions"][:1] for name in names},
            properties=properties,
        )
        for group in groups
        for metric in group["Metrics"]
        for value in _values(line[metric["Name"]])
    ]


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
