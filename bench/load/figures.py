"""The figures of a run: percentiles by route, errors by kind, and whether the targets are met."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load.run import Run
from bench.load.traffic import Aims

STREAM = "POST /chat/stream"
# The memory of a shorter run is still growing.
_SECONDS_OF_MEMORY = 60
# Beyond it the measuring program was overloaded, and its figures are unreliable.
LATE_SECONDS = 0.05


@dataclass(frozen=True)
class Route:
    """The seconds of the requests of one route; for streams those to the first token."""

    name: str
    requests: int
    errors: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class Reached:
    """One target: the measured value, and its maximum."""

    name: str
    value: float
    most: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether it is met."""
        return self.value <= self.most

    def line(self) -> str:
        """The printed form."""
        word = "reached" if self.holds else "missed"
        return (
            f"  {'✓' if self.holds else '✗'} {self.name}: {self.value:.4g} {self.unit} (at most {self.most:g}; {word})"
        )


def percentile(values: Sequence[float], percent: int) -> float:
    """The percentile: the smallest value that this percentage of all values does not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)] if ordered else 0.0


def routes(run: Run) -> list[Route]:
    """The routes: first tokens of answers, ends of answers, and all other requests."""
    times: dict[str, list[float]] = defaultdict(list)
    requests, errors = Counter[str](), Counter[str]()
    for sample in run.samples:
        names = [f"{sample.route}: first token", f"{sample.route}: end"] if sample.route == STREAM else [sample.route]
        requests.update(names)
        if sample.error is not None:
            errors.update(names)
            continue
        for name, seconds in zip(names, (sample.first_token, sample.seconds)[-len(names) :], strict=True):
            if seconds is not None:
                times[name].append(seconds)
    return [
        Route(name, requests[name], errors[name], *(percentile(times[name], percent) for percent in (50, 95, 99)))
        for name in sorted(requests)
    ]


def errors(run: Run) -> list[tuple[str, int]]:
    """The problems with their counts, the most frequent first."""
    return Counter(f"{each.route}: {each.error}" for each in run.samples if each.error is not None).most_common()


def memory_growth(run: Run) -> float | None:
    """The gateway's memory in the last quarter as a multiple of that in the second; None if the run is too short."""
    parts = [
        [value for at, value in run.memory if begins <= at / run.seconds < ends]
        for begins, ends in ((0.25, 0.5), (0.75, 1.0))
    ]
    if run.seconds < _SECONDS_OF_MEMORY or not all(parts):
        return None
    return statistics.fmean(parts[1]) / statistics.fmean(parts[0])


def reached(run: Run, aims: Aims) -> list[Reached]:
    """Every target that applies to this run."""
    good = [sample for sample in run.samples if sample.error is None]
    first = [sample.first_token for sample in good if sample.first_token is not None]
    others = [sample.seconds for sample in good if sample.route != STREAM]
    growth = memory_growth(run)
    return [
        Reached("errors", len(run.samples) - len(good) + run.unfinished, 0, f"of {len(run.samples)} requests"),
        Reached("first token, p95", percentile(first, 95) * 1000, aims.first_token_p95, "ms"),
        Reached("other requests, p95", percentile(others, 95) * 1000, aims.request_p95, "ms"),
        *([Reached("memory, last quarter over second", growth, aims.memory_growth, "times")] if growth else []),
    ]


def lateness(run: Run) -> float:
    """The 95th percentile of the delay in sending requests, in seconds."""
    return percentile(run.lateness, 95)


def over_time(run: Run, *, streamed: bool, percent: int) -> list[tuple[float, float]]:
    """A percentile in milliseconds for each sixtieth of the run, of first tokens or of all other requests."""
    span = max(run.seconds / 60, 1)
    spans: dict[int, list[float]] = defaultdict(list)
    for sample in run.samples:
        if sample.error is None and (sample.route == STREAM) == streamed:
            seconds = sample.first_token if streamed else sample.seconds
            spans[int(sample.at // span)].append((seconds or 0) * 1000)
    return [(span * (number + 0.5), percentile(values, percent)) for number, values in sorted(spans.items())]
